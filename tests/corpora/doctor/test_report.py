"""The doctor's report in the terminal and in files, and the commands that print it."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import CORPORA
from humpcat.corpora.doctor import Checkup, check
from humpcat.corpora.doctor.findings import CheckedClip
from humpcat.corpora.doctor.measures import Measures
from humpcat.corpora.doctor.report import save, show
from humpcat.corpora.rows import Row

RUNNER = CliRunner()
RATE = 16_000


class Nobody(type(CORPORA["emodb"])):
    """EmoDB's labels, and no speakers that have to be there."""

    expected_speakers = None


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """Twelve clips of EmoDB, all of them silent."""
    root = tmp_path / "emodb"
    root.mkdir()
    for number in range(12):
        soundfile.write(root / f"03a{number:02}Wa.wav", np.zeros(1000 + number), RATE)
    return root


def printed(root: Path, width: int = 100) -> str:
    console = Console(record=True, width=width, file=StringIO())
    show(check(CORPORA["emodb"], root), console)
    return console.export_text()


def test_terminal_is_short(root):
    text = printed(root)
    assert text.splitlines()[0].startswith("emodb: 16 errors, 0 notes (")
    assert text.count("error (silent): ") == 11
    assert "error (silent): and 2 more." in text


def test_files(root, tmp_path):
    checkup = check(CORPORA["emodb"], root)
    files = save(checkup, tmp_path / "out" / "deep")
    assert [file.name for file in files] == ["check.json", "check.svg", "check.png"]
    assert sorted(file.name for file in (tmp_path / "out" / "deep").iterdir()) == sorted(file.name for file in files)
    report = json.loads(files[0].read_text(encoding="utf-8"))
    assert report == checkup.to_dict()
    assert report["format"] == "humpcat.check/1"
    assert files[1].read_bytes().startswith(b"<?xml")
    assert files[2].read_bytes().startswith(b"\x89PNG")
    again = save(checkup, tmp_path / "again")
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in files]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("speakers", [1, 4, 40, 91, 150])
def test_picture_has_room_for_all(tmp_path, speakers):
    from humpcat.corpora.doctor.picture import draw

    clips = []
    for number in range(speakers):
        row = Row(f"a/{number}", "emodb", "", "W", "anger", f"speaker {number}", None, "de", None, None, 1.0)
        clips.append(CheckedClip(row, Measures(RATE, 1, "WAV PCM_16", 1.0, 0.5, -20.0, 0.0, 0.0, str(number))))
    figure = draw(Checkup(Nobody(), tmp_path, tuple(clips), ()))
    figure.canvas.draw()
    for axes in figure.axes[:3]:
        assert axes.get_window_extent().height > 100


def test_command_says_errors_by_its_status(root, tmp_path):
    done = RUNNER.invoke(app, ["check", "emodb", str(root), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert done.stdout.startswith("emodb: 16 errors, 0 notes")
    assert f"wrote {tmp_path}/out/check.json" in done.stdout
    assert (tmp_path / "out" / "check.png").is_file()


def test_command_prints_json_and_nothing_else(root):
    done = RUNNER.invoke(app, ["check", "emodb", str(root), "--json"])
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["corpus"], report["healthy"], report["clips"]) == ("emodb", False, 12)
    assert report["utterances"][0]["level"] is None


def test_command_cannot_check_what_is_not_there(tmp_path):
    done = RUNNER.invoke(app, ["check", "emodb", str(tmp_path / "none"), "--json"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: corpus 'emodb': {tmp_path / 'none'} is not a folder: check the path; ")
    done = RUNNER.invoke(app, ["check", "emodbb", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.startswith("error: corpus 'emodbb' is unknown: choose one of ")


def test_help_states_the_exit_status():
    done = RUNNER.invoke(app, ["check", "--help"])
    assert "Exit status: 0 if it is healthy" in " ".join(done.stdout.split())


def test_naming_a_corpus_imports_nothing_heavy():
    code = (
        "import sys; import humpcat.corpora; humpcat.corpora.CORPORA['emodb']; "
        "print([name for name in ('matplotlib', 'rich', 'joblib', 'datasets', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# Of each corpus: clips, and the groups of ids under which the original has the same audio.
REAL = {
    "emodb": (535, []),
    "mesd": (862, [["Happiness_C_A_dentro", "Happiness_C_A_lento_dentro"]]),
    "ravdess": (1440, [["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]]),
    "cremad": (
        7442,
        [
            ["1006_TIE_HAP_XX", "1006_TIE_NEU_XX"],
            ["1013_WSI_DIS_XX", "1013_WSI_SAD_XX"],
            ["1017_IWW_ANG_XX", "1017_IWW_FEA_XX"],
        ],
    ),
}


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if counts[0] > 5000 else ()) for name, counts in REAL.items()]
)
def test_real_corpora(data_dir, name):
    corpus = CORPORA[name]
    checkup = check(corpus, corpus.find(data_dir))
    clips, identical = REAL[name]
    assert len(checkup.usable) == len(checkup.clips) == clips
    assert {label: amount.clips for label, amount in checkup.labels.items()} == corpus.expected
    assert {speaker: amount.clips for speaker, amount in checkup.speakers.items()} == corpus.expected_speakers
    pairs = [[Path(file).stem for file in remark.files] for remark in checkup.findings if len(remark.files) > 1]
    assert pairs == identical
    silent = [remark.files for remark in checkup.findings if "is silent" in remark.sentence]
    assert [Path(files[0]).stem for files in silent] == (["1076_MTI_SAD_XX"] if name == "cremad" else [])
