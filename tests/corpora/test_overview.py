import json

import pytest
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
def test_every_corpus_is_listed_whole_and_within_the_terminal(data, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    text = RUNNER.invoke(app, ["corpora", "--data-dir", data]).stdout
    lines = text.splitlines()
    corpora = list(CORPORA)
    names = [line.split()[0] for line in lines[1:] if not line.startswith(" ")][: len(corpora)]
    assert names == [corpus.name for corpus in corpora]
    assert max(map(len, lines[: len(lines) - 4])) <= width
    for corpus in corpora:
        # Nothing is cut off, and an address is one word that can be copied.
        assert corpus.homepage in text.split()
        assert corpus.licence in " ".join(text.split())


def test_found_is_beside_published(data):
    entries = {entry.corpus.name: entry for entry in overview(list(CORPORA), data)}
    emodb = entries["emodb"].found
    assert (emodb.clips, emodb.speakers, emodb.path) == (2, 2, f"{data}/EmoDB")
    assert emodb.minutes == pytest.approx(0.2 / 60)
    assert entries["casia"].found is None
    header, line = to_table([entries["emodb"]], 200).plain.splitlines()
    assert header.split() == [
        "name",
        "language",
        "speakers",
        "clips",
        "classes",
        "found",
        "licence",
        "owner's",
        "page",
    ]
    assert line.split()[:6] == ["emodb", "de", "10", "535", "7", "2"]


def test_two_folders_of_one_corpus_are_said(write_clips):
    for name in ("emodb-a", "emodb-b"):
        root = write_clips(f"data/{name}", ["03a01Fa.wav"])
    data = str(root.parent)
    told = f"holds 2 folders that may be it (emodb-a, emodb-b): name one by --data-dir {data}/emodb-a."
    assert told in RUNNER.invoke(app, ["corpora", "--data-dir", data]).stdout
    assert "2 folders that may be it" in " ".join(
        RUNNER.invoke(app, ["corpora", "emodb", "--data-dir", data]).stdout.split()
    )


def test_counts_agree(data):
    said = RUNNER.invoke(app, ["corpora", "--data-dir", data]).stdout
    assert "21 corpora, of 20 owners' releases" in said
    assert f"3 of 21 corpora found in {data}." in said


def test_a_page_on_a_corpus(data, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    done = RUNNER.invoke(app, ["corpora", "emodb", "iemocap", "--data-dir", data])
    assert done.exit_code == 0
    for said in (
        "http://emodb.bilderbar.info/",
        "free for research; EmoDB 2.0 is CC BY 4.0",
        "10 (03, 08, 09, 10, 11, 12, 13, 14 ...)",
        "wav/03a01Fa.wav",
        "2 clips of 2 speakers, 0.0 minutes",
        "L      boredom       81",
        "arousal and valence as numbers, 1 to 5",
        "research licence, to be signed and sent to the owner",
    ):
        assert said in done.stdout, said
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert RUNNER.invoke(app, ["corpora", "emodbb"]).stderr.endswith("Did you mean 'emodb'?\n")


@pytest.mark.parametrize("corpus", list(CORPORA), ids=lambda corpus: corpus.name)
def test_every_corpus_has_a_page(corpus, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("HUMPCAT_DATA", raising=False)
    lines = RUNNER.invoke(app, ["corpora", corpus.name]).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith(f"{corpus.name}: ")
    (listed,) = json.loads(RUNNER.invoke(app, ["corpora", corpus.name, "--json"]).stdout)["corpora"]
    assert listed["layouts"][0] == corpus.example_path()
    assert listed["about"].startswith("Owner: ") or "Owner: " in listed["about"]


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
