from pathlib import Path

import pytest

from humpcat.arguments import parse
from humpcat.errors import SettingsError
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
)

KINDS = [SourceSettings, DataSettings, NetworkSettings, OptimizationSettings]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text("epochs: 7\nseed: 3\nlearning_rate: 1e-3\ntoy: true\nencoder_layers: [1, 2]\nout: here\n")
    return path


def test_defaults_are_those_of_the_dataclasses() -> None:
    assert parse(KINDS, None, []) == tuple(kind() for kind in KINDS)
    assert parse([AdaptationSettings], None, []) == (AdaptationSettings(),)


def test_the_command_line_beats_the_file(file: Path) -> None:
    for arguments in (["--config", str(file), "--epochs", "2"], ["--epochs", "2", f"--config={file}"]):
        source, data, network, optimization = parse(KINDS, None, arguments)
        assert (optimization.epochs, optimization.seed, optimization.learning_rate) == (2, 3, 1e-3)
        assert (data.toy, network.encoder_layers, source.out) == (True, [1, 2], "here")
        assert optimization.patience == OptimizationSettings().patience


def test_hyphens_and_underscores_and_switches() -> None:
    arguments = ["--data-dir", "x", "--max_bad_share", "0.2", "--no_balanced", "--encoder_layers", "1", "-1", "--toy"]
    _, data, network, optimization = parse(KINDS, None, arguments)
    assert (data.data_dir, data.max_bad_share, data.toy) == ("x", 0.2, True)
    assert (network.encoder_layers, optimization.balanced) == ([1, -1], False)


def test_values_come_at_once_or_one_by_one_and_replace_the_default() -> None:
    together = ["--corpus", "a", "b", "--columns", "path=file", "label=mood_of_day"]
    apart = ["--corpus", "a", "--columns", "path=file", "--corpus", "b", "--columns", "label=mood_of_day"]
    for arguments in (together, apart):
        source, data, *_ = parse(KINDS, None, arguments)
        assert (source.corpus, data.columns) == (["a", "b"], ["path=file", "label=mood_of_day"])
    assert parse(KINDS, None, [])[0].corpus == SourceSettings().corpus


def test_a_file_is_replaced_too_and_may_have_dashes(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("corpus: [a, b]\nencoder-layers: [1, 2]\n")
    source, _, network, _ = parse(KINDS, None, ["--config", str(path), "--corpus", "c"])
    assert (source.corpus, network.encoder_layers) == (["c"], [1, 2])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("epoch: 3\n", "setting 'epoch' is unknown: --help lists all settings."),
        ("- epochs\n", "found list, expected lines of 'setting: value'."),
        ("", "found NoneType, expected lines of 'setting: value'."),
        ("a: [1\n", "is not YAML (while parsing a flow sequence): mend the file."),
    ],
)
def test_a_file_that_is_no_settings(content: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError) as caught:
        parse(KINDS, None, ["--config", str(path)])
    assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("epochs: 2.5", "argument --epochs: invalid int value: '2.5'"),
        ("seed: many", "argument --seed: invalid int value: 'many'"),
    ],
)
def test_a_value_of_another_type_is_refused_as_on_the_command_line(
    line: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(line)
    with pytest.raises(SystemExit) as caught:
        parse(KINDS, None, ["--config", str(path)])
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(f"error: {sentence}")


def test_a_number_can_name_a_folder_and_null_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("out: 3\nseed: null\n")
    source, *_, optimization = parse(KINDS, None, ["--config", str(path)])
    assert (source.out, optimization.seed) == ("3", 0)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(KINDS, None, ["--config", str(tmp_path / "none.yaml")])
    assert str(caught.value) == f"{tmp_path}/none.yaml: no such file: check the path."


def test_unknown_flag() -> None:
    with pytest.raises(SettingsError) as caught:
        parse(KINDS, None, ["--epoch", "3"])
    assert str(caught.value) == "setting '--epoch' is unknown: --help lists all settings."


def test_a_value_out_of_range_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("patience: 0\n")
    with pytest.raises(SettingsError) as caught:
        parse(KINDS, None, ["--config", str(path)])
    assert str(caught.value) == "--patience 0: expected a whole number from 1 to 1000000000."
