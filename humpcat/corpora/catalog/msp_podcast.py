"""MSP-Podcast: natural speech of English podcasts, cut into turns and labelled by crowds; it grows with each release.

Owner: Multimodal Signal Processing Laboratory (Carlos Busso); copies are given under a signed licence.
``Labels/labels_consensus.csv`` (``labels_concensus.csv`` in older releases) has a row for each clip of ``Audios``,
such as ``MSP-PODCAST_0001_0008.wav``: podcast 1, turn 8. X marks clips whose raters did not agree, O an emotion that
is not on the list. A speaker ``Unknown`` is anyone whom the owner could not name, in any podcast, and therefore no
speaker here. ``EmoAct`` and ``EmoVal`` are arousal and valence from 1 to 7, the mean of the raters. Podcasts are
sessions: what lies within one, known or not, stays together in a split. Clips of the third test set (``MSP-
PODCAST_test3_0001``) come without labels and are counted in one problem. Counts differ from release to release, hence
none are expected.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from humpcat.corpora.scan import Kind, Problem, Utterance
from humpcat.corpora.tables import TableCorpus, rating

_NAME = re.compile(r"MSP-PODCAST_(?P<podcast>\w+?)_\d+(?:_\d+)*", re.IGNORECASE)
_KEPT_BACK = "_test3_"
_GENDERS = {"female": "female", "male": "male"}
_NOBODY = {"", "unknown", "nan"}


class MspPodcast(TableCorpus):
    """MSP-Podcast, natural speech of podcasts."""

    name = "msp_podcast"
    title = "MSP-Podcast"
    languages = ("en",)
    homepage = "https://ecs.utdallas.edu/research/researchlabs/msp-lab/MSP-Podcast.html"
    licence = "academic or commercial licence, to be signed with the owner"
    citation = (
        "Lotfian and Busso, Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving Emotional Speech "
        "from Existing Podcast Recordings, IEEE Transactions on Affective Computing 10(4), 2019"
    )
    labels = {
        "A": "anger",
        "S": "sadness",
        "H": "happiness",
        "U": "surprise",
        "F": "fear",
        "D": "disgust",
        "C": "contempt",
        "N": "neutral",
        "O": None,
        "X": None,
    }
    expected = {}
    expected_speakers = None
    aliases = ("msp-podcast-publish-1.11", "msp-podcast-publish-1.12")
    marks = ("msp podcast", "msppodcast")
    place = "Audios"
    scale = (1, 7)
    tables = ("labels_consensus.csv", "labels_concensus.csv")
    columns = ("FileName", "EmoClass", "SpkrID", "Gender")
    optional = ("EmoAct", "EmoVal")

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield the clips that have a label; those of the test set that comes without are counted in one problem."""
        found: list[Problem] = []
        yield from super().utterances(root, found)
        kept_back = {id(p) for p in found if p.kind == Kind.UNLABELLED and _KEPT_BACK in Path(p.path).name.lower()}
        problems += [problem for problem in found if id(problem) not in kept_back]
        if kept_back:
            problems.append(
                Problem(
                    str(root),
                    f"holds {len(kept_back)} clips of the third test set, whose labels the owner keeps: left out.",
                    Kind.APART,
                )
            )

    def key(self, path: Path) -> str | None:
        """Read a name such as ``MSP-PODCAST_0001_0008``."""
        return path.stem.upper() if _NAME.fullmatch(path.stem) else None

    def utterance(self, table: str, row: Mapping[str, str]) -> Utterance:
        """Read a row; the split that the owner suggests is left to the protocols."""
        key = Path(row["FileName"]).stem.upper()
        match = _NAME.fullmatch(key)
        return Utterance(
            key=key,
            label=row["EmoClass"].upper(),
            speaker=None if row["SpkrID"].lower() in _NOBODY else row["SpkrID"],
            gender=_GENDERS.get(row["Gender"].lower()),
            session=f"podcast {match['podcast']}" if match else None,
            arousal=rating(row["EmoAct"]),
            valence=rating(row["EmoVal"]),
        )

    def example_path(self) -> str:
        """Return ``Audios/MSP-PODCAST_0001_0008.wav`` and its table."""
        return "Audios/MSP-PODCAST_0001_0008.wav, labelled in Labels/labels_consensus.csv"


EXPORT = (MspPodcast(),)
