"""Segments as files that other programs read: JSON, CSV, RTTM, Audacity labels, Praat TextGrid, WebVTT."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from humpcat.files import write_text
from humpcat.inference.over_time.segmenting import EmotionSegment
from humpcat.inference.tables import require_ending

Segments = Sequence[EmotionSegment]


def as_json(name: str, segments: Segments) -> str:
    """Return one JSON object: the file and its segments."""
    return json.dumps({"file": name, "segments": [each.to_dict() for each in segments]}, indent=2) + "\n"


def as_csv(name: str, segments: Segments) -> str:
    """Return a table: file, start, end, label, score, and a column a class."""
    classes = sorted(segments[0].probabilities) if segments else []
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["file", "start", "end", "label", "score", *(f"p_{each}" for each in classes)])
    for each in segments:
        shares = [round(each.probabilities[label], 6) for label in classes]
        rows.writerow([name, f"{each.start:.3f}", f"{each.end:.3f}", each.label, round(each.score, 6), *shares])
    return file.getvalue()


def as_rttm(name: str, segments: Segments) -> str:
    """Return a line a segment as NIST's evaluations have it, the emotion where the speaker's name is."""
    stem = "_".join(Path(name).stem.split()) or "recording"
    return "".join(
        f"SPEAKER {stem} 1 {each.start:.3f} {each.end - each.start:.3f} <NA> <NA> {each.label} {each.score:.3f} <NA>\n"
        for each in segments
    )


def as_audacity(name: str, segments: Segments) -> str:
    """Return a label track of Audacity: start, end and text between tabs."""
    return "".join(f"{each.start:.6f}\t{each.end:.6f}\t{each.label} {each.score:.2f}\n" for each in segments)


def as_webvtt(name: str, segments: Segments) -> str:
    """Return subtitles for the web."""
    cues = [f"{_clock(each.start)} --> {_clock(each.end)}\n{each.label} {each.score:.2f}\n" for each in segments]
    return "\n".join(["WEBVTT\n", *cues])


def as_textgrid(name: str, segments: Segments) -> str:
    """Return a Praat TextGrid with one tier of intervals; what is no speech is an empty interval."""
    intervals: list[tuple[float, float, str]] = []
    reached = 0.0
    for each in segments:
        if each.start > reached:
            intervals.append((reached, each.start, ""))
        intervals.append((each.start, each.end, each.label))
        reached = each.end
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {reached:.3f}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        '        name = "emotion"',
        "        xmin = 0",
        f"        xmax = {reached:.3f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (start, end, label) in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {start:.3f}",
            f"            xmax = {end:.3f}",
            f'            text = "{label}"',
        ]
    return "\n".join(lines) + "\n"


FORMATS: Mapping[str, Callable[[str, Segments], str]] = {
    ".json": as_json,
    ".csv": as_csv,
    ".rttm": as_rttm,
    ".txt": as_audacity,
    ".TextGrid": as_textgrid,
    ".vtt": as_webvtt,
}
"""Ending of a file to how segments are written to it."""


def write_segments(path: Path, name: str, segments: Segments) -> None:
    """Write the segments of a recording.

    Args:
        path: the file, whose ending says how; what lies there is replaced.
        name: of the recording.
        segments: in the order of time.

    Raises:
        SettingsError: the ending is none of ``FORMATS``.
    """
    require_ending(path, FORMATS)
    write_text(path, FORMATS[path.suffix](name, segments))


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
