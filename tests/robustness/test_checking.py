"""A check says what has changed, can be computed again from its answers, and tells bad input before the work."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.distortions import DISTORTIONS, Distortion, generator_of
from humpcat.errors import AudioError, CheckpointError, CorpusError, HumpcatError, KeywordError, SettingsError
from humpcat.evaluation import Predictions
from humpcat.inference.pipeline import pipeline
from humpcat.models.card import write_card
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.robustness import RobustnessReport, check_model
from humpcat.robustness.answer_table import read_answers
from humpcat.robustness.answering import CLEAN
from humpcat.robustness.figures import figures_of
from humpcat.robustness.result import FILES

from ..training.making import World, vowel, write

RUNNER = CliRunner()
SOME = ["silence-2s-before", "cut-0.3s", "opus-16k", "44.1kHz"]


@pytest.fixture(name="report")
def _report(model: Path, labelled: Path, tmp_path: Path) -> RobustnessReport:
    return check_model(model, labelled, distortions=SOME, out=tmp_path / "out", speaker_level=1, device="cpu")


def test_every_figure_is_computed_again_from_the_answers(report: RobustnessReport, tmp_path: Path) -> None:
    found = figures_of(read_answers(tmp_path / "out" / "robustness.parquet"), [CLEAN, *SOME])
    saved = json.loads((tmp_path / "out" / "robustness.json").read_text())
    for row, figures, written in zip(report.rows, found, saved["rows"], strict=True):
        for name, value in vars(figures).items():
            assert getattr(row, name) == value == written[name]
    assert [row.name for row in report.rows] == [CLEAN, *SOME]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted((".humpcat.json", *FILES))


def test_the_answers_are_those_of_the_pipeline(
    report: RobustnessReport, model: Path, labelled: Path, tmp_path: Path
) -> None:
    classifier = pipeline(model, device="cpu")
    table = Predictions.read(tmp_path / "out" / "robustness.parquet")
    for name in (CLEAN, "opus-16k"):
        part = table.of_system(name)
        for clip_id, scores in zip(part.values("id"), part.probabilities, strict=True):
            source = labelled.parent / f"{clip_id}.wav"
            if name != CLEAN:
                distortion = DISTORTIONS[name]
                waveform = distortion(_loaded(source), generator_of(0, name, clip_id))
                source = {"array": waveform, "sampling_rate": distortion.sampling_rate}
            expected = {row["label"]: row["score"] for row in classifier(source)}
            assert scores == pytest.approx([expected[label] for label in table.classes], abs=1e-4)
    assert report.guarantee.startswith("cross-corpus")


def _loaded(path: Path) -> np.ndarray:
    from humpcat import audio

    return audio.load(path)


def test_the_figures_are_what_they_are_called(report: RobustnessReport) -> None:
    rows = report.answers.to_pylist()
    clean = {row["id"]: row for row in rows if row["system"] == CLEAN}
    labels = ("anger", "happiness", "neutral", "sadness")

    def best(row: dict) -> str:
        return max(labels, key=lambda label: row[f"p_{label}"])

    for name in SOME:
        own = [row for row in rows if row["system"] == name]
        figures = report.row(name)
        assert figures.changed == sum(best(row) != best(clean[row["id"]]) for row in own)
        moved = [abs(row[key] - clean[row["id"]][key]) for row in own for key in [f"p_{best(clean[row['id']])}"]]
        assert figures.shift == pytest.approx(np.mean(moved))
        assert figures.accuracy == pytest.approx(np.mean([best(row) == row["gold"] for row in own]))
        counts = [sum(best(row) == label for row in own) for label in labels]
        assert figures.most_frequent_count == max(counts)
    assert (report.rows[0].changed, report.rows[0].shift, report.rows[0].failed) == (0, 0.0, 0)


def test_the_same_seed_gives_the_same_and_another_another_sample(model: Path, labelled: Path) -> None:
    made = [
        check_model(model, labelled, distortions=["room-0.4s"], most=6, seed=seed, device="cpu", speaker_level=1)
        for seed in (1, 1, 2)
    ]
    first, again, other = (report.answers.to_pydict() for report in made)
    assert first == again
    assert first["id"] != other["id"]
    assert {row.answered for row in made[0].rows} == {6}


def test_clips_without_labels_say_only_what_changed(model: Path, plain: Path, tmp_path: Path) -> None:
    by_folder = check_model(model, plain, unlabelled=True, distortions=SOME, out=tmp_path / "out", device="cpu")
    by_names = check_model(model, sorted(plain.iterdir()), distortions=SOME, device="cpu")
    assert not by_folder.labelled
    assert by_folder.row("cut-0.3s").accuracy is None
    assert "accuracy" not in by_folder.markdown()
    assert [row.changed for row in by_folder.rows] == [row.changed for row in by_names.rows]
    assert (tmp_path / "out" / "robustness.svg").is_file()


def test_a_clip_that_fails_is_counted_and_the_others_go_on(model: Path, plain: Path) -> None:
    report = check_model(model, plain, unlabelled=True, distortions=["cut-0.3s", "twice"], device="cpu")
    cut = report.row("cut-0.3s")
    assert (cut.answered, cut.failed) == (4, 1)
    assert "short.wav" in cut.failures[0]
    assert report.row("twice").failed == 0
    assert "Failed, the last 0.3 s cut: short.wav" in report.markdown()


def test_whatever_somebody_elses_distortion_raises_is_counted(
    model: Path, plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(waveform: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        raise ZeroDivisionError("no such thing")

    def not_finite(waveform: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return np.full_like(waveform, np.nan)

    added = {name: Distortion(name, name, "mine", change) for name, change in (("a", broken), ("b", not_finite))}
    monkeypatch.setitem(DISTORTIONS.__dict__, "_by_name", {**{each.name: each for each in DISTORTIONS}, **added})
    report = check_model(model, plain, unlabelled=True, distortions=["a", "b", "twice"], device="cpu")
    assert [row.failed for row in report.rows] == [0, 5, 5, 0]
    assert report.row("a").failures[0] == "0.wav: ZeroDivisionError: no such thing"
    assert "NaN" in report.row("b").failures[0]
    assert report.row("a").most_frequent is None
    assert "failed" in report.markdown()


def test_a_clip_that_cannot_be_read_is_left_out(model: Path, plain: Path) -> None:
    (plain / "bad.wav").write_bytes(b"no audio")
    report = check_model(model, plain, unlabelled=True, distortions=["twice"], device="cpu")
    assert [row.answered for row in report.rows] == [5, 5]
    assert "bad.wav" in report.left_out[0]
    for path in list(plain.glob("?.wav")):
        path.write_bytes(b"no audio")
    with pytest.raises(AudioError, match=r"5 of 6 clips cannot be answered"):
        check_model(model, plain, unlabelled=True, distortions=["twice"], device="cpu")


def test_distortions_are_done_to_the_recording_and_not_to_what_is_heard_of_it(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[np.ndarray] = []

    def watched(waveform: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        given.append(waveform)
        return waveform

    added = {each.name: each for each in (*DISTORTIONS, Distortion("watched", "watched", "mine", watched))}
    monkeypatch.setitem(DISTORTIONS.__dict__, "_by_name", added)
    recording = np.concatenate([np.zeros(8000, np.float32), 0.1 * vowel("sadness", speaker=1, take=1)])
    path = write(tmp_path / "late.wav", recording)
    names = ["watched", "gain-20dB", "silence-2s-before"]
    report = check_model(model, [path], distortions=names, device="cpu")
    assert given[0] == pytest.approx(recording, abs=1e-4)
    assert [row.failed for row in report.rows] == [0] * 4
    assert all(report.row(name).shift < 1e-3 for name in ("watched", "silence-2s-before"))
    # Files hold their samples in 16 bits, the quieter recording does not.
    assert report.row("gain-20dB").shift < 1e-2


def test_flags_are_counted(model: Path, tmp_path: Path) -> None:
    loud = vowel("anger", speaker=1, take=1)
    path = write(tmp_path / "loud.wav", (0.9 * loud / np.abs(loud).max()).astype(np.float32))
    report = check_model(model, [path], distortions=["gain+10dB", "gain-10dB"], device="cpu")
    assert [row.flagged for row in report.rows] == [0, 1, 0]
    assert report.answers["flags"].to_pylist()[1] == "overshoot"


def test_clips_that_the_model_has_heard_are_stamped(world: World, model: Path) -> None:
    report = check_model(model, "emodb", distortions=["twice"], most=8, data_dir=str(world.data), device="cpu")
    assert report.guarantee.startswith("SPEAKER-DEPENDENT")
    assert "SPEAKER-DEPENDENT" in report.markdown()
    assert re.search(
        r"; \d of 8 test clips (was|were) heard without (its|their) labels? by the model", report.guarantee
    )


def test_a_picture_model_is_checked_too(plain: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    classes = {"anger": 0, "happiness": 1, "neutral": 2, "sadness": 3}
    config = VacnnConfig(widths=[8, 8, 16], groups=4, hidden_size=8, label2id=classes)
    VacnnForAudioClassification(config).save_pretrained(tmp_path / "pictures")
    VacnnFeatureExtractor().save_pretrained(tmp_path / "pictures")
    report = check_model(tmp_path / "pictures", plain, unlabelled=True, distortions=["twice"], device="cpu")
    assert report.row("twice").answered == 5


def test_the_card_of_the_models_own_folder_is_renewed(model: Path, labelled: Path) -> None:
    write_card(model, HumpCatConfig(label2id={"anger": 0, "sadness": 1}), ["emodb"])
    for names in (["twice"], ["telephone"]):
        check_model(model, labelled, distortions=names, out=model, speaker_level=1, device="cpu")
        card = (model / "README.md").read_text()
        assert card.count("## What a recording may do to its answers") == 1
        assert DISTORTIONS[names[0]].title in card
        assert card.index("may do to its answers") < card.index("## Limits") < card.index("## Licence")
    assert "said twice" not in card
    before = card
    write_card(model, HumpCatConfig(label2id={"anger": 0, "sadness": 1}), ["emodb"])
    assert (model / "README.md").read_text() == before


def test_a_damaged_report_beside_a_model_is_told(model: Path) -> None:
    for content in ("{}", '{"clips": 3, "guarantee": ""}', "not JSON"):
        (model / "robustness.json").write_text(content)
        with pytest.raises(HumpcatError, match=r"robustness\.json: is n"):
            write_card(model, HumpCatConfig(), [])


def test_the_command_prints_the_table_or_json(model: Path, labelled: Path, tmp_path: Path) -> None:
    line = ["check-model", str(model), str(labelled), "--speaker-level", "1", "--device", "cpu", "--clips", "5"]
    line += ["--distortions", "twice", "--distortions", "cut-0.3s"]
    done = RUNNER.invoke(app, [*line, "--out", str(tmp_path / "out")])
    assert (done.exit_code, done.stderr) == (0, "")
    assert "| said twice " in done.stdout
    assert "of 5 " in done.stdout
    assert str(tmp_path / "out") in done.stdout
    done = RUNNER.invoke(app, [*line, "--json"])
    assert json.loads(done.stdout)["clips"]["count"] == 5


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"distortions": ["telefone"]}, SettingsError, "Did you mean 'telephone'"),
        ({"distortions": []}, SettingsError, "none named"),
        ({"most": 0}, SettingsError, "clips 0: expected a whole number from 1"),
        ({"most": 2.5}, SettingsError, "clips 2.5: expected a whole number from 1"),
        ({"seed": -1}, SettingsError, "seed -1: expected a whole number from 0"),
        ({"model": "no/such/model"}, CheckpointError, "no/such/model"),
        ({"clips": "no/such/folder"}, CorpusError, "no/such/folder"),
        ({"clips": "no/such/folder", "unlabelled": True}, CorpusError, "no such folder of audio"),
        (
            {"unlabelled": True, "labels": ["a=anger"]},
            SettingsError,
            "--labels a=anger: does nothing with --unlabelled",
        ),
        ({"clips": []}, CorpusError, "0 clips found"),
        ({"device": "gpu"}, SettingsError, "device gpu: cannot be used here"),
        ({"lables": ["a=anger"]}, KeywordError, "did you mean 'labels'"),
        ({"encoder": "no/such/encoder"}, HumpcatError, "no/such/encoder"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_bad_input_is_told_before_the_work(
    changes: dict, error: type[HumpcatError], sentence: str, model: Path, labelled: Path, tmp_path: Path
) -> None:
    given = {"model": model, "clips": labelled, "out": tmp_path / "out", "device": "cpu"} | changes
    with pytest.raises(error, match=sentence.replace("?", r"\?")):
        check_model(given.pop("model"), given.pop("clips"), **given)
    assert not (tmp_path / "out").exists()


def test_what_others_put_into_the_folder_is_not_replaced(model: Path, plain: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "robustness.md").write_text("mine")
    with pytest.raises(SettingsError, match=r"holds robustness\.md, which humpcat did not write"):
        check_model(model, plain, unlabelled=True, out=tmp_path / "out")
    assert (tmp_path / "out" / "robustness.md").read_text() == "mine"


def test_clips_of_other_classes_are_told(model: Path, tmp_path: Path) -> None:
    for label in ("disgust", "fear"):
        write(tmp_path / "others" / label / "1.wav", vowel("anger", speaker=1, take=1))
    with pytest.raises(CorpusError, match=r"none of its 2 clips has a class of the model's .*found disgust 1, fear 1"):
        check_model(model, tmp_path / "others", device="cpu")


def test_a_model_of_labels_as_they_are_reads_the_clips_by_them(world: World, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(world.target / "draw-0", model)
    config = json.loads((model / "config.json").read_text())
    names = ["calm-ish", "odd", "other", "tense"]
    config["label2id"] = {name: place for place, name in enumerate(names)}
    config["id2label"] = {str(place): name for place, name in enumerate(names)}
    (model / "config.json").write_text(json.dumps(config))
    for label in ("odd", "tense"):
        write(tmp_path / "own" / label / "1.wav", vowel("anger", speaker=1, take=1))
    report = check_model(model, tmp_path / "own", distortions=["twice"], label_level=1, device="cpu")
    assert sorted(set(report.answers["gold"].to_pylist())) == ["odd", "tense"]
