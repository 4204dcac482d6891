"""What was stored is the clip's own and whole, or is computed again and said; one clip takes no other down."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from humpcat.errors import AudioError, SettingsError
from humpcat.features.base import Arrays, Extractor
from humpcat.features.extraction import extract
from humpcat.features.store import FeatureStore
from tests.stores import rewrite, split

RATE = 16_000


class Level(Extractor):
    """The loudest sample; fails as it is told to."""

    name = "level"
    # Of tones, in which no speech is found and which would all be brought to one level.
    hears_speech = False
    version = 1

    def __init__(self, fault: Callable[[float], float] = lambda level: level) -> None:
        self.fault = fault
        self.computed = 0

    def settings(self) -> dict[str, int]:
        return {}

    def extract(self, waveforms: Sequence[np.ndarray]) -> list[Arrays]:
        self.computed += len(waveforms)
        levels = [self.fault(round(float(np.abs(waveform).max()), 2)) for waveform in waveforms]
        return [{"level": np.full(3, level, np.float32)} for level in levels]


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, str]:
    found = {}
    for number in range(1, 5):
        found[f"clip{number}"] = str(tmp_path / f"{number}.wav")
        soundfile.write(found[f"clip{number}"], np.sin(np.arange(RATE) / 20) * number / 10, RATE)
    return found


def levels(paths: dict[str, str], extractor: Level, store: FeatureStore, bad: float = 0.05) -> dict[str, float]:
    stored = extract(paths, [extractor], store, show_progress=False, max_bad_share=bad)
    return {clip: float(stored.read(clip, "level")[0]) for clip in paths if clip in stored}


EXPECTED = {"clip1": 0.1, "clip2": 0.2, "clip3": 0.3, "clip4": 0.4}


def swap(first: Path, second: Path) -> None:
    kept: list[str] = []
    for shard in (first, second):
        rewrite(shard, lambda row: kept.append(row["clip"]))
    for shard in (first, second):
        rewrite(shard, lambda row: row.update(clip=kept.pop()))


def flip(first: Path, second: Path) -> None:
    def flipped(row: dict[str, Any]) -> None:
        held = bytearray(row["arrays"][0]["values"])
        held[-1] ^= 0x40
        row["arrays"][0]["values"] = bytes(held)

    rewrite(first, flipped)


def cut(first: Path, second: Path) -> None:
    first.write_bytes(first.read_bytes()[:-4])


def relabel(first: Path, second: Path) -> None:
    """Say that the same bytes are of another type."""
    rewrite(first, lambda row: row["arrays"][0].update(type="<i4"))


def say_a_type_that_numpy_lacks(first: Path, second: Path) -> None:
    rewrite(first, lambda row: row["arrays"][0].update(type="bfloat16", shape=[6]))


def lose_its_arrays(first: Path, second: Path) -> None:
    rewrite(first, lambda row: row["arrays"].clear())


def become_another_table(first: Path, second: Path) -> None:
    with pa.ipc.new_file(str(first), pa.schema({"clip": pa.int64()})) as writer:
        writer.write_table(pa.table({"clip": [1]}))


def make_pipe(first: Path, second: Path) -> None:
    first.unlink()
    os.mkfifo(first)


@pytest.mark.parametrize(
    ("damage", "count"),
    [
        (swap, 2),
        (flip, 1),
        (cut, 1),
        (make_pipe, 1),
        (relabel, 1),
        (say_a_type_that_numpy_lacks, 1),
        (lose_its_arrays, 1),
        (become_another_table, 1),
    ],
)
def test_a_damaged_entry_is_computed_again_and_said(
    damage: Callable[[Path, Path], None], count: int, paths: dict[str, str], tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path / "store")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert levels(paths, Level(), store) == pytest.approx(EXPECTED)
    damage(*sorted(split(store.root))[:2])
    again = Level()
    with pytest.warns(UserWarning, match=r"stored features .* computed again"):
        assert levels(paths, again, store) == pytest.approx(EXPECTED)
    assert again.computed == count


def test_what_is_damaged_while_it_is_used_is_told(paths: dict[str, str], tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "store")
    stored = extract(paths, [Level()], store, show_progress=False)
    flip(stored.entries["clip1"][0].shard, tmp_path)
    with pytest.raises(AudioError, match=r"clip1: its features in .* run the same command again"):
        stored.read("clip1", "level")


def fail(level: float) -> float:
    if level == 0.2:
        raise MemoryError("2.12 TiB cannot be had\nand more")
    return level


def test_a_clip_whose_features_fail_is_named_and_the_others_are_stored(paths: dict[str, str], tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "store")
    stored = extract(paths, [Level(fail)], store, show_progress=False, max_bad_share=0.5)
    assert stored.bad == {
        "clip2": f"{paths['clip2']}: level of its 1.0 s cannot be computed (2.12 TiB cannot be had)."
    }
    assert set(stored.entries) == {"clip1", "clip3", "clip4"}


def test_features_that_are_not_finite_are_not_stored(paths: dict[str, str], tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "store")
    broken = Level(lambda level: np.nan if level == 0.3 else level)
    stored = extract(paths, [broken], store, show_progress=False, max_bad_share=0.5)
    assert stored.bad == {"clip3": f"{paths['clip3']}: its level holds NaN or infinity: leave the clip out."}


def test_a_wrong_setting_is_no_fault_of_a_clip(paths: dict[str, str], tmp_path: Path) -> None:
    def refuse(level: float) -> float:
        raise SettingsError("bands 0: expected 1 or more.")

    with pytest.raises(SettingsError, match="bands 0"):
        extract(paths, [Level(refuse)], FeatureStore(tmp_path / "store"), show_progress=False)
