import json
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import CORPORA
from humpcat.corpora.overview import overview, to_dict, to_table
from humpcat.errors import CorpusError

RUNNER = CliRunner()


@pytest.fixture(name="data")
def _data(write_clips):
    write_clips("data/EmoDB", ["03a01Fa.wav", "08a01Wa.wav"])
    (write_clips("data/mesd", ["notes.wav"]) / "notes.wav").unlink()
    return str(write_clips("data/ravdess", ["Actor_01/03-01-05-01-01-01-01.wav"]).parent)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_every_corpus_has_one_line(data, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = RUNNER.invoke(app, ["corpora", "--data-dir", data]).stdout.splitlines()
    table = lines[: len(CORPORA.names()) + 1]
    assert [line.split()[0] for line in table[1:]] == [corpus.name for corpus in CORPORA]
    assert max(map(len, lines[: len(table)])) <= width
    assert table[0].split()[-1] == "licence"


def test_found_is_beside_published(data):
    entries = {entry.corpus.name: entry for entry in overview(list(CORPORA), data)}
    emodb = entries["emodb"].found
    assert (emodb.clips, emodb.speakers, emodb.path) == (2, 2, f"{data}/EmoDB")
    assert emodb.minutes == pytest.approx(0.2 / 60)
    assert entries["casia"].found is None
    console = Console(record=True, width=200, file=StringIO())
    console.print(to_table([entries["emodb"]], 200))
    assert "de         10   535     2     0.0       7 EmoDB" in console.export_text()


def test_folder_without_the_corpus_is_said_and_the_others_listed(data):
    mesd = next(entry for entry in overview(list(CORPORA), data) if entry.corpus.name == "mesd")
    assert mesd.found.clips == 0
    assert mesd.found.warnings[0].startswith("corpus 'mesd': nothing in ")
    assert (
        "mesd differs from what is published: run 'humpcat check mesd "
        in RUNNER.invoke(app, ["corpora", "--data-dir", data]).stdout
    )


def test_json(data):
    done = RUNNER.invoke(app, ["corpora", "--data-dir", data, "--json"])
    assert done.exit_code == 0
    listed = json.loads(done.stdout)
    assert listed == json.loads(json.dumps(to_dict(overview(list(CORPORA), data))))
    assert listed["format"] == "humpcat.corpora/1"
    assert [corpus["name"] for corpus in listed["corpora"]] == [corpus.name for corpus in CORPORA]


def test_data_folder_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match="no such folder: check --data-dir or HUMPCAT_DATA"):
        overview(list(CORPORA), str(tmp_path / "none"))
