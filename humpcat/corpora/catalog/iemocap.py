"""Interactive Emotional Dyadic Motion Capture database (IEMOCAP): ten US actors in five sessions of two.

Owner: SAIL, University of Southern California; copies are given under a signed licence. The full release holds
``Session<n>/dialog/EmoEvaluation/<dialog>.txt``, where a line such as
``[6.2901 - 8.2357] <tab> Ses01F_impro01_F000 <tab> neu <tab> [2.5, 2.5, 2.5]`` gives the majority label, and
``Session<n>/sentences/wav/<dialog>/<utterance>.wav``. The letter in ``Ses01F`` says who wears the motion capture
markers; the one in the last part (``F000``, ``M003``) who speaks. ``xxx`` marks utterances whose raters did not
agree. The three numbers are valence, activation (arousal) and dominance, from 1 to 5, the mean of the raters.
``exc`` is a label of its own here: the label space merges it with ``hap``, as most papers do.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.copies import second_file
from humpcat.corpora.files import audio_files
from humpcat.corpora.scan import Kind, Problem, Utterance

_NAME = re.compile(r"(?P<dialog>(?P<session>Ses\d{2})[FM]_\w+)_(?P<gender>[FM])\d{3}")
_LINE = re.compile(
    r"^\[[\d.]+ - [\d.]+\]\t(?P<name>\w+)\t(?P<label>\w+)(?:\t\[(?P<valence>[\d.]+), *(?P<arousal>[\d.]+))?",
    re.MULTILINE,
)
_LABELS = "EmoEvaluation"


class Iemocap(Corpus):
    """Interactive Emotional Dyadic Motion Capture database."""

    name = "iemocap"
    title = "Interactive Emotional Dyadic Motion Capture database (IEMOCAP)"
    languages = ("en",)
    homepage = "https://sail.usc.edu/iemocap/"
    licence = "research licence, to be signed and sent to the owner"
    citation = (
        "Busso et al., IEMOCAP: Interactive Emotional Dyadic Motion Capture Database, "
        "Language Resources and Evaluation 42, 2008"
    )
    labels = {
        "ang": "anger",
        "hap": "happiness",
        "exc": "excitement",
        "neu": "neutral",
        "sad": "sadness",
        "fru": "frustration",
        "fea": "fear",
        "sur": "surprise",
        "dis": "disgust",
        "oth": None,
        "xxx": None,
    }
    expected = {
        "ang": 1103,
        "hap": 595,
        "exc": 1041,
        "neu": 1708,
        "sad": 1084,
        "fru": 1849,
        "fea": 40,
        "sur": 107,
        "dis": 2,
        "oth": 3,
        "xxx": 2507,
    }
    expected_speakers = 10
    aliases = ("iemocap_full_release",)
    marks = ("iemocap",)

    place = "sentences"
    scale = (1, 5)

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each utterance that an EmoEvaluation file labels, with the audio of that name."""
        # By name and not by folder, so that flattened copies and other formats are found too. Recordings of
        # whole dialogs (dialog/wav) have no such name.
        clips: dict[str, Path] = {}
        for path in sorted(audio_files(root), key=lambda path: self._elsewhere(root, path)):
            if _NAME.fullmatch(path.stem) is None:
                continue
            clips.setdefault(path.stem, path)
            if clips[path.stem] != path:
                problems.append(second_file(str(path), str(clips[path.stem]), ""))
        labelled: dict[str, tuple[Path, str]] = {}
        for file in _label_files(root):
            # Raters' free remarks hold the odd byte that is not UTF-8; names and labels are ASCII.
            for line in _LINE.finditer(file.read_text(encoding="utf-8", errors="replace")):
                match = _NAME.fullmatch(line["name"])
                if match is None:
                    continue
                first, label = labelled.setdefault(line["name"], (file, line["label"]))
                if first != file:
                    if label != line["label"]:
                        problems.append(
                            Problem(
                                str(file),
                                f"labels {line['name']} '{line['label']}', which {first} labels '{label}': the first "
                                "is taken; find out which is right.",
                                Kind.CONFLICT,
                            )
                        )
                    continue
                clip = clips.get(line["name"])
                if clip is None:
                    problems.append(
                        Problem(str(file), f"labels {line['name']}, which has no audio below {root}.", Kind.MISSING)
                    )
                    continue
                yield (
                    clip,
                    Utterance(
                        key=line["name"],
                        label=line["label"],
                        speaker=match["session"] + match["gender"],
                        gender="female" if match["gender"] == "F" else "male",
                        # A dialog's code (script01_1) is a whole scene, and scenes are not aligned between
                        # sessions line by line: no two clips can be said to hold the same sentence.
                        sentence=None,
                        session=match["session"],
                        arousal=_rating(line["arousal"]),
                        valence=_rating(line["valence"]),
                    ),
                )
        for name in sorted(clips.keys() - labelled.keys()):
            problems.append(Problem(str(clips[name]), f"is labelled in no {_LABELS} file: left out.", Kind.UNLABELLED))

    def example_path(self) -> str:
        """Return ``Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`` and its label file."""
        return (
            "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav, labelled in "
            f"Session1/dialog/{_LABELS}/Ses01F_impro01.txt"
        )


def _rating(text: str | None) -> float | None:
    return float(text) if text else None


def _label_files(root: Path) -> Iterator[Path]:
    """Yield the summary files of the raters, which lie in folders named EmoEvaluation or in ``root`` itself."""
    for folder, subfolders, files in os.walk(root, followlinks=True):
        subfolders.sort()
        if Path(folder).name == _LABELS or Path(folder) == root:
            yield from (Path(folder, name) for name in sorted(files) if re.fullmatch(r"Ses\d{2}[FM]_\w+\.txt", name))


EXPORT = (Iemocap(),)
