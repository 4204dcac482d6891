"""From labelled clips of one's own to a model, its card and its report, on synthetic vowels."""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from markupsafe import Markup
from typer.testing import CliRunner

import humpcat
from humpcat.cli import app
from humpcat.errors import CheckpointError, CorpusError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.report.plots import Plot, TargetPlots
from humpcat.features.hidden_states import HiddenStates
from humpcat.few_shot import AdaptSettings, adapt, adapt_with
from humpcat.few_shot.adapting import Adapted, worse
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Guarantee, Ledger

from ..training.making import World, vowel, write

CLASSES = ("anger", "happiness", "neutral", "sadness")
NO_PLOT = Plot(Markup(), "", "")
NO_PLOTS = TargetPlots(NO_PLOT, (), (), defaultdict(lambda: NO_PLOT))


def own_clips(
    folder: Path, speakers: Sequence[int] = (21, 22, 23, 24), takes: int = 1, classes: Sequence[str] = CLASSES
) -> Path:
    """Write a folder of clips: a folder a speaker, in it one a label."""
    for speaker in speakers:
        for emotion in classes:
            for take in range(takes):
                write(folder / f"s{speaker}" / emotion / f"{take}.wav", vowel(emotion, speaker=speaker, take=take))
    return folder


def run(world: World, data: Path, out: Path, **settings: object) -> Adapted:
    plain = {"source": str(world.source), "store": str(world.store), "speaker_level": 1}
    return adapt_with(AdaptSettings(data=str(data), out=str(out), **(plain | settings)))


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw one sample of each size, and no plots of the report, which take longest of all; the command draws all."""
    monkeypatch.setattr("humpcat.few_shot.adapting.DRAWS", 1)
    monkeypatch.setattr("humpcat.evaluation.report.page.target_plots", lambda *_: NO_PLOTS)


@pytest.fixture(name="finished", scope="module")
def _finished(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Return what the command wrote for 40 clips of five speakers, the clips, and what it printed."""
    folder = tmp_path_factory.mktemp("forty")
    data = own_clips(folder / "clips", speakers=range(21, 26), takes=2)
    arguments = ["adapt", str(data), "--out", str(folder / "model"), "--source", str(world.source)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("humpcat.few_shot.adapting.DRAWS", 2)
        done = CliRunner().invoke(
            app, [*arguments, "--store", str(world.store), "--speaker-level", "1", "--lang", "pl"]
        )
    assert done.exit_code == 0, done.output
    return folder / "model", data, done.stdout


def test_forty_clips_give_a_model_a_card_a_curve_and_a_report(finished: tuple[Path, Path, str]) -> None:
    out, _, printed = finished
    names = {file.name for file in out.iterdir()}
    assert names == {
        *(
            "config.json",
            "model.safetensors",
            "preprocessor_config.json",
            "settings.json",
            "ledger.json",
            "split.json",
        ),
        *(
            ".humpcat.json",
            "README.md",
            "predictions.parquet",
            "results.json",
            "results.md",
            "report.html",
            "report.md",
        ),
        *("learning-curve.json", "learning-curve.svg", "learning-curve.png"),
    }
    assert "clips: 40 of 40 clips have a class of 'four'." in printed
    assert (
        "Guarantee: speaker-disjoint test; standardised by the labelled clips that are learnt from "
        "(5 speakers, 40 clips, 5 folds)."
    ) in printed
    for line in ("| chance ", "| zero-shot ", "| adapted "):
        assert line in printed
    curve = json.loads((out / "learning-curve.json").read_text())
    assert [point["clips"] for point in curve["points"]] == [4, 8, 16, 32]
    assert curve["sentence"] in (out / "README.md").read_text()
    assert curve["sentence"] in printed


def test_no_speaker_tests_what_it_was_learnt_from(finished: tuple[Path, Path, str]) -> None:
    tested = Predictions.read(finished[0] / "predictions.parquet").of_system("adapted")
    folds_of: dict[str, set[int]] = {}
    for speaker, fold in zip(tested.values("speaker"), tested.values("fold"), strict=True):
        folds_of.setdefault(speaker, set()).add(fold)
    assert len(folds_of) == 5
    assert all(len(folds) == 1 for folds in folds_of.values())
    # Each fold has a model of its own, and the source is always the same.
    assert len(set(tested.values("model_hash"))) == 5
    before = Predictions.read(finished[0] / "predictions.parquet").of_system("zero-shot")
    assert len(set(before.values("model_hash"))) == 1
    assert (before.values("id") == tested.values("id")).all()


def test_it_learns(finished: tuple[Path, Path, str]) -> None:
    tested = Predictions.read(finished[0] / "predictions.parquet").of_system("adapted")
    # Of four classes; the encoder has random weights, and little is to be learnt by 40 clips of toy voices.
    assert (tested.predicted == tested.gold).mean() > 0.4


def test_the_pipeline_answers_as_the_procedure_does(world: World, finished: tuple[Path, Path, str]) -> None:
    from humpcat.corpora import label_space, own_corpus
    from humpcat.training.data.prepared_corpus import extractors_for, prepare_corpus
    from humpcat.training.settings import DataSettings, OptimizationSettings
    from humpcat.training.trainer.accelerator import make_accelerator
    from humpcat.training.trainer.loop import predict

    out, data, _ = finished
    model = HumpCatForAudioClassification.from_pretrained(out)
    accelerator = make_accelerator(OptimizationSettings(), str(out))
    space = label_space("four")
    extractors = extractors_for(model.config, model.load_encoder())
    prepared = prepare_corpus(own_corpus(data), space, DataSettings(store=str(world.store)), extractors, accelerator)
    ids = sorted(prepared.rows)[::7]
    clips = prepared.clips(ids, space.classes, "source", model.standardizer.held())
    stored = predict(model, clips, accelerator)
    classify = humpcat.pipeline(out, device="cpu")
    for clip_id in ids:
        answer = {row["label"]: row["score"] for row in classify(prepared.rows[clip_id]["path"])}
        # Stored features may be those of bfloat16.
        assert [answer[name] for name in space.classes] == pytest.approx(stored[clip_id], abs=0.02)


def test_the_snippet_of_the_card_runs(finished: tuple[Path, Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    out, data, _ = finished
    card = (out / "README.md").read_text()
    snippet = re.search(r"```python\n(.*?)```", card, re.S)
    assert snippet is not None
    monkeypatch.chdir(data / "s21" / "anger")
    Path("clip.wav").unlink(missing_ok=True)
    shutil.copy("0.wav", data.parent / "clip.wav")
    monkeypatch.chdir(data.parent)
    found: dict[str, object] = {}
    exec(compile(snippet[1] + "\nanswer = classify('clip.wav')", "card", "exec"), found)
    assert {row["label"] for row in found["answer"]} == set(CLASSES)  # type: ignore[attr-defined]
    for line in ("language:\n- pl", "| anger | 10 |", "adapted to clips.", "library_name: humpcat"):
        assert line in card


def test_an_adapted_model_is_no_source(world: World, finished: tuple[Path, Path, str], tmp_path: Path) -> None:
    out, data, _ = finished
    with pytest.raises(
        CheckpointError, match=r"is itself fine-tuned from .*, expected a model that recipes/train_source.py wrote"
    ):
        run(world, data, tmp_path / "again", source=str(out))


def test_the_same_command_gives_the_same_bytes_without_extracting_again(
    world: World, finished: tuple[Path, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.few_shot.adapting.DRAWS", 2)
    monkeypatch.setattr(HiddenStates, "extract", lambda *_: pytest.fail("features are there already"))
    out, data, _ = finished
    run(world, data, tmp_path / "model", lang="pl")
    for name in (
        "model.safetensors",
        "predictions.parquet",
        "learning-curve.json",
        "learning-curve.png",
        "ledger.json",
    ):
        assert (tmp_path / "model" / name).read_bytes() == (out / name).read_bytes(), name


def test_interrupted(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = own_clips(tmp_path / "clips", speakers=(31, 32))

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("humpcat.few_shot.adapting.left_out_answers", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(world, data, tmp_path / "model")
    monkeypatch.setattr(HiddenStates, "extract", lambda *_: pytest.fail("features are there already"))
    assert run(world, data, tmp_path / "model").summary.clips == 8


def test_a_class_without_clips_is_kept_from_the_source(world: World, tmp_path: Path) -> None:
    made = run(world, own_clips(tmp_path / "clips", classes=CLASSES[:3]), tmp_path / "model")
    assert made.warnings == (
        "no clip is of the class sadness: what the source knows of it is kept.",
        "class anger has 4 clips, and fewer than 5 tell little: add some.",
        "class happiness has 4 clips, and fewer than 5 tell little: add some.",
        "class neutral has 4 clips, and fewer than 5 tell little: add some.",
    )
    model = HumpCatForAudioClassification.from_pretrained(tmp_path / "model")
    assert model.config.num_labels == 4
    sad = humpcat.pipeline(tmp_path / "model", device="cpu")(
        str(write(tmp_path / "sad.wav", vowel("sadness", speaker=24, take=1)))
    )
    assert {row["label"] for row in sad} == set(CLASSES)
    assert made.warnings[0] in (tmp_path / "model" / "README.md").read_text()


def test_unknown_speakers_stamp_every_figure(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    made = run(world, data, tmp_path / "model", speaker_level=None)
    assert made.summary.guarantee.startswith("SPEAKER-DEPENDENT: who speaks is not known")
    assert "who speaks is not known of 8 of 8 clips, so that the same voices test" in made.warnings[-1]
    for name in ("README.md", "results.md", "report.md"):
        assert "SPEAKER-DEPENDENT" in (tmp_path / "model" / name).read_text()


def test_folders_of_labels_are_never_called_speakers(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    for path in sorted(data.rglob("*.wav")):
        write(tmp_path / "flat" / path.parts[-2] / f"{path.parts[-3]}.wav", vowel(path.parts[-2], speaker=21, take=0))
        shutil.copy(path, tmp_path / "flat" / path.parts[-2] / f"{path.parts[-3]}.wav")
    made = run(world, tmp_path / "flat", tmp_path / "model", speaker_level=1)
    assert made.summary.guarantee.startswith("SPEAKER-DEPENDENT: who speaks is not known")
    for name in ("README.md", "results.md", "report.md"):
        assert "speaker-disjoint" not in (tmp_path / "model" / name).read_text()


def test_classes_of_ones_own(world: World, tmp_path: Path) -> None:
    names = {"anger": "stressed", "sadness": "relaxed", "neutral": "a+b"}
    data = own_clips(tmp_path / "clips", speakers=(21, 22, 23), takes=2, classes=tuple(names))
    for speaker in sorted(data.iterdir()):
        for emotion, label in names.items():
            (speaker / emotion).rename(speaker / label)
    made = run(world, data, tmp_path / "model", label_space="own", labels=["a+b=None"])
    assert made.summary.clips == 12
    model = HumpCatForAudioClassification.from_pretrained(tmp_path / "model")
    assert list(model.config.label2id) == ["relaxed", "stressed"]
    saved = json.loads((tmp_path / "model/settings.json").read_text())
    assert saved["label_space"] == "own:relaxed+stressed"
    answers = humpcat.pipeline(tmp_path / "model", device="cpu")(str(data / "s21/stressed/0.wav"))
    assert {row["label"] for row in answers} == {"relaxed", "stressed"}


def test_a_class_in_an_unknown_word_stops_the_run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.few_shot.clips.prepare_corpus", lambda *_: pytest.fail("nothing is to be read"))
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    for speaker in sorted(data.iterdir()):
        (speaker / "sadness").rename(speaker / "sadmess")
    with pytest.raises(CorpusError) as caught:
        run(world, data, tmp_path / "model")
    assert str(caught.value).startswith(
        "clips: 2 of 8 clips have labels that are not understood (sadmess 2), and would be left out: did you mean "
        "sadness? Say so by --labels sadmess=sadness (any of "
    )


def test_parts_of_files_are_adapted_to(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22), takes=2)
    lines = []
    for speaker in sorted(data.iterdir()):
        clips = [(path.parts[-2], soundfile.read(path, dtype="float32")[0]) for path in sorted(speaker.rglob("*.wav"))]
        start = 0
        for emotion, clip in clips:
            lines.append(
                f"{speaker.name}.wav,{start / 16_000},{(start + len(clip)) / 16_000},{emotion},{speaker.name}\n"
            )
            start += len(clip)
        write(tmp_path / f"{speaker.name}.wav", np.concatenate([clip for _, clip in clips]))
    (tmp_path / "t.csv").write_text("path,start,end,label,speaker\n" + "".join(lines))
    parts = run(world, tmp_path / "t.csv", tmp_path / "parts", speaker_level=None)
    whole = run(world, data, tmp_path / "whole")
    assert parts.summary.guarantee == whole.summary.guarantee
    assert parts.summary.clips == whole.summary.clips == 16
    tables = [
        Predictions.read(tmp_path / name / "predictions.parquet").of_system("zero-shot") for name in ("parts", "whole")
    ]
    found = [sorted(zip(table.gold.tolist(), table.probabilities.round(4).tolist(), strict=True)) for table in tables]
    assert found[0] == found[1]


def test_one_speaker_is_said(world: World, tmp_path: Path) -> None:
    made = run(world, own_clips(tmp_path / "clips", speakers=(21,), takes=2), tmp_path / "model")
    assert made.summary.guarantee.startswith("SPEAKER-DEPENDENT")
    assert made.warnings[-1] == (
        "all clips are of one speaker, so that what is expected is expected of this voice only: clips of several "
        "speakers, named, would tell what to expect of others."
    )


@pytest.mark.parametrize(
    ("classes", "speakers", "sentence"),
    [
        (CLASSES[:1], (21, 22), "all 2 clips are of the class anger, expected clips of two classes or more"),
        (CLASSES, (21,), "there is one clip of each class, expected at least two of one: add clips"),
    ],
)
def test_too_little_is_refused_before_anything_is_extracted(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    classes: Sequence[str],
    speakers: Sequence[int],
    sentence: str,
) -> None:
    monkeypatch.setattr("humpcat.few_shot.clips.prepare_corpus", lambda *_: pytest.fail("nothing is to be read"))
    with pytest.raises(CorpusError, match=sentence):
        run(world, own_clips(tmp_path / "clips", speakers=speakers, classes=classes), tmp_path / "model")


def test_bad_clips_are_left_out_and_named(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    (data / "s21/anger/empty.wav").write_bytes(b"")
    write(data / "s22/sadness/broken.wav", np.full(8000, np.nan, np.float32))
    made = run(world, data, tmp_path / "model")
    assert made.summary.clips == 8
    said = capsys.readouterr().out
    assert f"left out: {data / 's21/anger/empty.wav'}: the file is empty" in said
    assert f"left out: {data / 's22/sadness/broken.wav'}" in said


def test_two_speakers_are_said_to_tell_too_little(world: World, tmp_path: Path) -> None:
    made = run(world, own_clips(tmp_path / "clips", speakers=(21, 22), takes=3), tmp_path / "model")
    assert made.warnings == (
        "the clips are of 2 speakers, and each fold learns from the other one: what is expected is rough: "
        "clips of more speakers would tell it better.",
    )
    assert made.summary.folds == 2


def test_unlabelled_clips_are_learnt_from_and_said(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    more = own_clips(tmp_path / "more", speakers=(23, 24))
    shutil.copy(data / "s21/anger/0.wav", more / "known.wav")
    made = run(world, data, tmp_path / "model", unlabelled=str(more))
    assert "unlabelled: 8 clips, 1 of them left out as labelled." in capsys.readouterr().out
    assert made.summary.guarantee == (
        "speaker-disjoint test; standardised by the labelled clips that are learnt from and, without labels, by 8 "
        "others, from which it learns too"
    )
    ledger = Ledger.load(tmp_path / "model" / "ledger.json")
    told = "The encoder was trained on: unknown."
    assert told in made.summary.notes
    assert f"\n\n{told}\n\n" in (tmp_path / "model" / "README.md").read_text()
    card = (tmp_path / "model" / "README.md").read_text()
    assert "\nIt heard 8 more without labels. `ledger.json` names every clip" in card
    assert "clips/s21/anger/0" in ledger.ids
    assert not any(clip_id.startswith("unlabelled/") for clip_id in ledger.ids)
    assert len(ledger.heard.ids) == len(ledger.heard.fingerprints) == 8
    assert "unlabelled/s23/anger/0.wav" in ledger.heard.ids
    assert "unlabelled/known.wav" not in ledger.heard.ids
    plain = run(world, data, tmp_path / "plain")
    models = [HumpCatForAudioClassification.from_pretrained(one.folder) for one in (made, plain)]
    assert models[0].weights_hash() != models[1].weights_hash()


def test_self_training_that_is_not_believed_stands_in_the_card(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.training.linear_branch.MOST_GAIN", -1.0)
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    more = own_clips(tmp_path / "more", speakers=(23, 24))
    with pytest.warns(UserWarning, match="8 clips without labels are not learnt from"):
        made = run(world, data, tmp_path / "model", unlabelled=str(more), scope="summary")
    card = (tmp_path / "model" / "README.md").read_text()
    of_folds, of_model = (note for note in made.summary.notes if "soft labels of" in note)
    assert of_folds.startswith("Self-training was not believed (adapted: 2 of 2 folds): soft labels of the clips ")
    assert of_model.startswith("8 clips without labels are not learnt from: soft labels of them came to follow ")
    assert of_model in made.warnings
    for note in (of_folds, of_model):
        assert f"\n{note}\n" in card
        assert f"\n{note}\n" in (tmp_path / "model" / "results.md").read_text()
    assert "believed**" not in card, "what is guaranteed of the split stays one sentence"
    guarantees = [row.guarantee for row in made.summary.systems]
    assert ["not believed" in guarantee for guarantee in guarantees] == [False, False, True]


def test_unlabelled_clips_that_are_not_there(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    with pytest.raises(CorpusError, match="nowhere: there is no such folder: check the path"):
        run(world, data, tmp_path / "model", unlabelled=str(tmp_path / "nowhere"))
    with pytest.raises(CorpusError, match="all 8 clips have labels too, expected others: leave out --unlabelled"):
        run(world, data, tmp_path / "model", unlabelled=str(data))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"data": "clps"}, "'clps' is neither a corpus nor a file or folder here: check the path, or choose one of "),
        ({"data": "./clps"}, "clps: no such file or folder: check the path."),
        (
            {"source": "runs/sorce"},
            "runs/sorce: there is no such folder: expected a model that recipes/train_source.py wrote; check "
            "--source.",
        ),
        (
            {"encoder": "/no/encoder"},
            "encoder '/no/encoder' was not found: there is no such folder: pass --encoder a folder in the hub's "
            "layout (config.json and model.safetensors), or a name of the hub.",
        ),
    ],
)
def test_a_mistyped_path_is_told_in_one_sentence(
    settings: dict, sentence: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = str(own_clips(tmp_path / "clips", speakers=(21, 22)))
    given = {"data": data, "source": str(world.source), "out": "out"} | settings
    arguments = [given.pop("data"), *(part for name, value in given.items() for part in (f"--{name}", value))]
    done = CliRunner().invoke(app, ["adapt", *arguments])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"error: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_clips_of_the_source_are_stamped(world: World, tmp_path: Path) -> None:
    # The same audio that the source was trained on.
    for number, label in enumerate(("ang", "ang", "hap", "exc", "neu", "neu", "sad", "sad")):
        for session in range(1, 6):
            clip = world.data / f"IEMOCAP/Session{session}/sentences/wav/Ses0{session}F_impro01"
            name = {"ang": "anger", "hap": "happiness", "exc": "happiness", "neu": "neutral", "sad": "sadness"}[label]
            place = tmp_path / "clips" / f"s{session}" / name / f"{number}.wav"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(clip / f"Ses0{session}F_impro01_F{number:03d}.wav", place)
    made = run(world, tmp_path / "clips", tmp_path / "model")
    seen = Guarantee.parse(made.summary.guarantee)
    assert seen.speaker_dependent
    # Who speaks is told by the recordings, under whatever names they lie there.
    assert seen.clauses[0].startswith(
        "4 of 5 test speakers were seen under another corpus name (clips/s1 is iemocap/Ses"
    )
    assert seen.clauses[1].startswith("32 of 40 test clips were seen as identical audio under another id")


def test_a_folder_that_cannot_be_made_is_told_at_once(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    file = data / "s21" / "anger" / "0.wav"
    with pytest.raises(SettingsError, match=r"out .*0\.wav: is a file, expected a folder: name another one"):
        run(world, data, file)


def test_another_label_space_is_a_new_head(world: World, tmp_path: Path) -> None:
    # To the classes of the source comes fear, which sounds like nothing that the source knows.
    data = own_clips(tmp_path / "clips", takes=3, classes=CLASSES[:3])
    for speaker in (21, 22, 23, 24):
        for take in range(3):
            clip = vowel("happiness", speaker=speaker, take=take)
            write(data / f"s{speaker}/fear/{take}.wav", np.concatenate([clip, clip[::-1], clip]))
    made = run(world, data, tmp_path / "model", label_space="seven")
    assert made.warnings[0] == (
        "the head is new; kept from the source: anger, happiness, neutral, sadness; learnt from the target's labelled "
        "clips alone: disgust, fear, surprise."
    )
    assert made.warnings[1] == "no clip is of the class sadness: what the source knows of it is kept."
    assert made.warnings[2].startswith(
        "no clip is of the classes disgust, surprise, of which the source knows nothing"
    )
    assert json.loads((made.folder / "settings.json").read_text())["label_space"] == "seven"
    tested = Predictions.read(made.folder / "predictions.parquet").of_system("adapted")
    fear = tested.gold == "fear"
    assert (tested.predicted == tested.gold)[fear].mean() > 0.6
    # Chance is one in seven; how far above it these few toy clips come differs between processors.
    assert (tested.predicted == tested.gold)[~fear].mean() > 0.4
    answer = humpcat.pipeline(made.folder, device="cpu")(str(next(data.rglob("fear/0.wav"))))
    assert len(answer) == 7
    assert sum(row["score"] for row in answer) == pytest.approx(1)


def test_a_label_space_that_shares_no_class_with_the_source(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", takes=2)
    made = run(world, data, tmp_path / "model", label_space="quadrants")
    assert made.warnings[0].startswith("the head is new and shares no class with the source, which knows anger, ")
    tested = Predictions.read(made.folder / "predictions.parquet").of_system("adapted")
    # Chance is a quarter at most; the vowels of the small world are all of one level.
    assert (tested.predicted == tested.gold).mean() > 0.4


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"adapt: keyword 'labelspace' is unknown: did you mean 'label_space'"):
        adapt("clips", out=tmp_path, labelspace="four")


def test_a_recording_under_two_names_is_left_out(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22), takes=2)
    shutil.copy(data / "s21/anger/0.wav", data / "s21/anger/copy.wav")
    shutil.copy(data / "s21/sadness/0.wav", data / "s22/sadness/copy.wav")
    shutil.copy(data / "s22/neutral/0.wav", data / "s22/happiness/copy.wav")
    made = run(world, data, tmp_path / "model")
    # Of the first two one stays, of the other two pairs nothing.
    assert made.summary.clips == 16 - 2
    assert made.warnings[:2] == (
        "identical audio lies there twice, and one of each is kept; left out: clips/s21/anger/copy.",
        "identical audio lies there under different classes or speakers, and none of it is kept; left out: "
        "clips/s21/sadness/0, clips/s22/sadness/copy, clips/s22/happiness/copy, clips/s22/neutral/0: keep the right "
        "ones.",
    )
    tested = Predictions.read(tmp_path / "model" / "predictions.parquet").of_system("adapted")
    assert len(set(tested.values("data_hash"))) == 14


def test_silence_is_not_learnt(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22), takes=2)
    sound = run(world, data, tmp_path / "sound")
    noise = np.random.default_rng(0).normal(scale=0.1, size=9_000)
    for speaker, clip in ((21, np.zeros(8_000)), (22, noise)):
        write(data / f"s{speaker}/neutral/silent.wav", clip.astype(np.float32))
    more = tmp_path / "more"
    write(more / "nothing.wav", np.zeros(7_000, dtype=np.float32))
    write(more / "voice.wav", vowel("anger", speaker=23, take=5))
    made = run(world, data, tmp_path / "model")
    assert made.warnings[0] == (
        "2 clips hold no speech, from which nothing is learnt; left out: clips/s21/neutral/silent, "
        "clips/s22/neutral/silent."
    )
    assert made.summary.clips == 16
    assert (made.folder / "model.safetensors").read_bytes() == (sound.folder / "model.safetensors").read_bytes()
    capsys.readouterr()
    run(world, data, tmp_path / "unlabelled", unlabelled=str(more))
    assert "unlabelled: a clip holds no speech, from which nothing is learnt" in capsys.readouterr().out


def test_labels_taken_for_speakers_are_noticed(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22), takes=2)
    made = run(world, data, tmp_path / "model", speaker_level=2)
    assert made.summary.guarantee.startswith("SPEAKER-DEPENDENT: who speaks is not known")
    assert f"warning: {data}: the 4 speakers (anger, happiness, neutral and 1 more) are the labels" in (
        capsys.readouterr().out
    )


def test_what_adapting_makes_worse_is_said() -> None:
    before, after = (
        Predictions.build(
            [
                {"id": f"a/{i}", "corpus": "a", "language": "de", "speaker": "s", "gender": None, "duration": 1.0}
                for i in range(2)
            ],
            {"a/0": "anger", "a/1": "anger"},
            {"a/0": [0.9, 0.1], "a/1": [share, 1 - share]},
            ("anger", "sadness"),
            system="x",
            draw=0,
            model_hash="0",
            guarantee="speaker-disjoint test",
            fingerprints={"a/0": "0", "a/1": "1"},
            fold=1,
        )
        for share in (0.9, 0.1)
    )
    assert worse(after, before) == []
    assert worse(before, after) == [
        "these clips show no gain: accuracy 50.0 %, and 100.0 % with the source as it is: check labels and speakers, "
        "add clips, or use the source."
    ]


def test_nothing_of_the_users_is_written_over(world: World, tmp_path: Path) -> None:
    data = own_clips(tmp_path / "clips", speakers=(21, 22))
    with pytest.raises(SettingsError, match="is the folder of the clips, expected one of its own: name another one"):
        run(world, data, data)
    with pytest.raises(SettingsError, match="is the folder of the source model, expected one of its own"):
        run(world, data, world.source)
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(SettingsError, match=r"holds .*README\.md.*, which humpcat did not write"):
        run(world, data, tmp_path)


def test_missing_unlabelled_clips_are_told_before_anything_is_extracted(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.few_shot.clips.prepare_corpus", lambda *_: pytest.fail("nothing is to be read"))
    with pytest.raises(CorpusError, match="nowhere: there is no such folder"):
        run(world, own_clips(tmp_path / "clips"), tmp_path / "model", unlabelled=str(tmp_path / "nowhere"))


def test_an_adapted_model_with_its_encoder_moves(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = own_clips(tmp_path / "clips")
    encoder = shutil.copytree(world.encoder, tmp_path / "encoder")
    arguments = ["adapt", data, "--out", tmp_path / "model", "--source", world.source, "--store", world.store]
    further = ["--speaker-level", 1, "--encoder", encoder, "--with-encoder"]
    done = CliRunner().invoke(app, list(map(str, [*arguments, *further])))
    assert done.exit_code == 0, done.output
    before = humpcat.pipeline(tmp_path / "model", device="cpu")(str(next(data.rglob("0.wav"))))
    shutil.rmtree(encoder)
    monkeypatch.delenv("HUMPCAT_ENCODERS")
    (tmp_path / "model").rename(tmp_path / "moved")
    assert humpcat.pipeline(tmp_path / "moved", device="cpu")(str(next(data.rglob("0.wav")))) == before
