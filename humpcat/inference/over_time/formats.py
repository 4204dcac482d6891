"""Segments as files: JSON, CSV, RTTM, Audacity labels, Praat TextGrid, WebVTT, and pictures of the time line."""

import csv
import html
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from humpcat.files import write_text
from humpcat.inference.over_time.segmenting import EmotionSegment
from humpcat.inference.tables import require_ending
from humpcat.shown import one_line

Segments = Sequence[EmotionSegment]


def as_json(name: str, segments: Segments) -> str:
    """Return one JSON object: the file and its segments."""
    return json.dumps({"file": name, "segments": [each.to_dict() for each in segments]}, indent=2) + "\n"


def as_csv(name: str, segments: Segments) -> str:
    """Return a table: file, start, end, speaker (empty where not known), label, score, and a column a class."""
    classes = sorted(segments[0].probabilities) if segments else []
    file = io.StringIO()
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(["file", "start", "end", "speaker", "label", "score", *(f"p_{each}" for each in classes)])
    for each in segments:
        where = [name, f"{each.start:.3f}", f"{each.end:.3f}", each.speaker or ""]
        shares = [round(each.probabilities[label], 6) for label in classes]
        rows.writerow([*where, each.label, round(each.score, 6), *shares])
    return file.getvalue()


def as_rttm(name: str, segments: Segments) -> str:
    """Return a line a segment as NIST's evaluations have it.

    The emotion stands where the speaker's name is. Where the speaker is known his name stands there, and the emotion
    in the field before it, the speaker's type: what reads who speaks when finds just that.
    """
    stem = _field(Path(name).stem, "recording")
    lines = []
    for each in segments:
        who = ("<NA>", each.label) if each.speaker is None else (each.label, _field(each.speaker, "speaker"))
        times = f"{each.start:.3f} {each.end - each.start:.3f}"
        lines.append(f"SPEAKER {stem} 1 {times} <NA> {who[0]} {who[1]} {each.score:.3f} <NA>\n")
    return "".join(lines)


def as_audacity(name: str, segments: Segments) -> str:
    """Return a label track of Audacity: start, end and text between tabs."""
    return "".join(
        f"{each.start:.6f}\t{each.end:.6f}\t{_said_by(each)}{each.label} {each.score:.2f}\n" for each in segments
    )


def as_webvtt(name: str, segments: Segments) -> str:
    """Return subtitles for the web; a speaker who is known is the voice of a cue."""
    cues = [
        f"{_clock(each.start)} --> {_clock(each.end)}\n{_voice(each)}{each.label} {each.score:.2f}\n"
        for each in segments
    ]
    return "\n".join(["WEBVTT\n", *cues])


def as_textgrid(name: str, segments: Segments) -> str:
    """Return a Praat TextGrid with a tier of intervals a speaker; what is no speech is an empty interval."""
    end = max((each.end for each in segments), default=0.0)
    speakers = list(dict.fromkeys(each.speaker for each in segments)) or [None]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {end:.3f}",
        "tiers? <exists>",
        f"size = {len(speakers)}",
        "item []:",
    ]
    for place, speaker in enumerate(speakers, start=1):
        lines += _tier(place, speaker, [each for each in segments if each.speaker == speaker], end)
    return "\n".join(lines) + "\n"


def _tier(place: int, speaker: str | None, segments: Segments, end: float) -> list[str]:
    """Return the lines of one tier of a TextGrid, whose intervals leave nothing out."""
    intervals: list[tuple[float, float, str]] = []
    reached = 0.0
    for each in segments:
        if each.start > reached:
            intervals.append((reached, each.start, ""))
        intervals.append((each.start, each.end, each.label))
        reached = each.end
    if reached < end:
        intervals.append((reached, end, ""))
    # Praat writes a quotation mark twice.
    title = one_line("emotion" if speaker is None else speaker).replace('"', '""')
    lines = [
        f"    item [{place}]:",
        '        class = "IntervalTier"',
        f'        name = "{title}"',
        "        xmin = 0",
        f"        xmax = {end:.3f}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, (first, last, label) in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {first:.3f}",
            f"            xmax = {last:.3f}",
            f'            text = "{label}"',
        ]
    return lines


def _text(form: Callable[[str, Segments], str]) -> Callable[[Path, str, Segments], None]:
    return lambda path, name, segments: write_text(path, form(name, segments))


def _picture(path: Path, name: str, segments: Segments) -> None:
    # Only pictures need it, and it takes longer to import than other files take to write.
    from humpcat.inference.over_time.drawing import draw_timeline

    draw_timeline(path, name, segments)


FORMATS: Mapping[str, Callable[[Path, str, Segments], None]] = {
    ".json": _text(as_json),
    ".csv": _text(as_csv),
    ".rttm": _text(as_rttm),
    ".txt": _text(as_audacity),
    ".TextGrid": _text(as_textgrid),
    ".vtt": _text(as_webvtt),
    ".png": _picture,
    ".svg": _picture,
}
"""Ending of a file to what writes the segments of a recording to it."""


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
    FORMATS[path.suffix](path, name, segments)


def _field(text: str, nothing: str) -> str:
    """Return a text as one field between blanks."""
    return one_line("_".join(text.split())) or nothing


def _said_by(segment: EmotionSegment) -> str:
    return "" if segment.speaker is None else f"{one_line(segment.speaker)}: "


def _voice(segment: EmotionSegment) -> str:
    return "" if segment.speaker is None else f"<v {html.escape(one_line(segment.speaker), quote=False)}>"


def _clock(seconds: float) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
