"""Sharif Emotional Speech Database (ShEMO): 3000 semi-natural clips of Persian radio plays, 87 speakers.

Owner: Sharif University of Technology. Folders ``female`` and ``male`` hold files named
``<sex><speaker:2><emotion letter><number:2>``, such as ``F03S02``: woman 3, her second sad clip. F is the female
sex in front and fear in the middle; W is surprise (wonder). The counts are those of the paper, where fear is so
rare that many studies leave it out.
"""

import re

from humpcat.corpora.named_files import NamedFilesCorpus


class Shemo(NamedFilesCorpus):
    """Sharif Emotional Speech Database."""

    name = "shemo"
    title = "Sharif Emotional Speech Database (ShEMO)"
    languages = ("fa",)
    homepage = "https://github.com/pariajm/sharif-emotional-speech-dataset"
    licence = "free for academic purposes; the owner's page on the Hugging Face hub says Apache 2.0"
    citation = (
        "Mohamad Nezami, Jamshid Lou and Karami, ShEMO: a Large-Scale Validated Database for Persian Speech Emotion "
        "Detection, Language Resources and Evaluation 53, 2019"
    )
    labels = {
        "A": "anger",
        "F": "fear",
        "H": "happiness",
        "N": "neutral",
        "S": "sadness",
        "W": "surprise",
    }
    expected = {"A": 1059, "F": 38, "H": 201, "N": 1028, "S": 449, "W": 225}
    expected_speakers = 87
    aliases = ("sharif-emotional-speech-dataset", "sharif-emotional-speech-database")
    marks = ("shemo", "sharif emotional")
    pattern = re.compile(r"(?P<speaker>(?P<gender>[FM])\d{2})(?P<label>[AFHNSW])\d{2,3}")

    def example_path(self) -> str:
        """Return ``female/F03S02.wav``."""
        return "female/F03S02.wav"


EXPORT = (Shemo(),)
