"""A target is adapted to as it comes: what is heard, under which names, and what is said of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from humpcat.errors import ProtocolError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Guarantee, Ledger, Split
from humpcat.protocols.situations import SITUATIONS
from humpcat.training import adapter
from humpcat.training import target_models as module
from humpcat.training.drawing import in_draw
from humpcat.training.settings import AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.task import Task
from humpcat.training.task_preparation import prepare
from humpcat.training.trainer.accelerator import make_accelerator

from .making import World, copied, data_settings, finetune, vowel, write

DISJOINT = "speaker-disjoint test; validation shares speakers with adaptation"


def with_boredom(world: World, folder: Path) -> Path:
    """Return the world's EmoDB with two clips of boredom a speaker."""

    def add(copy: Path) -> None:
        for number, name in enumerate(("03", "08", "09", "10", "11")):
            for take in (1, 2):
                clip = vowel("neutral", speaker=10 + number, take=7 + take)
                write(copy / f"EmoDB/wav/{name}a0{take}La.wav", clip)

    return copied(world.data, folder, add)


def data_of(world: World, folder: Path, situation: str) -> DataSettings:
    return data_settings(
        world, data_dir=str(with_boredom(world, folder)) if situation == "others" else str(world.data)
    )


def task_of(world: World, folder: Path, situation: str, **target: object) -> Task:
    plain = {"lang": "de", "source": str(world.source), "out": str(folder / "out"), "share": 0.4}
    settings = TargetSettings(**(plain | {"normalization": "speaker", "situation": situation} | target))
    optimization = AdaptationSettings()
    accelerator = make_accelerator(optimization, str(folder / "out"))
    return prepare(settings, data_of(world, folder / "data", situation), optimization, accelerator)


@pytest.fixture(name="heard")
def _heard(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """Return the ids of what each fit hears without labels."""
    found: list[set[str]] = []
    original = adapter.adapt_summary

    def spy(model, source, labelled, unlabelled=None, by_corpus=None, **weight):  # type: ignore[no-untyped-def]
        found.append(set(unlabelled.ids))
        return original(model, source, labelled, unlabelled, by_corpus, **weight)

    for place in (module, adapter):
        monkeypatch.setattr(place, "adapt_summary", spy)
    return found


def test_clips_of_other_classes_are_heard_and_never_tested(
    world: World, tmp_path: Path, heard: list[set[str]]
) -> None:
    data = data_of(world, tmp_path / "data", "others")
    finetune(world, tmp_path / "tidy", data=data, baseline=False)
    assert not any("L" in clip_id[10:] for ids in heard for clip_id in ids)
    heard.clear()
    summary = finetune(world, tmp_path / "out", data=data, baseline=False, situation="others")
    split = Split.load(tmp_path / "out/draw-0/split.json")
    bored = {clip_id for clip_id in heard[0] if clip_id.rstrip("a").endswith("L")}
    assert len(bored) == 10
    assert all(bored < ids for ids in heard)
    assert heard[-1] == bored | set(split.test)
    assert not bored & {*split.adapt, *split.valid, *split.test}
    said = (
        f"{DISJOINT}; situation others: clips of other classes lie among those without labels; standardised by and "
        "self-trained on all target clips without labels, those of other classes and test clips included"
    )
    assert summary.guarantee == split.guarantee == said
    tidy = Split.load(tmp_path / "tidy/draw-0/split.json")
    assert (split.test, split.adapt, split.valid) == (tidy.test, tidy.adapt, tidy.valid)
    made, plain = (Predictions.read(tmp_path / name / "predictions.parquet") for name in ("out", "tidy"))
    assert not np.allclose(made.probabilities, plain.probabilities), "they standardise and train"
    ledger = Ledger.load(tmp_path / "out/draw-0/ledger.json")
    assert ledger.ids.isdisjoint(bored)
    assert ledger.heard.ids == bored | set(split.test)


@pytest.mark.parametrize("situation", ["clips-5", "shares-dirichlet-0.3", "missing-class"])
def test_what_is_left_out_is_neither_heard_nor_tested(
    situation: str, world: World, tmp_path: Path, heard: list[set[str]]
) -> None:
    finetune(world, tmp_path / "out", baseline=False, situation=situation)
    split = Split.load(tmp_path / "out/draw-0/split.json")
    tidy = Split.load(world.target / "draw-0/split.json")
    assert set(split.test) < set(tidy.test)
    assert (split.adapt, split.valid) == (tidy.adapt, tidy.valid)
    assert all(ids <= {*split.adapt, *split.valid, *split.test} for ids in heard)
    assert heard[-1] == set(split.test)
    made = Predictions.read(tmp_path / "out/predictions.parquet")
    assert set(made.values("id")) == set(split.test)
    assert {str(Guarantee.parse(said).of_the_splits) for said in made.values("guarantee")} == {split.guarantee}
    assert f"situation {situation}: " in split.guarantee
    assert Ledger.load(tmp_path / "out/draw-0/ledger.json").heard.ids == set(split.test)


def test_shots_leave_the_test_as_it_is_and_a_missing_class_is_missing(world: World, tmp_path: Path) -> None:
    whole = task_of(world, tmp_path, "missing-class")
    here, split = in_draw(whole, 0)
    few, of_few = in_draw(whole.under(protocol="shots", shots=1), 0)
    none, of_none = in_draw(whole, 0, labels=False)
    assert split.test == of_few.test == of_none.test
    (missing,) = {"anger", "happiness", "neutral", "sadness"} - {whole.prepared.classes[i] for i in split.test}
    for task, known in ((here, split.learnt), (few, of_few.learnt), (none, ())):
        without = set(task.prepared.rows) - set(known)
        assert missing not in {whole.prepared.classes[clip_id] for clip_id in without}
    assert len({here.pool, few.pool, none.pool}) == 3


def test_tidy_is_the_target_itself(world: World, tmp_path: Path) -> None:
    task = task_of(world, tmp_path, "tidy")
    here, split = in_draw(task, 0)
    assert here.prepared is task.prepared
    assert (here.pool, task.pools) == ("", {})
    assert "situation" not in f"{split.name} {split.guarantee}"


def test_clips_under_another_name_are_standardised_under_it(world: World, tmp_path: Path) -> None:
    task = task_of(world, tmp_path, "speakers-mislabelled")
    here, split = in_draw(task, 0)
    ids = sorted(here.prepared.rows)
    wrong = [clip_id for clip_id in ids if here.prepared.speaker_of(clip_id) != task.prepared.speaker_of(clip_id)]
    assert len(wrong) == 8
    assert all(here.prepared.rows[clip_id] == task.prepared.rows[clip_id] for clip_id in ids), "rows say who speaks"
    clips = here.clips(ids)
    assert {clip_id for clip_id in ids if clips.group_of[clip_id] != f"emodb/{clip_id[6:8]}"} == set(wrong)
    assert clips.group_of[wrong[0]] in clips.statistics
    tidy = task_of(world, tmp_path / "tidy", "tidy")
    assert split.test == in_draw(tidy, 0)[1].test


def test_voices_stand_for_speakers_that_nobody_names(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_of(world, tmp_path, "speakers-unknown")
    here, _ = in_draw(task, 0)
    groups = set(here.clips(sorted(here.prepared.rows)).group_of.values())
    assert len(groups) > 1
    assert all(group.startswith("emodb/voice-") for group in groups)
    again, _ = in_draw(task, 1)
    assert again.prepared is here.prepared, "voices do not depend on who adapts"


def test_half_of_the_test_speakers_are_recorded_otherwise(world: World, tmp_path: Path) -> None:
    task = task_of(world, tmp_path, "two-recordings", normalization="corpus")
    here, split = in_draw(task, 0)
    before, after = task.prepared.features, here.prepared.features
    moved = {clip_id for clip_id in here.prepared.rows if before.fingerprints[clip_id] != after.fingerprints[clip_id]}
    speakers = {clip_id[6:8] for clip_id in moved}
    assert len(speakers) == 1
    assert moved == {clip_id for clip_id in split.test if clip_id[6:8] in speakers}
    one = min(moved)
    assert not np.allclose(before.read(one, "pooled"), after.read(one, "pooled"))
    assert split.test == in_draw(task_of(world, tmp_path / "tidy", "tidy"), 0)[1].test


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"situation": "messy"}, "situation 'messy' is unknown: choose one of "),
        (
            {"situation": "others", "normalization": "source"},
            "--situation others: does nothing with this --normalization, which uses nothing that is otherwise in it",
        ),
        ({"situation": "speakers-unknown", "normalization": "corpus"}, "--situation speakers-unknown: does nothing"),
    ],
)
def test_what_would_do_nothing_is_refused(settings: dict, sentence: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        finetune(world, tmp_path / "out", **settings)
    assert str(caught.value).startswith(sentence)
    assert not (tmp_path / "out").exists()


def test_a_run_goes_on_in_its_own_situation_only(world: World, tmp_path: Path) -> None:
    out = copied(world.target, tmp_path / "out")
    # As a version wrote it that knew of no situations.
    text = (out / "settings.json").read_text().replace(' "situation": "tidy",\n', "")
    assert "situation" not in text
    (out / "settings.json").write_text(text)
    with pytest.raises(SettingsError, match="was begun with situation tidy, now clips-5: resume with the same"):
        finetune(world, out, draws=2, resume=True, situation="clips-5")
    finetune(world, out, draws=2, resume=True)


def test_a_split_that_was_made_in_a_situation_is_no_tidy_one(world: World, tmp_path: Path) -> None:
    split = Split.load(world.target / "draw-0/split.json")
    SITUATIONS["clips-5"].split(split, split.test).save(tmp_path / "split.json")
    with pytest.raises(
        ProtocolError, match="was made in the situation 'clips-5', expected the split of a tidy target"
    ):
        finetune(world, tmp_path / "out", splits=[str(tmp_path / "split.json")])


def test_the_training_of_gradients_and_an_alignment_hear_all_that_lies_there(world: World, tmp_path: Path) -> None:
    data = data_of(world, tmp_path / "data", "others")
    summary = finetune(
        world,
        tmp_path / "out",
        data=data,
        baseline=False,
        situation="others",
        optimization={"align": "coral", "scope": "biases"},
    )
    assert (
        "aligned to and self-trained on all target clips without labels, those of other classes" in summary.guarantee
    )


def test_a_stamp_does_not_take_the_place_of_the_situation(world: World, tmp_path: Path) -> None:
    def leak(folder: Path) -> None:
        ledger = json.loads((folder / "ledger.json").read_text())
        speakers = [f"emodb/{name}" for name in ("03", "08", "09", "10", "11")]
        seen = {"speakers": speakers, "ids": [], "fingerprints": {}, "hashed": [], "anonymous": False}
        ledger["corpora"]["emodb"] = seen
        (folder / "ledger.json").write_text(json.dumps(ledger))

    source = copied(world.source, tmp_path / "source", leak)
    data = data_settings(world, allow_leakage=True)
    settings = {"source": str(source), "data": data, "baseline": False, "source_per_batch": 0}
    summary = finetune(world, tmp_path / "out", situation="clips-5", **settings)
    assert summary.guarantee.startswith("SPEAKER-DEPENDENT: 3 of 3 test speakers were seen")
    assert "situation clips-5: 5 clips of each test speaker" in summary.guarantee
