"""The user's own data as a corpus like any other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.labels import EMOTIONS
from humpcat.corpora.own.clips import OwnClip
from humpcat.corpora.own.wording import emotions_of
from humpcat.corpora.scan import Kind, Problem, Scan, Utterance, shortened
from humpcat.errors import CorpusError


class OwnCorpus(Corpus):
    """Clips that a folder, a table or a dataset describes; nothing about them is published.

    Args:
        name: how the corpus is called, and what its ids begin with.
        place: what was given, for messages.
        root: folder that relative paths start from.
        clips: what the folder, table or dataset tells; at least one.
        labels: the user's word for some labels; the others are understood by their wording.
        language: BCP 47 tag of clips that have none of their own.
        notes: sentences that a scan shall repeat as warnings.

    Raises:
        CorpusError: ``labels`` names an emotion that is not canonical.
    """

    licence = "the terms of whoever recorded it"
    citation = "none: own data"
    expected: Mapping[str, int] = {}
    expected_speakers = None

    def __init__(
        self,
        name: str,
        place: str,
        root: Path,
        clips: Sequence[OwnClip],
        labels: Mapping[str, str | None],
        language: str,
        notes: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.title = f"own data in {place}"
        self.homepage = place
        self.languages = (language, *sorted({clip.language for clip in clips if clip.language} - {language}))
        self.labels = emotions_of((clip.label for clip in clips if clip.label), labels)
        self._root = root
        self._clips = clips
        self._mapped = labels
        self._notes = notes

    def find(self, data_dir: str | Path | None = None) -> Path:
        """Return the folder that was given, wherever the registered corpora lie."""
        return self._root

    def scan(self, root: str | Path) -> Scan:
        """Read every clip, and say what is not known of them; clips that cannot be used are reported.

        Args:
            root: the folder that :meth:`find` returns, or where it was moved to.

        Raises:
            CorpusError: the folder is missing, or none of the clips can be used.
        """
        scan = super().scan(root)
        warnings = [
            *self._notes,
            *self._unknown_speakers(scan),
            *self._unlike_speakers(scan),
            *self._unknown_labels(scan),
        ]
        return replace(scan, warnings=[f"{self.name}: {sentence}" for sentence in warnings])

    def utterances(self, root: Path, problems: list[Problem]) -> Iterator[tuple[Path, Utterance]]:
        """Yield each clip that has a label and an audio file."""
        for clip in self._clips:
            path = _located(root, clip.file)
            if clip.label is None:
                problems.append(
                    Problem(clip.source, f"{clip.where} has no label: left out.".lstrip(), Kind.UNLABELLED)
                )
            elif path is None:
                named = f"names {clip.file}, which is no file below {root}" if clip.file else "names no audio file"
                problems.append(Problem(clip.source, f"{clip.where} {named}: left out.".lstrip(), Kind.MISSING))
            else:
                yield (
                    path,
                    Utterance(
                        key=clip.key,
                        label=clip.label,
                        speaker=clip.speaker,
                        gender=clip.gender,
                        sentence=clip.sentence,
                        language=clip.language,
                        session=clip.session,
                    ),
                )

    def example_path(self) -> str:
        """Return the first clip's path, relative to the root."""
        return self._clips[0].name

    def _unknown_speakers(self, scan: Scan) -> list[str]:
        speakers = scan.rows["speaker"]
        unknown = sum(speaker is None for speaker in speakers)
        if not unknown:
            return []
        loud = "NO SPEAKER IS KNOWN"
        if unknown < len(speakers):
            loud = f"THE SPEAKER OF {unknown} OF {len(speakers)} CLIPS IS NOT KNOWN"
        return [
            f"{loud}: no split can guarantee that nobody is heard both in training and "
            "in the test, so scores may be too high: name speakers by a column (--columns speaker=...), by "
            "--speaker-level or by --speaker-pattern."
        ]

    def _unlike_speakers(self, scan: Scan) -> list[str]:
        spellings: dict[str, set[str]] = {}
        for speaker in set(scan.rows["speaker"]) - {None}:
            spellings.setdefault(" ".join(speaker.casefold().split()), set()).add(speaker)
        alike = [" and ".join(sorted(names)) for _, names in sorted(spellings.items()) if len(names) > 1]
        if not alike:
            return []
        return [
            f"speakers that differ by case or blanks only ({shortened(alike)}) are taken for several people: spell "
            "them alike if they are one, or that one may be heard both in training and in the test."
        ]

    def _unknown_labels(self, scan: Scan) -> list[str]:
        unknown = Counter(
            label for label in scan.rows["label"] if self.labels[label] is None and label not in self._mapped
        )
        sentences = []
        if unknown:
            found = shortened([f"{label} {count}" for label, count in unknown.most_common()], 20)
            sentences.append(
                f"labels that mean no known emotion (clips): {found}: map them by --labels "
                f"{next(iter(unknown))}=... to one of {', '.join(EMOTIONS)}."
            )
        unused = [label for label in self._mapped if label not in self.labels]
        if unused:
            sentences.append(f"--labels maps {shortened(unused)}, which no clip carries: check the spelling.")
        return sentences

    def _nothing_usable(self, root: Path, problems: list[Problem]) -> CorpusError:
        # Every clip became a problem. What the base class would say speaks of an owner's file names.
        return CorpusError(
            f"corpus '{self.name}': none of its {len(self._clips)} clips can be used, the first: "
            f"{problems[0].path}: {problems[0].reason}"
        )

    def _offer(self) -> str:
        return f"it stands for {self.title}."


def _located(root: Path, file: str | None) -> Path | None:
    """Return the audio file of a clip, whose table may come from a machine that writes backslashes."""
    for spelling in (file, file.replace("\\", "/")) if file else ():
        try:
            if (root / spelling).is_file():
                return root / spelling
        except OSError:
            # A sentence where the path should be is longer than any file name may be.
            return None
    return None
