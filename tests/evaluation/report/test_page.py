import re
from html.parser import HTMLParser
from importlib.resources import files

import pytest
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.evaluation.report import report

from .making import DEPENDENT, blanked, rows, run, simulated, three_corpora

NASTY = '<script>alert("x")</script> & $x_1$ | `*'


class Outline(HTMLParser):
    """What a page is made of."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.headings, self.links, self.texts = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.links += [given[name] for name in ("href", "src", "xlink:href") if name in given]

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


def outline(text):
    made = Outline()
    made.feed(text)
    return made


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    three_corpora(folder, draws=2)
    done = CliRunner().invoke(
        app, ["report", *(str(folder / name) for name in ("emodb", "mesd", "ravdess")), "--out", str(folder / "out")]
    )
    assert (done.exit_code, done.output) == (0, f"{folder}/out/report.html\n{folder}/out/report.md\n")
    return folder / "out"


def test_the_page_stands_alone(made):
    text = (made / "report.html").read_text()
    page = outline(text)
    assert len(text.encode()) < 1_000_000
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "img", "image"}
    assert all(link.startswith("#") or link == "data:," for link in page.links)
    assert "@import" not in text
    assert not re.findall(r"url\((?!#)", text)


def test_the_page_can_be_read_without_eyes(made):
    page = outline((made / "report.html").read_text())
    assert ("html", {"lang": "en"}) in page.tags
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    drawings = [given for tag, given in page.tags if tag == "svg"]
    assert drawings
    assert all(given["role"] == "img" and given["aria-label"] for given in drawings)
    assert sum(tag == "figcaption" for tag, _ in page.tags) == len(drawings)
    assert all(given.get("scope") for tag, given in page.tags if tag == "th")
    assert sum(tag == "caption" for tag, _ in page.tags) == sum(tag == "table" for tag, _ in page.tags)
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_plots_take_their_colours_from_the_page(made):
    text = (made / "report.html").read_text()
    for drawing in re.findall(r"<svg.*?</svg>", text, flags=re.S):
        assert not re.findall(r"#[0-9a-f]{6}\b", drawing)
        assert "<text" in drawing
        assert "<style" not in drawing
    used = set(re.findall(r"var\(--([a-z0-9]+)\)", text))
    assert used <= set(re.findall(r"--([a-z0-9]+):", text))


def test_the_first_line_is_the_guarantee(made):
    page = outline((made / "report.html").read_text())
    first = next(text for text in page.texts if text.startswith("Guarantee"))
    body = next(index for index, (tag, _) in enumerate(page.tags) if tag == "body")
    assert page.tags[body + 1] == ("p", {"class": "guarantee"})
    expected = "Guarantee: speaker-disjoint test; validation shares speakers with adaptation; standardised by all "
    assert first.startswith(expected)
    assert first.endswith("Protocol: speaker-share=0.2 valid=0.2.")
    assert (made / "report.md").read_text().splitlines()[0].startswith(expected)


def test_what_is_speaker_dependent_says_so_everywhere(tmp_path):
    report([run(tmp_path / "run", "mesd", draws=2, guarantee=DEPENDENT)], tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text()
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text) + re.findall(r"<caption><span>(.*?)</span>", text)
    numbers = [one for one in captions if not one.startswith(("Settings", "Audio", "mesd: first 12"))]
    assert len(numbers) > 10
    assert all(one.startswith("SPEAKER-DEPENDENT. ") for one in numbers)
    assert all('aria-label="SPEAKER-DEPENDENT.' in one for one in re.findall("<svg[^>]*>", text))
    assert "<title>Evaluation report (SPEAKER-DEPENDENT)</title>" in text
    assert (tmp_path / "out" / "report.md").read_text().startswith("Guarantee: SPEAKER-DEPENDENT: ")


def test_names_are_escaped(tmp_path):
    some = [row | {"id": f"{NASTY}{index}", "corpus": NASTY} for index, row in enumerate(rows("x", 3, 12, "de"))]
    made = simulated(some, draws=2, systems={NASTY: 1.0, "fine-tuned": 2.0})
    made.write(tmp_path / "predictions.parquet")
    report([tmp_path / "predictions.parquet"], tmp_path / "out")
    page = outline((tmp_path / "out" / "report.html").read_text())
    assert not any(tag == "script" for tag, _ in page.tags)
    assert NASTY in page.texts
    text = (tmp_path / "out" / "report.md").read_text()
    assert "<script" not in text
    assert "&lt;script" in text
    for table in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.M):
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(widths) == 1


def test_nothing_but_predictions_is_needed(tmp_path):
    made = simulated(rows("x", 3, 12, "de"), draws=1)
    for column in ("speaker", "gender", "duration", "data_hash"):
        made = blanked(made, column, lambda _: True)
    made.write(tmp_path / "only.parquet")
    report([tmp_path / "only.parquet"], tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text()
    assert "speakers not known" in text
    assert "data_dir" not in text


def test_where_things_lay_is_not_told(made):
    for name in ("report.html", "report.md"):
        text = (made / name).read_text()
        assert "someone" not in text
        assert "learning" in text


def test_the_same_runs_give_the_same_bytes(tmp_path):
    folder = run(tmp_path / "run", "mesd", draws=2)
    for name in ("one", "two"):
        report([folder], tmp_path / name)
    for name in ("report.html", "report.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_run_that_is_not_there(tmp_path):
    done = CliRunner().invoke(app, ["report", str(tmp_path), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    expected = f"error: {tmp_path}: holds no predictions.parquet: name a run's folder, or a predictions file.\n"
    assert done.stderr == expected


def test_the_templates_are_installed():
    found = {one.name for one in files("humpcat.evaluation.report").joinpath("templates").iterdir()}
    assert found == {"page.html.j2", "parts.html.j2", "style.css"}
