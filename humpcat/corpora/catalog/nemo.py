"""nEMO: nine Polish actors, ninety sentences, six emotions.

Owner: Adam Mickiewicz University, Poznań. File names are ``<speaker:3>_<emotion>_<sentence>``, such as
``samples/WR0_surprised_64.wav``, at 24 kHz. The sexes are those of the owner's ``data.tsv``, which is not needed
here: the names say the rest.

The owner's total is 4481. How it divides between fear and surprise could not be confirmed, so that no counts for each
emotion are held against a copy here.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class Nemo(NamedFilesCorpus):
    """Dataset of Emotional Speech in Polish."""

    name = "nemo"
    title = "nEMO: Dataset of Emotional Speech in Polish"
    languages = ("pl",)
    homepage = "https://github.com/amu-cai/nEMO"
    licence = "CC BY-NC-SA 4.0"
    citation = "Christop, nEMO: Dataset of Emotional Speech in Polish, LREC-COLING 2024"
    labels = {
        "anger": "anger",
        "fear": "fear",
        "happiness": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
        "surprised": "surprise",
    }
    expected = {}
    genders = dict.fromkeys(("EB0", "IC0", "KD0", "MK0"), "female") | dict.fromkeys(
        ("KS0", "MP0", "SM0", "TP0", "WR0"), "male"
    )
    expected_speakers = len(genders)
    marks = ("nemo",)
    place = "samples"
    pattern = re.compile(rf"(?P<speaker>{'|'.join(genders)})_(?P<label>[a-z]+)_(?P<sentence>\d{{1,2}})")

    def example_path(self) -> str:
        """Return ``samples/WR0_surprised_64.wav``."""
        return "samples/WR0_surprised_64.wav"


EXPORT = (Nemo(),)
