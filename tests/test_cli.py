import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from humpcat.cli import app, main
from humpcat.corpora import CORPORA
from humpcat.errors import HumpcatError
from humpcat.few_shot import AdaptSettings
from humpcat.version import __version__

from .recordings import recorded
from .training.making import World, make_world, vowel, write

RUNNER = CliRunner()
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(name="world", scope="module")
def _world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory)


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> list[str]:
    return [str(write(tmp_path / f"{name}.wav", vowel(name, speaker=1, take=1))) for name in ("anger", "sadness")]


def test_predict_prints_a_line_a_file(world: World, files: list[str]) -> None:
    done = RUNNER.invoke(app, ["predict", *files, "--model", str(world.target / "draw-0")])
    assert (done.exit_code, done.stderr) == (0, "")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == files
    for _, *cells in rows:
        assert {cell.split()[0] for cell in cells} == {"anger", "happiness", "neutral", "sadness"}
        shares = [float(cell.split()[1]) for cell in cells]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=0.003)


def test_predict_json(world: World, files: list[str]) -> None:
    done = RUNNER.invoke(app, ["predict", "--json", *files, "--model", str(world.target / "draw-0")])
    assert done.exit_code == 0
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["file"] for answer in answers] == files
    assert all(sum(answer["scores"].values()) == pytest.approx(1) for answer in answers)


def test_predict_goes_on_after_a_bad_file(world: World, files: list[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"")
    model = str(world.target / "draw-0")
    done = RUNNER.invoke(app, ["predict", files[0], str(bad), files[1], "--model", model])
    assert done.exit_code == 1
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == files
    assert done.stderr.splitlines() == [
        f"left out: {bad}: the file is empty (0 bytes): copy it again or remove it.",
        "error: 1 of 3 files could not be used: see the reasons above.",
    ]


def test_one_bad_file_in_many_is_no_failure(world: World, files: list[str]) -> None:
    arguments = ["predict", *files * 10, "/no/such.wav", "--model", str(world.target / "draw-0"), "--json"]
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 20
    assert done.stderr == "left out: /no/such.wav: no such file: check the path.\n"


def test_predict_files_of_one_speaker(world: World, files: list[str]) -> None:
    arguments = ["predict", "--json", "--one-speaker", "--model", str(world.target / "draw-0")]
    forwards, backwards = (
        [json.loads(line) for line in RUNNER.invoke(app, [*arguments, *given]).stdout.splitlines()]
        for given in (files, files[::-1])
    )
    assert [answer["file"] for answer in forwards] == files
    alone = json.loads(RUNNER.invoke(app, [*arguments, files[0]]).stdout)
    for here, there in zip(forwards, backwards[::-1], strict=True):
        assert here["scores"] == pytest.approx(there["scores"], abs=1e-4)
    assert alone["scores"] != pytest.approx(forwards[0]["scores"], abs=1e-4)


def test_predict_says_what_keeps_an_answer_from_being_believed(world: World, tmp_path: Path) -> None:
    voice = vowel("anger", speaker=1, take=1)
    given = {"sound": voice, "silent": 0 * voice, "half": np.stack([voice, 0 * voice], axis=1)}
    files = [str(write(tmp_path / f"{name}.wav", clip)) for name, clip in given.items()]
    arguments = ["predict", *files, "--model", str(world.target / "draw-0")]
    lines = [line.split("\t") for line in RUNNER.invoke(app, arguments).stdout.splitlines()]
    assert [len(line) for line in lines] == [5, 7, 6]
    assert {cell.split()[1] for cell in lines[1][1:5]} == {"0.250"}
    assert lines[1][-2].startswith("! silent: holds no sound: every sample is the same")
    assert lines[1][-1] == "! no speech: no speech was found in it, so that no class is more probable than another"
    assert lines[2][-1] == (
        "! dead channel: channel 1 of 2 is silent beside channel 0: what is heard is their mean; choose channel 0"
    )
    answers = [json.loads(line) for line in RUNNER.invoke(app, [*arguments, "--json"]).stdout.splitlines()]
    assert [[flag["name"] for flag in answer["flags"]] for answer in answers] == [
        [],
        ["silent", "no speech"],
        ["dead channel"],
    ]
    heard = RUNNER.invoke(app, [*arguments, "--channel", "left", "--json"]).stdout.splitlines()
    assert json.loads(heard[2])["scores"] == pytest.approx(json.loads(heard[0])["scores"], abs=1e-3)


def test_predict_each_channel_of_a_call(world: World, tmp_path: Path) -> None:
    voice = vowel("anger", speaker=1, take=1)
    call = str(write(tmp_path / "call.wav", np.stack([voice, 0.5 * voice], axis=1)))
    arguments = ["predict", call, "--model", str(world.target / "draw-0"), "--channel"]
    lines = [line.split("\t") for line in RUNNER.invoke(app, [*arguments, "each"]).stdout.splitlines()]
    assert [line[:2] for line in lines] == [[call, "channel 0"], [call, "channel 1"]]
    answers = [json.loads(line) for line in RUNNER.invoke(app, [*arguments, "each", "--json"]).stdout.splitlines()]
    assert [answer["channel"] for answer in answers] == [0, 1]
    assert len(RUNNER.invoke(app, [*arguments, "right"]).stdout.splitlines()) == 1
    for choice, more, sentence in (
        ("middle", [], "error: channel 'middle': expected left, right or a number from 0.\n"),
        (
            "each",
            ["--one-speaker"],
            "error: channel 'each': a listener knows one speaker: choose the speaker's channel.\n",
        ),
    ):
        done = RUNNER.invoke(app, [*arguments, choice, *more])
        assert (done.exit_code, done.stdout, done.stderr) == (1, "", sentence)
    done = RUNNER.invoke(app, [*arguments, "2"])
    assert done.stderr.splitlines() == [
        f"left out: {call}: has 2 channels, 0 to 1, channel 2 was asked for: choose another or none.",
        "error: 1 of 1 files could not be used: see the reasons above.",
    ]


def test_predict_recordings_of_phones_and_the_sound_of_a_video(world: World, tmp_path: Path) -> None:
    files = []
    for ending, video in ((".m4a", False), (".webm", False), (".mp4", True), (".amr", False)):
        files.append(tmp_path / f"clip{ending}")
        files[-1].write_bytes(recorded(vowel("anger", speaker=1, take=1), ending, video=video))
    damaged = tmp_path / "damaged.m4a"
    damaged.write_bytes(files[0].read_bytes()[:700])
    done = RUNNER.invoke(app, ["predict", *map(str, [*files, damaged]), "--model", str(world.target / "draw-0")])
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == [str(file) for file in files]
    assert done.stderr.splitlines()[0] == (
        f"left out: {damaged}: begins as audio (first bytes b'ftypM4A ') but cannot be decoded, it is damaged or cut "
        "off: copy it again or leave it out."
    )


def test_predict_with_a_model_that_is_not_there(files: list[str], tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["predict", *files, "--model", str(tmp_path / "none")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (f"error: {tmp_path}/none: there is no such folder: name the folder of a saved model.\n")


def test_predict_with_another_encoder(world: World, files: list[str], tmp_path: Path) -> None:
    arguments = ["predict", *files, "--model", str(world.source), "--encoder", str(tmp_path)]
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 1
    assert done.stderr == (
        f"error: encoder {tmp_path}: the folder holds no config.json: expected the layout of a hub checkpoint.\n"
    )


def test_corpora_lists_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    done = RUNNER.invoke(app, ["corpora", "--data-dir", str(world.data)])
    assert done.exit_code == 0
    lines = {line.split()[0]: line.rstrip() for line in done.stdout.splitlines()[1 : len(CORPORA.names()) + 1]}
    for corpus in CORPORA:
        assert lines[corpus.name].endswith(corpus.homepage)
        found = {"emodb": "40", "iemocap": "45"}.get(corpus.name, "-")
        assert lines[corpus.name].partition(f" {corpus.licence} ")[0].split()[-1] == found


def test_corpora_without_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUMPCAT_DATA", raising=False)
    assert RUNNER.invoke(app, ["corpora"]).exit_code == 0


@pytest.mark.parametrize("arguments", [["tr"], ["tr-TR"], ["--lang", "tr"]])
def test_a_language_may_stand_where_a_corpus_does(arguments: list[str]) -> None:
    done = RUNNER.invoke(app, ["labels", *arguments])
    assert done.exit_code == 0
    assert all(line.startswith("tr ") for line in done.stdout.split("\n\n")[0].splitlines())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["labels", "emodb", "--lang", "de"], "--lang de: does nothing with corpus 'emodb': leave it out."),
        (["labels", "--label-space", "four"], "--label-space four: does nothing without a corpus: leave it out."),
        (
            ["labels", "tr", "--label-space", "four"],
            "--label-space four: does nothing without a corpus: leave it out.",
        ),
        (["labels", "--lang", "xx"], "--lang xx: no words of it are known"),
        (["check", "own", ".", "--label-space", "four"], "--label-space four: expected own"),
    ],
)
def test_options_that_would_do_nothing(arguments: list[str], sentence: str) -> None:
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {sentence}")


@pytest.mark.parametrize("value", ["-1", str(2**64), "nan", "1.5", ""])
@pytest.mark.parametrize("command", [["quickstart"], ["adapt", "x", "--out", "y"], ["compare", "a", "b"]])
def test_seeds_are_checked_before_anything(command: list[str], value: str) -> None:
    done = RUNNER.invoke(app, [*command, "--seed", value])
    assert done.exit_code == 2
    assert "--seed" in done.stderr


def test_labels_says_what_is_kept_and_what_is_left_out() -> None:
    done = RUNNER.invoke(app, ["labels", "emodb"])
    assert done.exit_code == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["W", "anger", "anger", "127"] in lines
    assert ["L", "boredom", "left", "out", "81"] in lines
    assert lines[-2:] == [["all", "classes", "339"], ["left", "out", "196"]]


ONCE = ["--columns", "path=file", "label=mood", "speaker=who"]
EACH = ["--columns", "path=file", "--columns=label=mood", "--columns", "speaker=who"]


@pytest.mark.parametrize("columns", [ONCE, EACH])
def test_your_own_table_is_checked(columns: list[str], tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        write(tmp_path / f"{name}.wav", vowel("anger", speaker=seed, take=1))
    (tmp_path / "clips.csv").write_text("file,mood,who\na.wav,furious,x\nb.wav,froh,y\ngone.wav,froh,y\n")
    arguments = ["check", *columns, "own", str(tmp_path / "clips.csv"), "--labels", "froh=happiness", "--json"]
    done = RUNNER.invoke(app, arguments)
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["clips"], list(report["speakers"])) == (2, ["x", "y"])
    assert [finding["kind"] for finding in report["findings"] if finding["severity"] == "error"] == ["missing"]


@pytest.mark.parametrize("columns", [ONCE, EACH])
def test_adapt_reads_columns_in_both_spellings(columns: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[AdaptSettings] = []

    def note(settings: AdaptSettings) -> None:
        given.append(settings)
        raise HumpcatError("far enough")

    monkeypatch.setattr("humpcat.few_shot.adapting.adapt_with", note)
    labels = ["--labels", "froh=happiness", "wut=anger"]
    done = RUNNER.invoke(app, ["adapt", "clips.csv", *columns, *labels, "--out", "mine"])
    assert (done.exit_code, done.stderr) == (1, "error: far enough\n")
    assert (given[0].data, given[0].out, given[0].labels) == ("clips.csv", "mine", ["froh=happiness", "wut=anger"])
    assert given[0].columns == ["path=file", "label=mood", "speaker=who"]


def test_a_flag_without_a_pair_is_named(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["check", "own", str(tmp_path), "--columns", "path"])
    assert (done.exit_code, done.stderr) == (
        1,
        "error: --columns path: expected pairs such as --columns path=file.\n",
    )


def test_levels_and_folder_of_a_check(tmp_path: Path) -> None:
    for place, seed in (("a/one", 1), ("b/two", 2)):
        write(tmp_path / "clips" / place / "1.wav", vowel("anger", speaker=seed, take=1))
    arguments = ["check", "own", str(tmp_path / "clips"), "--label-level", "2", "--speaker-level", "1"]
    arguments += ["--labels", "one=anger", "--labels", "two=sadness", "--json"]
    report = json.loads(RUNNER.invoke(app, arguments).stdout)
    assert (list(report["labels"]), list(report["speakers"])) == (["one", "two"], ["a", "b"])
    file = tmp_path / "clips" / "a" / "one" / "1.wav"
    done = RUNNER.invoke(app, [*arguments, "--out", str(file)])
    assert done.exit_code == 1
    assert done.stderr == f"error: out {file}: is a file, expected a folder: name another one.\n"


def test_own_clips_of_unknown_speakers_are_healthy_with_a_note(tmp_path: Path) -> None:
    write(tmp_path / "clips" / "angry" / "1.wav", vowel("anger", speaker=1, take=1))
    done = RUNNER.invoke(app, ["check", "own", str(tmp_path / "clips"), "--json"])
    assert done.exit_code == 0
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["kind"], finding["severity"]) == ("reading", "note")
    assert finding["sentence"].startswith("clips: NO SPEAKER IS KNOWN")


@pytest.mark.parametrize("command", ["adapt", "predict"])
def test_a_model_that_comes_with_humpcat_asks_for_its_encoder_where_it_has_none(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.file_download.HF_HUB_CACHE", str(tmp_path / "hub"), raising=False)
    clip = write(tmp_path / "clips" / "angry" / "1.wav", vowel("anger", speaker=1, take=1))
    name = "cremad-whisper-base"
    arguments = ["adapt", str(tmp_path / "clips"), "--out", str(tmp_path / "out"), "--source", name]
    done = RUNNER.invoke(app, arguments if command == "adapt" else ["predict", str(clip), "--model", name])
    assert done.exit_code == 1
    assert done.stderr == (
        "error: encoder 'openai/whisper-base' was not found: there is no such folder, it is not whole in the hub's "
        f"cache {tmp_path / 'hub'}, and HF_HUB_OFFLINE forbids asking the hub: pass --encoder a folder in the hub's "
        "layout (config.json and model.safetensors), or go online once.\n"
    )


def test_version() -> None:
    done = RUNNER.invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"{__version__}\n")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_python_m_humpcat_is_the_command(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "humpcat", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        # CI systems that show colours would have them between the words.
        env={**os.environ, "_TYPER_FORCE_DISABLE_TERMINAL": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    expected = __version__ if arguments == ["--version"] else "Usage: humpcat [OPTIONS] COMMAND"
    assert expected in done.stdout
    assert "__main__" not in done.stdout


def test_help_names_every_command() -> None:
    done = RUNNER.invoke(app, ["--help"])
    assert done.exit_code == 0
    commands = ("quickstart", "adapt", "predict", "corpora", "labels", "check", "compare", "report", "env")
    assert all(name in done.stdout for name in commands)


def test_the_command_fails_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["humpcat", "predict", "a.wav", "--model", str(tmp_path)])
    with pytest.raises(SystemExit, match="1"):
        main()
    done = capsys.readouterr()
    assert done.out == ""
    assert done.err == (
        f"error: {tmp_path}: found nothing, expected config.json and model.safetensors: pickled weights are not "
        "loaded; name the folder of a saved model.\n"
    )


def test_predict_folders_patterns_and_a_list_into_a_table(world: World, files: list[str], tmp_path: Path) -> None:
    model = ["--model", str(world.target / "draw-0")]
    out = tmp_path / "out" / "answers.csv"
    done = RUNNER.invoke(
        app, ["predict", str(tmp_path), str(tmp_path / "*.wav"), "-", *model, "--out", str(out)], "\n"
    )
    assert (done.exit_code, done.stdout) == (0, "")
    lines = out.read_text().splitlines()
    assert lines[0] == "file,label,score,p_anger,p_happiness,p_neutral,p_sadness,flags"
    assert [line.split(",")[0] for line in lines[1:]] == [*files, *files]
    again = RUNNER.invoke(app, ["predict", str(out), "--json", *model])
    assert [json.loads(line)["file"] for line in again.stdout.splitlines()] == [*files, *files]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-"], "no file was named"),
        (["a.wav", "--out", "answers.xlsx"], "expected one of .csv, .tsv, .jsonl, .parquet"),
        (["a.wav", "--json", "--out", "answers.csv"], "--json: does nothing beside --out"),
    ],
)
def test_predict_refuses_what_it_cannot_do_before_it_begins(arguments: list[str], sentence: str) -> None:
    done = RUNNER.invoke(app, ["predict", *arguments])
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_predict_says_which_emotion_is_heard_when(world: World, files: list[str], tmp_path: Path) -> None:
    model = ["--model", str(world.source)]
    done = RUNNER.invoke(app, ["predict", "--segments", *files, *model])
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert {row[0] for row in rows} <= set(files)
    assert all(0 <= float(start) < float(end) for _, start, end, _ in rows)
    out = tmp_path / "one.rttm"
    done = RUNNER.invoke(app, ["predict", "--segments", files[0], "--out", str(out), *model])
    assert (done.exit_code, done.stdout) == (0, "")
    assert out.is_file()
    found = RUNNER.invoke(app, ["predict", "--segments", files[0], "--json", *model])
    assert json.loads(found.stdout)["file"] == files[0]


def test_predict_says_of_whom_where_turns_are_known(world: World, tmp_path: Path) -> None:
    call = write(tmp_path / "call.wav", np.concatenate([vowel("sadness", speaker=1, take=take) for take in range(5)]))
    turns = tmp_path / "turns.csv"
    turns.write_text("start,end,speaker\n0,1.2,Ann\n1.2,2.4,Bob\n")
    asked = ["predict", "--segments", str(call), "--model", str(world.source)]
    done = RUNNER.invoke(app, [*asked, "--turns", str(turns)])
    assert done.exit_code == 0, done.output
    assert {line.split("\t")[3] for line in done.stdout.splitlines()} == {"Ann", "Bob"}
    picture = tmp_path / "call.png"
    done = RUNNER.invoke(app, [*asked, "--channel", "each", "--out", str(picture)])
    assert done.exit_code == 0, done.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    turns.write_text("start,end,speaker\n2,1,Ann\n")
    done = RUNNER.invoke(app, [*asked, "--turns", str(turns)])
    assert done.exit_code == 1
    assert "turns.csv: line 2: starts at 2 s and ends at 1 s, expected an end after the start" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.wav", "--one-speaker"], "--one-speaker: does nothing with --segments"),
        (["a.wav", "--min-confidence", "0.5"], "--min-confidence: does nothing with --segments"),
        (["a.wav", "b.wav", "--turns", "x.rttm"], "tells of one file, 2 were named"),
        (["a.wav", "b.wav", "--out", "x.json"], "holds the segments of one file, 2 were named"),
        (["a.wav", "--out", "x.parquet"], "ends in '.parquet', expected one of .json, .csv, .rttm"),
    ],
)
def test_predict_refuses_what_segments_do_not_know(arguments: list[str], sentence: str) -> None:
    done = RUNNER.invoke(app, ["predict", "--segments", *arguments])
    assert done.exit_code == 1
    assert sentence in done.stderr


def test_predict_abstains(world: World, files: list[str]) -> None:
    done = RUNNER.invoke(app, ["predict", *files, "--model", str(world.source), "--min-confidence", "1"])
    assert done.exit_code == 0
    assert done.stdout.count("! abstain: the most probable class") == len(files)
