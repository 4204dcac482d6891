"""What recipes make of splits that were saved, changed or made for something else."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from humpcat.errors import CheckpointError, LeakageError, ProtocolError, SettingsError
from humpcat.protocols import Split
from humpcat.protocols.guarantee import standardised_by
from humpcat.training import source as module
from humpcat.training.settings import TargetSettings

from .making import World, copied, data_settings, finetune, train

ONE_PART = (
    "expected one clip or more: training a source uses train, valid and test, fine-tuning adapt, valid and test."
)


def saved(split: Split, to: Path, **parts: Any) -> str:
    replace(split, name="by hand", **parts).save(to)
    return str(to)


@pytest.fixture
def of_source(world: World) -> Split:
    return Split.load(world.source / "split.json")


@pytest.fixture
def of_target(world: World) -> Split:
    return Split.load(world.target / "draw-0/split.json")


def test_a_source_does_not_train_on_parts_of_another_recipe(of_source: Split, world: World, tmp_path: Path) -> None:
    ids = of_source.train
    for parts, sentence in (
        ({"train": (), "adapt": ids}, f"'train' is empty, {ONE_PART}"),
        (
            {"test": ()},
            "'test' is empty, expected one clip or more, or several corpora, each of which is answered by what the "
            "linear branch learns from the others: name clips that test.",
        ),
        (
            {"train": ids[8:], "unlabelled": ids[:8]},
            "'unlabelled' holds 8 clips, expected none, for nothing would be learnt from them here: move them to "
            "'train' or leave them out.",
        ),
        (
            {"train": (*ids, "iemocap/no", "emodb/no")},
            f"2 of {len(ids) + 18} clips cannot be used (emodb/no, iemocap/no): 0 have unusable audio, 2 are not in "
            "the corpus or of no class in the label space: make the split again of the corpus and label space that "
            "this run uses.",
        ),
    ):
        split = saved(of_source, tmp_path / "split.json", **parts)
        with pytest.raises(ProtocolError) as caught:
            train(world, tmp_path / "out", source={"split": split})
        assert str(caught.value) == f"split 'by hand': {sentence}"


def test_fine_tuning_does_not_adapt_on_a_fold_of_training(of_target: Split, world: World, tmp_path: Path) -> None:
    fold = saved(of_target, tmp_path / "fold.json", adapt=(), train=of_target.adapt)
    with pytest.raises(ProtocolError, match="split 'by hand': 'adapt' is empty, expected one clip or more"):
        finetune(world, tmp_path / "out", splits=[fold])


def test_a_source_without_validation_keeps_its_last_epoch(of_source: Split, world: World, tmp_path: Path) -> None:
    split = saved(of_source, tmp_path / "split.json", valid=())
    train(world, tmp_path / "out", epochs=1, source={"split": split})
    assert (tmp_path / "out/model.safetensors").is_file()


def test_a_source_standardised_by_speaker_says_so(world: World, tmp_path: Path) -> None:
    summary = train(world, tmp_path / "out", epochs=1, source={"normalization": "speaker"})
    assert summary.guarantee == f"session-disjoint; {standardised_by('speaker')}"
    split = str(tmp_path / "out/split.json")
    # Used again with other statistics, it no longer says that of the run before.
    assert train(world, tmp_path / "again", epochs=1, source={"split": split}).guarantee == "session-disjoint"


def test_a_draw_used_again_says_how_it_is_standardised_now(world: World, tmp_path: Path) -> None:
    split = str(world.target / "draw-0/split.json")
    summary = finetune(world, tmp_path / "out", splits=[split], normalization="source", baseline=False)
    assert summary.guarantee.endswith(f"validation shares speakers with adaptation; {standardised_by('source')}")
    assert standardised_by("corpus") not in summary.guarantee


def killed_after_an_epoch(world: World, out: Path, split: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "weigh_and_calibrate", killed)
        with pytest.raises(KeyboardInterrupt):
            train(world, out, epochs=1, source={"split": split})


def test_a_source_is_not_resumed_on_another_split(
    of_source: Split, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = saved(of_source, tmp_path / "split.json")
    killed_after_an_epoch(world, tmp_path / "out", split, monkeypatch)
    # Speakers that trained would test.
    saved(of_source, tmp_path / "split.json", valid=of_source.test, test=of_source.valid)
    with pytest.raises(SettingsError) as caught:
        train(world, tmp_path / "out", epochs=1, source={"split": split, "resume": True})
    assert str(caught.value) == (
        f"{tmp_path}/out/split.json: 'valid' was begun with 8 clips, now there are 8, of which 8 are new: resume with "
        "the same split and corpus, or begin anew without --resume."
    )


def test_states_of_an_old_run_do_not_outlive_a_new_one_that_was_killed_before_it_trained(
    of_source: Split, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = saved(of_source, tmp_path / "split.json")
    killed_after_an_epoch(world, tmp_path / "out", split, monkeypatch)
    assert (tmp_path / "out/checkpoints/last").is_dir()

    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "fit", killed)
        with pytest.raises(KeyboardInterrupt):
            train(world, tmp_path / "out", epochs=1, source={"split": split})
    assert not (tmp_path / "out/checkpoints").exists()


def test_draws_are_not_resumed_on_other_splits(of_target: Split, world: World, tmp_path: Path) -> None:
    split = saved(of_target, tmp_path / "split.json")
    finetune(world, tmp_path / "out", splits=[split], baseline=False, source_per_batch=0)
    saved(of_target, tmp_path / "split.json", test=of_target.test[1:])
    with pytest.raises(SettingsError, match="'test' was begun with 24 clips, now there are 23, of which 0 are new"):
        finetune(world, tmp_path / "out", splits=[split], baseline=False, source_per_batch=0, resume=True)


def test_source_clips_that_are_mixed_in_count_as_seen_whatever_the_ledger_says(world: World, tmp_path: Path) -> None:
    """The source's corpus now holds, under a clip that trained, the audio of a clip that tests."""
    data = copied(world.data, tmp_path / "data")
    split = Split.load(world.target / "draw-0/split.json")
    trained = Split.load(world.source / "split.json").train[0].split("/")[1]
    tested = split.test[0].split("/")[1]
    wav = next(data.glob(f"IEMOCAP/Session*/sentences/wav/*/{trained}.wav"))
    shutil.copy(data / f"EmoDB/wav/{tested}.wav", wav)
    with pytest.raises(LeakageError, match=rf"1 of 24 test clips was seen as identical audio .*{tested}"):
        finetune(world, tmp_path / "out", data=data_settings(world, data_dir=str(data)))


def test_a_source_that_is_itself_fine_tuned(world: World, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        finetune(world, tmp_path / "out", source=str(world.target / "draw-0"))
    assert str(caught.value) == (
        f"{world.target}/draw-0: is itself fine-tuned from {world.source}, expected a model that "
        "recipes/train_source.py wrote: pass that one as --source."
    )


@pytest.mark.parametrize(("name", "value"), [("draws", 0), ("steps_per_epoch", 0), ("source_per_batch", -1)])
def test_numbers_out_of_range(name: str, value: int) -> None:
    with pytest.raises(SettingsError, match=f"--{name.replace('_', '-')} {value}: expected"):
        TargetSettings(**{"lang": "de", name: value})


def test_the_split_lies_there_before_training_ends(
    of_source: Split, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_after_an_epoch(world, tmp_path / "out", saved(of_source, tmp_path / "split.json"), monkeypatch)
    assert json.loads((tmp_path / "out/split.json").read_text())["name"] == "by hand"
