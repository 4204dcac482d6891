"""What the doctor has to say: one sentence a finding, with its kind, its severity and the files it speaks of."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.doctor.measures import Measures
from humpcat.corpora.rows import Row
from humpcat.corpora.scan import Kind, Problem, Scan, shortened
from humpcat.corpora.unread import unread, unread_problems
from humpcat.flags import SILENT_LEVEL, SILENT_SHARE

CLIPPED_SHARE = 0.001
"""Share of clipped samples from which a clip is spoken of."""


class Severity(StrEnum):
    """Whether a finding makes a corpus unfit."""

    ERROR = "error"
    NOTE = "note"


class Finding(StrEnum):
    """What a finding is about, in a word."""

    COUNTS = "counts"
    UNUSABLE = "unusable"
    MISSING = "missing"
    UNLABELLED = "unlabelled"
    CONFLICT = "conflict"
    UNREAD = "unread"
    SILENT = "silent"
    IDENTICAL = "identical"
    SPEAKERS = "speakers"
    READING = "reading"
    KNOWN = "known"
    CLIPPED = "clipped"
    RATES = "rates"
    CHANNELS = "channels"
    REPEATED = "repeated"
    FOREIGN = "foreign"
    APART = "apart"


@dataclass(frozen=True)
class Remark:
    """One finding.

    Attributes:
        kind: what it is about.
        severity: whether it makes the corpus unfit.
        files: the files it speaks of, none if it speaks of the corpus as a whole.
        sentence: what was found, what was expected and what to do.
    """

    kind: Finding
    severity: Severity
    files: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class CheckedClip:
    """One utterance and what its audio measures.

    Attributes:
        row: the utterance.
        measures: what it measures, None if it cannot be used.
        reason: why it cannot be used, None if it can.
    """

    row: Row
    measures: Measures | None
    reason: str | None = None


# A scan's word for what is the matter with a file is the doctor's; these leave nothing of the corpus out.
_HARMLESS = frozenset({Kind.FOREIGN, Kind.REPEATED, Kind.APART})

# What an original may be blamed for; a clip that cannot be read has suffered here.
_IN_THE_ORIGINAL = frozenset({Finding.SILENT, Finding.IDENTICAL})


def findings(corpus: Corpus, scan: Scan, clips: Sequence[CheckedClip]) -> list[Remark]:
    """Return all that is the matter, errors first, then by kind.

    Args:
        corpus: what is known of the corpus.
        scan: what its folder holds.
        clips: one a row of the scan.
    """
    # Where nothing is published, warnings speak of how one's own data were read, and of their speakers too.
    published = bool(corpus.expected or corpus.expected_speakers)
    kind, severity = (Finding.COUNTS, Severity.ERROR) if published else (Finding.READING, Severity.NOTE)
    found = [Remark(kind, severity, (), sentence) for sentence in scan.warnings]
    found += [_left_out(problem) for problem in scan.problems]
    found += [Remark(Finding.UNUSABLE, Severity.ERROR, (clip.row.path,), clip.reason) for clip in clips if clip.reason]
    usable = [(clip.row, clip.measures) for clip in clips if clip.measures is not None]
    found += _silent(usable)
    found += _clipped(usable)
    found += _identical(usable)
    found += _mixed(corpus, [measures for _, measures in usable])
    told = bool(scan.warnings) or any(problem.kind == Kind.SPEAKERS for problem in scan.problems)
    if published or not told:
        found += _without_speaker(corpus, [clip.row for clip in clips])
    found += _unread(corpus, scan)
    key_of = {clip.row.path: clip.row.id.removeprefix(f"{corpus.name}/") for clip in clips}
    found = [_if_known(corpus, key_of, remark) for remark in found]
    kinds = list(Finding)
    return sorted(found, key=lambda remark: (remark.severity != Severity.ERROR, kinds.index(remark.kind)))


def _left_out(problem: Problem) -> Remark:
    severity = Severity.NOTE if problem.kind in _HARMLESS else Severity.ERROR
    return Remark(Finding(problem.kind.value), severity, (problem.path,), problem.sentence)


def _unread(corpus: Corpus, scan: Scan) -> Iterator[Remark]:
    """Return what lies in the folder, may be sound and is not read; of one's own data the scan tells it."""
    if corpus.tells_unread:
        return
    there = set(scan.rows["id"])
    read = [Path(path) for path in scan.rows["path"]]
    lost: list[Path] = []
    others: list[Path] = []
    for path in unread(scan.root):
        key = corpus.key_of(scan.root, path)
        # What is read from another file of that name is not lost.
        (others if key is None or f"{corpus.name}/{key}" in there else lost).append(path)
    for files, severity in ((lost, Severity.ERROR), (others, Severity.NOTE)):
        for problem in unread_problems(scan.root, files, read):
            if problem.kind == Kind.UNREAD:
                yield replace(_left_out(problem), severity=severity)


def _silent(usable: Iterable[tuple[Row, Measures]]) -> Iterator[Remark]:
    for row, measures in usable:
        if measures.level is None or measures.level < SILENT_LEVEL:
            still = "digital zero throughout" if measures.zeros == 1 else "the same value throughout"
            level = still if measures.level is None else f"a level of {measures.level:.0f} dBFS"
            found = f"is silent: {level}, expected at least {SILENT_LEVEL:.0f} dBFS"
        elif measures.zeros >= SILENT_SHARE:
            found = (
                f"is silent: {100 * measures.zeros:.1f} % of its samples are digital zero, "
                f"expected less than {100 * SILENT_SHARE:.0f} %"
            )
        else:
            continue
        yield Remark(
            Finding.SILENT, Severity.ERROR, (row.path,), f"{row.path}: {found}: copy it again or leave it out."
        )


def _clipped(usable: Iterable[tuple[Row, Measures]]) -> Iterator[Remark]:
    for row, measures in usable:
        if measures.clipped >= CLIPPED_SHARE:
            yield Remark(
                Finding.CLIPPED,
                Severity.NOTE,
                (row.path,),
                f"{row.path}: {100 * measures.clipped:.3g} % of its samples are clipped, expected less than "
                f"{100 * CLIPPED_SHARE:.3g} %: look for a copy with less gain.",
            )


def _identical(usable: Iterable[tuple[Row, Measures]]) -> Iterator[Remark]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row, measures in usable:
        groups[measures.digest].append(row)
    for rows in groups.values():
        if len(rows) == 1:
            continue
        differing = [
            f"{name}s {shortened(values)}"
            for name in ("label", "speaker")
            if len(values := list(dict.fromkeys(str(getattr(row, name)) for row in rows))) > 1
        ]
        yield Remark(
            Finding.IDENTICAL,
            Severity.ERROR,
            tuple(row.path for row in rows),
            f"{rows[0].path}: is the same audio under {len(rows)} ids ({shortened(row.id for row in rows)}; "
            f"{'; '.join(differing) or 'label and speaker the same'}), expected one: "
            f"{'find out which is right and ' if differing else ''}leave the others out.",
        )


def _mixed(corpus: Corpus, measured: Sequence[Measures]) -> Iterator[Remark]:
    rates = Counter(f"{measures.sampling_rate} Hz" for measures in measured)
    channels = Counter("mono" if measures.channels == 1 else f"{measures.channels} channels" for measures in measured)
    for kind, what, counts in (
        (Finding.RATES, "sampling rates", rates),
        (Finding.CHANNELS, "numbers of channels", channels),
    ):
        if len(counts) > 1:
            mixed = ", ".join(f"{count} of {value}" for value, count in counts.most_common())
            yield Remark(
                kind,
                Severity.NOTE,
                (),
                f"{corpus.name}: clips with different {what} ({mixed}), expected one: all are read; check that the "
                "difference does not give away speaker or label.",
            )


def _without_speaker(corpus: Corpus, rows: Sequence[Row]) -> Iterator[Remark]:
    unknown = [row.path for row in rows if row.speaker is None]
    if unknown:
        yield Remark(
            Finding.SPEAKERS,
            Severity.NOTE,
            tuple(unknown),
            f"{corpus.name}: THE SPEAKERS OF {len(unknown)} OF {len(rows)} CLIPS ARE NOT KNOWN: no split of these "
            "can be speaker-disjoint, and scores will be too high: name the speakers if you can.",
        )


def _if_known(corpus: Corpus, key_of: Mapping[str, str], remark: Remark) -> Remark:
    """Turn an error that the original has too into a note."""
    # Of all its files: a clip that the original repeats too is no excuse for a third one.
    quirks = [corpus.quirks.get(key_of[file]) for file in remark.files if file in key_of]
    if remark.kind not in _IN_THE_ORIGINAL or None in quirks:
        return remark
    sentence = f"{remark.sentence.partition(', expected')[0]}; known: {quirks[0]}, no damage of this copy."
    return Remark(Finding.KNOWN, Severity.NOTE, remark.files, sentence)
