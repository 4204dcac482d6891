"""Pictures of emotions over time: they show what was said, the same whenever they are drawn."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from humpcat.corpora import FOUR, QUADRANTS
from humpcat.errors import SettingsError
from humpcat.inference.over_time import drawing
from humpcat.inference.over_time.drawing import COLOURS, MOST_ROWS, draw_timeline, styles_of
from humpcat.inference.over_time.segmenting import EmotionSegment


def segment(start: float, end: float, label: str = "anger", speaker: str | None = None) -> EmotionSegment:
    shares = {each: 0.7 if each == label else 0.1 for each in FOUR.classes}
    return EmotionSegment(start, end, label, shares, speaker)


def texts(path: Path) -> list[str]:
    return [each.text or "" for each in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_names_the_recording_the_times_and_the_classes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "call.svg"
    draw_timeline(path, "calls/$x$ <b>.wav", [segment(0.5, 3.0), segment(4.0, 95.0, "sadness")])
    shown = texts(path)
    assert {"$x$ <b>.wav", "0:00", "1:30", "sadness", *FOUR.classes} <= set(shown)
    # In the legend, and in the band of the segment with room for it.
    assert (shown.count("sadness"), shown.count("anger")) == (2, 1)


@pytest.mark.parametrize("ending", drawing.ENDINGS)
def test_what_is_drawn_twice_is_the_same(ending: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw_timeline(tmp_path / f"{name}{ending}", "call.wav", [segment(0.5, 3.0)])
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()


def test_a_long_recording_has_some_rows_and_a_short_one_has_one() -> None:
    def rows(seconds: float) -> int:
        return len(drawing._timeline("a", [segment(0.0, 1.0), segment(seconds - 1.0, seconds)]).axes)

    assert [rows(seconds) for seconds in (10.0, 300.0, 301.0, 36_000.0)] == [1, 1, 2, MOST_ROWS]


def test_each_speaker_has_a_panel_in_every_row() -> None:
    said = [segment(0.0, 5.0, speaker="Ann"), segment(3.0, 400.0, speaker="Bob")]
    axes = drawing._timeline("a", said).axes
    assert [each.get_ylabel() for each in axes] == ["Ann", "Bob"] * 2
    assert [each.get_xlim() for each in axes] == [(0.0, 200.0)] * 2 + [(200.0, 400.0)] * 2
    many = [segment(0.0, 900.0, speaker=str(number)) for number in range(30)]
    assert len(drawing._timeline("a", many).axes) == 30


def test_pauses_stay_empty() -> None:
    (axes,) = drawing._timeline("a", [segment(0.0, 1.0), segment(2.0, 3.0)]).axes
    drawn = [path for each in axes.collections for path in each.get_paths() if len(path.vertices)]
    assert drawn
    for path in drawn:
        low, high = path.vertices[:, 0].min(), path.vertices[:, 0].max()
        assert high <= 1.0 or low >= 2.0


def test_a_class_has_one_colour_whatever_else_there_is() -> None:
    assert {each: styles_of(FOUR.classes)[each] for each in FOUR.classes} == {
        each: styles_of([*FOUR.classes, "bliss", "boredom"])[each] for each in FOUR.classes
    }
    assert styles_of(QUADRANTS.classes) == styles_of(QUADRANTS.classes[::-1])
    assert len(set(COLOURS.values())) == len(COLOURS)
    many = [f"class {number}" for number in range(30)]
    assert len(set(styles_of(many).values())) == 30


def test_nothing_said_is_a_picture_that_says_so(tmp_path: Path) -> None:
    draw_timeline(tmp_path / "a.svg", "a.wav", [])
    assert texts(tmp_path / "a.svg") == ["a.wav", "no speech was found"]


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ends in '.pdf', expected one of .png, .svg"):
        draw_timeline(tmp_path / "a.pdf", "a.wav", [])
