"""Every setting refuses what it cannot use in one sentence, before any work: its name, the value, the range."""

import math
import os
import types
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from humpcat.arguments import parse
from humpcat.benchmarks.cross_corpus.settings import CrossCorpusData, CrossCorpusSettings
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.benchmarks.vacnn import benchmark as vacnn
from humpcat.errors import SettingsError
from humpcat.few_shot.settings import AdaptSettings
from humpcat.protocols import clip_folds, shots_split, speaker_folds, speaker_share_split
from humpcat.setting_ranges import COUNTS, SEEDS, Range, number_in
from humpcat.settings import Settings, flag
from humpcat.training.evaluating import EvaluationSettings
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    TargetDataSettings,
    TargetSettings,
)
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

KINDS = [
    *(SourceSettings, DataSettings, NetworkSettings, OptimizationSettings, TargetSettings, TargetDataSettings),
    *(AdaptationSettings, EvaluationSettings, AdaptSettings, PictureSettings, PictureOptimization),
    *(BenchmarkSettings, AdaptingSettings, CrossCorpusSettings, CrossCorpusData, vacnn.BenchmarkSettings),
]
NEEDED = {TargetSettings: {"lang": "de"}}


def of_type(kind: type) -> list[tuple[type, str]]:
    """Return all settings of a type, or lists of it."""
    found = []
    for settings in KINDS:
        types_of = get_type_hints(settings)
        for each in fields(settings):
            hint = types_of[each.name]
            plain = {hint, *get_args(hint)} if isinstance(hint, types.UnionType) else {hint}
            if kind in plain or list[kind] in plain:
                found.append((settings, each.name))
    return found


def refusal(settings: type, name: str, value: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(**NEEDED.get(settings, {}) | {name: value})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_all_settings_are_checked() -> None:
    assert all(issubclass(kind, Settings) for kind in KINDS)
    assert len(of_type(int)) > 30
    assert len(of_type(float)) > 15


@pytest.mark.parametrize(("settings", "name"), of_type(int))
def test_whole_numbers_out_of_range(settings: type, name: str) -> None:
    for value in (-(10**9), 2**64, 10**400, True, "3", 1.5, math.nan, math.inf, [[1]], {}, b"1"):
        assert refusal(settings, name, value).startswith(f"{flag(name)} ")


@pytest.mark.parametrize(("settings", "name"), of_type(float))
def test_numbers_out_of_range(settings: type, name: str) -> None:
    for value in (math.nan, math.inf, -math.inf, -1.0, 1e30, True, "0.1", [[1]], {}, 10**400):
        assert refusal(settings, name, value).startswith(f"{flag(name)} ")


@pytest.mark.parametrize(("settings", "name"), of_type(str))
def test_texts_that_are_none(settings: type, name: str) -> None:
    default = next(each for each in fields(settings) if each.name == name).default
    for value in (3, 0.5, b"x", "", "a\0b", {}, ["a", 3]):
        # Nothing is what some are without.
        if value != default:
            assert refusal(settings, name, value).startswith(f"{flag(name)} ")


@pytest.mark.parametrize(("settings", "name"), of_type(bool))
def test_switches_that_are_none(settings: type, name: str) -> None:
    for value in (1, 0, "yes", None, []):
        assert refusal(settings, name, value) == f"{flag(name)} {value!r}: expected true or false."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "-1"], "--seed -1: expected a whole number from 0 to 4294967295."),
        (["--seed", str(2**64)], f"--seed {2**64}: expected a whole number from 0 to 4294967295."),
        (["--learning-rate", "nan"], "--learning-rate nan: expected a number above 0 and up to 100."),
        (["--learning-rate", "-inf"], "--learning-rate -inf: expected a number above 0 and up to 100."),
        (["--batch-size", "0"], "--batch-size 0: expected a whole number from 1 to 1000000000."),
        (["--valid-share", "1"], "--valid-share 1.0: expected a number of at least 0 and below 1."),
        (["--max-bad-share", "nan"], "--max-bad-share nan: expected a number from 0 to 1."),
        (["--out", ""], "--out '': expected a text that is not empty and holds no NUL."),
        (["--encoder-layers", "4", "-2"], "--encoder-layers -2: expected a whole number from -1 to 128."),
    ],
)
def test_the_command_line_says_it_in_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse([SourceSettings, DataSettings, NetworkSettings, OptimizationSettings], None, arguments)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e400", "1.5", "", "x", "9" * 5000, "٣٣x"])
def test_numbers_of_a_recipe_that_has_no_dataclass(value: str) -> None:
    with pytest.raises(ArgumentTypeError, match="expected a whole number from 1 to"):
        number_in(COUNTS)(value)
    with pytest.raises(ArgumentTypeError, match="expected a number from 0 to 0"):
        number_in(Range(0, 0.0))(value if value != "0" else "-0.1")


ROWS = [
    {"id": f"toy/{speaker}{take}", "corpus": "toy", "speaker": speaker, "gender": None, "sentence": None}
    for speaker in "abcd"
    for take in range(4)
]
CLASSES = {row["id"]: "anger" if row["id"].endswith(("0", "1")) else "sadness" for row in ROWS}


@pytest.mark.parametrize("seed", [-1, 2**64, True, None, "1", 1.0, math.nan], ids=str)
@pytest.mark.parametrize("draw", [clip_folds, speaker_folds, speaker_share_split, shots_split])
def test_seeds_of_protocols(draw: Callable[..., Any], seed: Any) -> None:
    more = {"k": 2} if draw is not speaker_share_split else {}
    with pytest.raises(SettingsError, match=f"seed .*expected {SEEDS}"):
        draw(ROWS, CLASSES, seed=seed, **more)


NAMES = "abcdefghij"
BOMB = "a: &a [x, x, x, x]\n" + "".join(
    f"{after}: &{after} [*{name}, *{name}, *{name}, *{name}]\n" for name, after in pairwise(NAMES)
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01\xff" * 100, "is not YAML"),
        (os.urandom(64) + b"\xff\xfe", "is not YAML"),
        (b"epochs: 2\xff", "is not YAML"),
        (b"[" * 20_000, "nested too deeply"),
        (b"seed: " + b"{a: " * 20_000, "nested too deeply"),
        (b"seed: [[1]]", "setting 'seed' is nested"),
        (b"corpus: {a: 1}", "setting 'corpus' is nested"),
        (BOMB.encode(), "unknown"),
        (BOMB.replace("j:", "corpus:").encode(), "unknown"),
        (b"seed: 1\nseed: 2", "names 'seed' twice"),
        (b"learning-rate: 1.0e-3\nlearning_rate: 1.0e-3", "names the setting 'learning_rate' twice"),
        (b"seed: !!python/object/apply:os.system ['true']", "is not YAML"),
        (b"seed: " + b"9" * 5000, "is not YAML"),
        (b"? [1, 2]\n: 3", "is not YAML"),
        (b"seed: 2026-99-99", "is not YAML"),
        (b"null", "found NoneType"),
        (b"3", "found int"),
        (b"- seed", "found list"),
        (b"sead: 1", "setting 'sead' is unknown"),
        (b"seed: .nan", ""),
        (b"learning_rate: .nan", "--learning-rate nan"),
        (b"epochs: true", "--epochs True"),
        (b"encoder_layers: [a]", "--encoder-layers 'a'"),
        (b"#" * (1 << 21), "expected at most 1048576"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_file_of_settings_that_is_none(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes(content)
    # What is no number at all is refused by argparse, in its own words.
    with pytest.raises(SettingsError if sentence else SystemExit) as caught:
        parse([SourceSettings, NetworkSettings, OptimizationSettings], None, ["--config", str(path)])
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_settings_in_any_unicode(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes("out: Läufe\nseed: 3\n".encode(encoding))
    source, optimization = parse([SourceSettings, OptimizationSettings], None, ["--config", str(path)])
    assert (source.out, optimization.seed) == ("Läufe", 3)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: os.mkfifo(path), "is a pipe, expected a file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, expected a file"),
        (lambda path: path.symlink_to(path.name), "cannot be read"),
        (lambda path: None, "no such file"),
    ],
    ids=["pipe", "folder", "device", "loop", "nothing"],
)
def test_a_file_of_settings_that_is_no_file(make: Callable[[Path], Any], sentence: str, tmp_path: Path) -> None:
    make(tmp_path / "settings.yaml")
    with pytest.raises(SettingsError, match=sentence):
        parse([SourceSettings], None, ["--config", str(tmp_path / "settings.yaml")])


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b", ""], ids=["long", "NUL", "empty"])
def test_a_path_of_settings_that_is_none(path: str) -> None:
    with pytest.raises(SettingsError):
        parse([SourceSettings], None, ["--config", path])
