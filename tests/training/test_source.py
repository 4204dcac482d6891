import json
import os
import shutil
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors import safe_open

from humpcat.errors import (
    AudioError,
    CheckpointError,
    CorpusError,
    EncoderError,
    LeakageError,
    ProtocolError,
    SettingsError,
)
from humpcat.evaluation.predictions import Predictions
from humpcat.features.trained_on import TrainedOn
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification, HumpCatOutput
from humpcat.protocols import Ledger, Split
from humpcat.training import source as module
from humpcat.training.checkpoint import read_settings
from humpcat.training.data.examples import ClipDataset
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.state import Checkpoints
from tests.stores import clips_in

from .making import World, copied, data_settings, train, vowel, write

FILES = {
    ".humpcat.json",
    "README.md",
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "ledger.json",
    "split.json",
    "settings.json",
    "predictions.parquet",
    "results.json",
    "results.md",
}


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_the_folder_holds_all_that_is_needed(world: World) -> None:
    assert {path.name for path in world.source.iterdir() if path.is_file()} == FILES
    assert sum(path.stat().st_size for path in world.source.iterdir() if path.is_file()) < 8e6
    with safe_open(world.source / "model.safetensors", framework="numpy") as file:
        assert not [key for key in file.keys() if key.startswith("encoder.")]  # noqa: SIM118
    assert read_settings(world.source)["corpus"] == ["iemocap"]
    assert json.loads((world.source / "config.json").read_text())["encoder"] == "../encoder"


def test_split_ledger_and_predictions_agree(world: World) -> None:
    split, ledger = Split.load(world.source / "split.json"), Ledger.load(world.source / "ledger.json")
    predictions = Predictions.read(world.source / "predictions.parquet")
    assert [len(part) for part in (split.train, split.valid, split.test)] == [24, 8, 8]
    assert split.guarantee == "speaker-disjoint" or split.guarantee == "session-disjoint"
    assert ledger.ids == {*split.train, *split.valid}
    assert len(ledger.speakers) == 4
    assert sorted(predictions.values("id")) == list(split.test)
    assert set(predictions.values("system")) == {"HuMP-CAT"}


def test_what_the_encoder_was_trained_on_is_written_down(world: World, tmp_path: Path) -> None:
    ledger, told = Ledger.load(world.source / "ledger.json"), "The encoder was trained on: unknown."
    assert ledger.encoder == TrainedOn("encoder")
    assert told in json.loads((world.source / "results.json").read_text())["notes"]
    assert f"\n\n{told}\n\n" in (world.source / "README.md").read_text()
    card = "---\ndatasets:\n- me/Emo-DB\n- LibriSpeech\n---\n"
    encoder = copied(world.encoder, tmp_path / "mine", lambda folder: (folder / "README.md").write_text(card))
    summary = train(replace(world, encoder=encoder), tmp_path / "out", epochs=1)
    told = "The encoder was trained on: me/Emo-DB, LibriSpeech."
    assert told in summary.notes
    assert told in (tmp_path / "out/README.md").read_text()
    found = Ledger.load(tmp_path / "out/ledger.json").encoder
    assert found == TrainedOn("mine", "me/Emo-DB, LibriSpeech", ("me/Emo-DB", "LibriSpeech"))
    # The weights are the same, and what is known of them is of no other consequence.
    assert summary.guarantee == json.loads((world.source / "results.json").read_text())["guarantee"]


def test_a_corpus_that_the_encoder_was_trained_on_is_no_test(world: World, tmp_path: Path) -> None:
    card = "---\ndatasets: iemocap\n---\n"
    encoder = copied(world.encoder, tmp_path / "mine", lambda folder: (folder / "README.md").write_text(card))
    heard = replace(world, encoder=encoder)
    with pytest.raises(LeakageError, match="the encoder mine was trained on iemocap too: make the split again, or "):
        train(heard, tmp_path / "out")
    summary = train(heard, tmp_path / "out", data=data_settings(world, allow_leakage=True), epochs=1)
    before = json.loads((world.source / "results.json").read_text())["guarantee"]
    assert summary.guarantee == f"SPEAKER-DEPENDENT: {before}; the encoder mine was trained on iemocap too"


def test_table_and_results_hold_the_same_figures(world: World, tmp_path: Path) -> None:
    summary = train(world, tmp_path / "out")
    assert json.loads((tmp_path / "out/results.json").read_text()) == json.loads(json.dumps(summary.to_dict()))
    assert (tmp_path / "out/results.md").read_text() == summary.markdown() + "\n"
    assert [row.system for row in summary.systems] == ["chance", "HuMP-CAT"]
    assert (summary.speakers, summary.clips, summary.draws) == (1, 8, 1)


def test_same_seed_same_bytes(world: World, tmp_path: Path) -> None:
    train(world, tmp_path / "again")
    train(world, tmp_path / "other", seed=1)
    assert weights(tmp_path / "again") == weights(world.source)
    assert weights(tmp_path / "other") != weights(world.source)


def test_training_reaches_no_test_clip(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: dict[str, set[str]] = {}

    def spy(owner: object, name: str, place: int) -> None:
        original = getattr(owner, name)

        def call(*args: object, **kwargs: object) -> object:
            given = args[place]
            parts = given if isinstance(given, list) else [given]
            assert all(isinstance(part, ClipDataset) for part in parts)
            handed[name] = {id_ for part in parts for id_ in (*part.ids, *part.group_of)}
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, call)

    for owner, name, place in ((module.Trainer, "fit", 2), (module, "fit_mean_summary", 1), (module, "validation", 0)):
        spy(owner, name, place)
    train(world, tmp_path / "out", epochs=1)
    split = Split.load(tmp_path / "out/split.json")
    expected = {"fit": set(split.train), "fit_mean_summary": set(split.train), "validation": set(split.valid)}
    assert handed == expected


@pytest.mark.parametrize("balanced", [True, False])
def test_classes_weigh_as_was_asked(
    balanced: bool, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[torch.Tensor] = []
    original = module.make_loss
    monkeypatch.setattr(
        module, "make_loss", lambda name, given, *rest: found.append(given) or original(name, given, *rest)
    )
    # A corpus in which anger is rare: the vowels of four of five speakers are gone.
    rare = copied(world.data, tmp_path / "data")
    for path in sorted(rare.glob("IEMOCAP/Session*/sentences/wav/*/*_F000.wav")):
        path.unlink()
    train(world, tmp_path / "out", data=data_settings(world, data_dir=str(rare)), balanced=balanced, epochs=1)
    expected = [21 / 4 / 3, *[21 / 4 / 6] * 3] if balanced else [1.0] * 4
    assert found[0].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("network", "source"),
    [
        ({"loss": "additive-margin"}, {}),
        ({"paper": True}, {"normalization": "speaker"}),
        ({"encoder_layers": [-1]}, {}),
        ({"streams": ["mfcc", "prosody"], "summary_streams": ["prosody"], "fusion": "gating"}, {}),
    ],
)
def test_other_networks_and_losses_run(network: dict, source: dict, world: World, tmp_path: Path) -> None:
    summary = train(world, tmp_path / "out", network=network, source=source, epochs=1, accumulation=2)
    assert 0 <= summary.systems[1].figures["uar"].mean <= 1
    HumpCatForAudioClassification.from_pretrained(tmp_path / "out")


def killed_in_batch(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, original = [], HumpCatForAudioClassification.training_logits

    def logits(self: HumpCatForAudioClassification, outputs: HumpCatOutput) -> torch.Tensor:
        calls.append(outputs)
        if len(calls) == number:
            raise KeyboardInterrupt
        return original(self, outputs)

    monkeypatch.setattr(HumpCatForAudioClassification, "training_logits", logits)


def killed_in_first_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    killed_in_batch(2, monkeypatch)


def killed_in_mid_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    killed_in_batch(5, monkeypatch)


def killed_in_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, original = [], Checkpoints.save_best

    def save(self: Checkpoints, model: HumpCatForAudioClassification, accelerator: Accelerator) -> None:
        calls.append(self)
        if len(calls) == 1:
            (self.folder / "best").mkdir(parents=True, exist_ok=True)
            (self.folder / "best/.model.safetensors.0.part").write_bytes(b"half")
            raise KeyboardInterrupt
        original(self, model, accelerator)

    monkeypatch.setattr(Checkpoints, "save_best", save)


def killed_before_renaming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Die in epoch 2 when the new state is whole and the old one is no longer in its place."""
    original = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name == "last.new" and json.loads((self / "progress.json").read_text())["epoch"] == 2:
            assert not Path(target).exists()
            raise KeyboardInterrupt
        return original(self, target)

    monkeypatch.setattr(Path, "rename", rename)


def killed_while_removing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Die when half of the old state is removed."""
    original = shutil.rmtree

    def rmtree(path: str | os.PathLike[str], *args: object, **kwargs: object) -> None:
        progress = Path(path, "progress.json")
        if progress.is_file() and Path(path).name != "last.new":
            Path(path, "model.safetensors").unlink()
            raise KeyboardInterrupt
        original(path, *args, **kwargs)

    monkeypatch.setattr(shutil, "rmtree", rmtree)


@pytest.mark.parametrize(
    "kill",
    [killed_in_first_epoch, killed_in_mid_epoch, killed_in_validation, killed_before_renaming, killed_while_removing],
)
def test_killed_and_resumed_is_as_unbroken(
    kill, world: World, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill(patch)
        with pytest.raises(KeyboardInterrupt):
            train(world, tmp_path / "out", epochs=3)
    assert not (tmp_path / "out/model.safetensors").exists()
    train(world, tmp_path / "out", epochs=3, source={"resume": True})
    assert weights(tmp_path / "out") == weights(unbroken)
    assert (tmp_path / "out/results.json").read_bytes() == (unbroken / "results.json").read_bytes()


def test_a_resumed_average_of_masked_batches_is_as_unbroken(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"epochs": 2, "averaging": 0.5, "mask": 0.3}
    train(world, tmp_path / "whole", **settings)
    with monkeypatch.context() as patch:
        killed_in_mid_epoch(patch)
        with pytest.raises(KeyboardInterrupt):
            train(world, tmp_path / "out", **settings)
    train(world, tmp_path / "out", **settings, source={"resume": True})
    assert weights(tmp_path / "out") == weights(tmp_path / "whole")
    train(world, tmp_path / "plain", epochs=2, mask=0.3)
    assert weights(tmp_path / "plain") != weights(tmp_path / "whole")


def test_resuming_a_finished_run_changes_nothing(world: World, unbroken: Path, tmp_path: Path) -> None:
    folder = copied(unbroken, tmp_path / "out")
    train(world, folder, epochs=3, source={"resume": True})
    assert weights(folder) == weights(unbroken)


def test_states_of_a_run_are_weights_and_no_models_to_pass_on(unbroken: Path) -> None:
    assert [path.name for path in (unbroken / "checkpoints/best").iterdir()] == ["model.safetensors"]
    assert not list((unbroken / "checkpoints").rglob("README.md"))
    assert (unbroken / "README.md").is_file()


def test_a_new_run_forgets_the_states_of_an_old_one(
    world: World, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copied(unbroken, tmp_path / "out")
    with monkeypatch.context() as patch:
        killed_in_first_epoch(patch)
        with pytest.raises(KeyboardInterrupt):
            train(world, folder, epochs=3)
    shutil.rmtree(folder / "checkpoints/best", ignore_errors=True)
    train(world, folder, epochs=3, source={"resume": True})
    assert weights(folder) == weights(unbroken)


@pytest.fixture(scope="module")
def unbroken(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of three epochs that nobody disturbed."""
    out = tmp_path_factory.mktemp("unbroken") / "out"
    train(world, out, epochs=3)
    return out


def test_a_bad_clip_is_left_out_and_reported(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = copied(world.data, tmp_path / "data")
    clips = sorted(data.glob("IEMOCAP/Session*/sentences/wav/*/*_F004.wav"))
    whole = clips[0].read_bytes()
    clips[0].write_bytes(whole[: len(whole) // 2])
    write(clips[1], np.full(8000, np.nan, dtype=np.float32))
    summary = train(world, tmp_path / "out", data=data_settings(world, data_dir=str(data)), epochs=1)
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("left out")]
    seconds, half = (len(whole) - 44) / 32_000, (len(whole) // 2 - 44) / 32_000
    assert said == [
        f"left out: {clips[0]}: is cut off: holds {half:.2f} s of the {seconds:.2f} s that its header promises: "
        "copy it again or leave it out.",
        f"left out: {clips[1]}: 8000 of 8000 samples are NaN or infinite: export the audio again.",
    ]
    split = Split.load(tmp_path / "out/split.json")
    assert len({*split.train, *split.valid, *split.test}) == 38
    assert summary.clips in (7, 8)


def test_too_many_bad_clips_stop_the_run_and_lose_nothing(world: World, tmp_path: Path) -> None:
    data, store = copied(world.data, tmp_path / "data"), tmp_path / "store"
    clips = sorted(data.glob("IEMOCAP/Session*/sentences/wav/*/*_F004.wav"))
    for clip in clips:
        write(clip, np.full(8000, np.nan, dtype=np.float32))
    settings = data_settings(world, data_dir=str(data), store=str(store))
    with pytest.raises(AudioError) as caught:
        train(world, tmp_path / "out", data=settings)
    assert str(caught.value) == (
        "5 of 40 clips are unusable, at most 5% may be: mend or remove them; the first: "
        f"{clips[0]}: 8000 of 8000 samples are NaN or infinite: export the audio again."
    )
    kept = {path: path.stat().st_mtime_ns for path in store.glob("*-*/*.arrow")}
    assert clips_in(store) == 3 * 35
    for number, clip in enumerate(clips):
        write(clip, vowel("neutral", speaker=number, take=9))
    train(world, tmp_path / "out", data=settings, epochs=1)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert clips_in(store) == 3 * 40


def test_tensorboard_writes_events(world: World, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    train(world, tmp_path / "out", epochs=1, tensorboard=True)
    assert list((tmp_path / "out/tensorboard").rglob("events.out.tfevents.*"))


def test_tensorboard_that_is_not_installed(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(SettingsError) as caught:
        train(world, tmp_path / "out", tensorboard=True)
    assert str(caught.value) == (
        "tensorboard True: needs the package tensorboard, which is not installed: run pip install tensorboard, or pip "
        'install ".[tensorboard]" in a clone of humpcat.'
    )


def test_a_folder_that_no_recipe_wrote(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        read_settings(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: holds no settings.json: expected a model that recipes/train_source.py wrote; check --source."
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"epochs": 0}, "--epochs 0: expected a whole number from 1 to 1000000000."),
        ({"learning_rate": 0.0}, "--learning-rate 0.0: expected a number above 0 and up to 100."),
        ({"mask": 1.0}, "--mask 1.0: expected a number of at least 0 and below 1."),
        ({"averaging": -0.1}, "--averaging -0.1: expected a number of at least 0 and below 1."),
        ({"network": {"pooling": "max"}}, "pooling 'max' is unknown: choose one of attentive, statistics."),
        ({"network": {"loss": "hinge"}}, "--loss hinge is unknown: choose one of cross-entropy, additive-margin."),
        ({"source": {"normalization": "clip"}}, "--normalization 'clip' is unknown: choose one of corpus, speaker."),
    ],
)
def test_settings_out_of_range(settings: dict, sentence: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        train(world, tmp_path / "out", **settings)
    assert str(caught.value) == sentence


def test_a_source_model_remembers_and_a_fine_tuned_one_no_longer_does(world: World) -> None:
    memory = [
        HumpCatForAudioClassification.from_pretrained(folder).memory_factor
        for folder in (world.source, world.target / "draw-0")
    ]
    assert memory[1] is None
    # No more directions than there are clips that train.
    assert memory[0].shape[0] == len(Split.load(world.source / "split.json").train)
    assert memory[0].abs().max() > 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"source": {"valid_share": 0.2, "split": "fold.json"}}, "--valid-share 0.2: does nothing with --split"),
        (
            {"source": {"corpus": ["iemocap", "emodb"], "lang": "de"}},
            "--lang de: does nothing with several registered",
        ),
        ({"data": {"columns": ["path=file", "label=mood"]}}, "--columns path=file label=mood: does nothing with"),
        ({"data": {"speaker_level": 1}}, "--speaker-level 1: does nothing with registered corpora"),
        ({"data": {"toy": True}}, "--data-dir {data}: does nothing with --toy, which brings its own"),
        (
            {"network": {"encoder_revision": "main"}},
            "--encoder-revision main: does nothing with an encoder in a folder",
        ),
        (
            {"network": {"tuned_layers": 1, "streams": ["mfcc"], "summary_streams": ["prosody"]}},
            "--tuned-layers 1: does nothing where neither --streams nor --summary-streams has hidden",
        ),
        (
            {"network": {"paper": True, "summary_streams": ["mfcc"]}},
            "--summary-streams mfcc: does nothing with --paper, which has no linear branch",
        ),
    ],
)
def test_settings_that_would_do_nothing(settings: dict, sentence: str, world: World, tmp_path: Path) -> None:
    settings = dict(settings)
    data = data_settings(world, **settings.pop("data", {}))
    with pytest.raises(SettingsError) as caught:
        train(world, tmp_path / "out", data=data, **settings)
    assert str(caught.value).startswith(sentence.format(data=world.data))
    assert str(caught.value).endswith(": leave it out.")


def test_settings_are_not_rewritten(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(world.data.parent)
    source = SourceSettings(out=str(tmp_path / "out"))
    data, network = DataSettings(data_dir="data", store=str(world.store)), NetworkSettings(encoder="encoder")
    optimization = OptimizationSettings(epochs=1)
    given = deepcopy((source, data, network, optimization))
    accelerator = make_accelerator(optimization, source.out)
    module.train_source(source, data, network, optimization, accelerator)
    assert (source, data, network, optimization) == given
    written = read_settings(tmp_path / "out")
    assert (written["data_dir"], written["encoder"]) == (str(world.data), str(world.encoder))


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"source": {"corpus": ["klingon"]}}, CorpusError),
        ({"encoder": "nowhere/encoder"}, EncoderError),
        ({"network": {"encoder_layers": [9]}}, EncoderError),
        ({"network": {"loss": "hinge"}}, SettingsError),
        ({"source": {"split": "none.json"}}, ProtocolError),
        ({"data": {"data_dir": "nowhere"}}, CorpusError),
        ({"data": {"label_space": "nine"}}, SettingsError),
        ({"source": {"test_share": 0.99}}, ProtocolError),
    ],
)
def test_what_is_refused_leaves_an_interrupted_run_as_it_is(
    settings: dict, error: type[Exception], world: World, interrupted: Path, tmp_path: Path
) -> None:
    folder = copied(interrupted, tmp_path / "out")
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    settings = dict(settings)
    data = data_settings(world, **settings.pop("data", {}))
    changed = replace(world, encoder=settings.pop("encoder", world.encoder))
    with pytest.raises(error):
        train(changed, folder, data=data, **settings)
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before


@pytest.fixture(scope="module")
def interrupted(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that was killed in its second epoch."""
    out = tmp_path_factory.mktemp("interrupted") / "out"
    with pytest.MonkeyPatch.context() as patch:
        killed_in_mid_epoch(patch)
        with pytest.raises(KeyboardInterrupt):
            train(world, out, epochs=3)
    assert {path.name for path in out.iterdir()} == {".humpcat.json", "checkpoints", "settings.json", "split.json"}
    return out
