"""What others named goes through every medium as it is, or is shown escaped: no crash, no injection, no loss."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from humpcat.evaluation import Predictions, summarise
from humpcat.evaluation.predictions import PredictionsError
from humpcat.evaluation.report import report
from humpcat.figures import save_figure
from humpcat.files import read_json, write_json, write_text
from humpcat.shown import is_utf8, json_text, markdown_text, one_line, print_json, several_lines

NAMES = [
    "a\x1b[2Jb",
    "\x9b2J",
    "two\nlines",
    "carriage\rreturn",
    "nul\x00",
    "line\u2028paragraph\u2029end",
    "\u202egnp.exe",
    "[/bold] [red]x",
    r"$\frac$",
    "=cmd()|' /C calc'!A0",
    "<script>alert(1)</script>",
    "| a | b |",
    "# heading",
    "![x](http://x)",
    "`code`",
    "]]>",
    "{{ 7 * 7 }}",
    "wütend 😀 غاضب",
]
LOST = ["\ud800", "caf\udce9"]


def predictions(names: list[str]) -> Predictions:
    rows = [
        {"id": f"{name}/{number}", "corpus": "toy", "language": "de", "speaker": name, "gender": None, "duration": 1.0}
        for name in names
        for number in range(2)
    ]
    rng = np.random.default_rng(0)
    gold = {row["id"]: names[number % len(names)] for number, row in enumerate(rows)}
    answers = {row["id"]: list(rng.dirichlet(np.ones(len(names)))) for row in rows}
    return Predictions.build(
        rows, gold, answers, names, system="zero-shot", draw=0, model_hash="0", guarantee="speaker-disjoint"
    )


@pytest.mark.parametrize("name", [*NAMES, *LOST])
def test_a_terminal_is_given_one_line_that_it_does_not_obey(name: str) -> None:
    assert one_line(name).replace("\u200d", "").isprintable()


@pytest.mark.parametrize("name", [*NAMES, *LOST])
def test_json_holds_every_name_and_shows_none_that_is_obeyed(name: str, tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {name: [name]})
    assert read_json(tmp_path / "a.json") == {name: [name]}
    assert json_text([name]).isprintable()
    assert json_text([name], only_ascii=True).isascii()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_json_in_any_terminal_is_json(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "out").open("w", encoding=encoding, errors="backslashreplace") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        print_json([*NAMES, *LOST])
    assert json.loads((tmp_path / "out").read_text(encoding=encoding)) == [*NAMES, *LOST]


@pytest.mark.parametrize("name", [*NAMES, *LOST])
def test_a_figure_is_drawn_and_its_markup_can_be_read(name: str, tmp_path: Path) -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.set_title(name)
    axes.plot([0, 1], [0, 1], label=f"label {name}")
    axes.set_xticks([0, 1], [name, "b"])
    axes.legend()
    for file in save_figure(figure, tmp_path, "figure"):
        assert file.stat().st_size
    ET.parse(tmp_path / "figure.svg")


@pytest.mark.parametrize("name", [*NAMES, *LOST])
def test_markdown_shows_a_name_as_text(name: str) -> None:
    shown = markdown_text(name)
    assert "\n" not in shown
    assert shown.isprintable()
    assert "<script" not in shown
    assert not shown.startswith(("#", "|", "`"))


def test_a_page_of_a_lost_name_is_written(tmp_path: Path) -> None:
    write_text(tmp_path / "a.md", "caf\udce9\n")
    assert (tmp_path / "a.md").read_text() == "caf\\udce9\n"


def test_parquet_holds_every_name_and_the_report_shows_it(tmp_path: Path) -> None:
    made = predictions(NAMES)
    made.write(tmp_path / "run" / "predictions.parquet")
    found = Predictions.read(tmp_path / "run" / "predictions.parquet")
    assert found.classes == tuple(NAMES)
    assert found.values("speaker").tolist() == made.values("speaker").tolist()
    report([tmp_path / "run"], tmp_path / "out")
    for file in ("report.html", "report.md"):
        text = (tmp_path / "out" / file).read_text(encoding="utf-8")
        assert not {character for character in text if character != "\n" and one_line(character) != character}
        assert "<script>alert" not in text
        assert "49" not in [line.strip() for line in text.splitlines()]
    assert all(several_lines(line) == line for line in summarise(found, resamples=10).markdown().splitlines())


@pytest.mark.parametrize("name", LOST)
def test_parquet_of_a_lost_name_is_refused_in_one_sentence(name: str) -> None:
    assert not is_utf8(name)
    with pytest.raises(PredictionsError, match=r"is not UTF-8, expected ids, speakers and classes that are: rename"):
        predictions([name, "b"])
