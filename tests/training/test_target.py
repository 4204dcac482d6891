import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from humpcat.corpora import CORPORA
from humpcat.errors import CheckpointError, LeakageError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.features import hidden_states
from humpcat.inference.pipeline import pipeline
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.protocols import Ledger, Split
from humpcat.protocols.seen import Seen
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training import adapter
from humpcat.training import target_models as module
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.evaluating import prepared_for
from humpcat.training.settings import TargetSettings

from .making import World, copied, data_settings, finetune

SYSTEMS = ["zero-shot", "target-only", "fine-tuned"]
DISJOINT = "speaker-disjoint test; validation shares speakers with adaptation"
BY_CORPUS = "standardised by and self-trained on all target clips of these classes without labels, test clips included"


def state(folder: Path) -> dict[str, tuple[int, str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}


def without_table(settings: dict) -> dict:
    return {"baseline": False, "source_per_batch": 0} | settings


def test_the_folder_holds_each_draw_and_all_of_them(world: World) -> None:
    assert sorted(path.name for path in world.target.iterdir()) == [
        ".humpcat.json",
        "draw-0",
        "draw-1",
        "predictions.parquet",
        "results.json",
        "results.md",
        "settings.json",
    ]
    assert not (world.target / "draw-0/checkpoints").exists()
    every = Predictions.read(world.target / "predictions.parquet")
    assert list(dict.fromkeys(every.values("system"))) == SYSTEMS
    assert set(every.values("draw")) == {0, 1}
    for draw in (0, 1):
        split = Split.load(world.target / f"draw-{draw}/split.json")
        own = Predictions.read(world.target / f"draw-{draw}/predictions.parquet")
        assert (len(split.adapt), len(split.valid), len(split.test)) == (12, 4, 24)
        for system in SYSTEMS:
            assert sorted(own.of_system(system).values("id")) == list(split.test)
        assert own.table.num_rows == 3 * 24
        assert len(set(own.values("model_hash"))) == 3
    assert every.table.num_rows == 2 * 3 * 24


def test_the_ledger_holds_source_and_adaptation(world: World) -> None:
    source = Ledger.load(world.source / "ledger.json")
    split, ledger = (
        Split.load(world.target / "draw-1/split.json"),
        Ledger.load(world.target / "draw-1/ledger.json"),
    )
    assert ledger.ids == {*source.ids, *split.adapt, *split.valid}
    assert set(ledger.corpora) == {"emodb", "iemocap"}
    assert len(ledger.corpora["emodb"].speakers) == 2
    assert ledger.corpora["iemocap"] == source.corpora["iemocap"]
    assert ledger.encoder == source.encoder
    for folder in (world.target, world.target / "draw-1"):
        told = "The encoder was trained on: unknown." in json.loads((folder / "results.json").read_text())["notes"]
        assert told is (folder == world.target)
    assert not ledger.ids & set(split.test)
    # All of them standardise, and the model trains itself on them.
    assert ledger.heard.ids == set(split.test)
    assert set(ledger.unlabelled) == {"emodb"}
    assert len(ledger.unlabelled["emodb"].speakers) == 3
    assert len(ledger.heard.fingerprints) == len(split.test)
    assert source.unlabelled == {}


def test_results_say_what_is_guaranteed(world: World) -> None:
    results = json.loads((world.target / "results.json").read_text())
    assert results["guarantee"] == f"{DISJOINT}; {BY_CORPUS}"
    assert [row["system"] for row in results["systems"]] == ["chance", *SYSTEMS]
    assert (results["draws"], results["clips"]) == (2, len(set_of_test(world)))
    first = (world.target / "results.md").read_text().splitlines()[0]
    assert first.startswith(f"Guarantee: {DISJOINT}; {BY_CORPUS} (")


def set_of_test(world: World) -> set[str]:
    return {id_ for draw in (0, 1) for id_ in Split.load(world.target / f"draw-{draw}/split.json").test}


def test_zero_shot_is_the_source_model_where_nothing_is_known_of_the_target(world: World, tmp_path: Path) -> None:
    finetune(world, tmp_path / "out", normalization="source", baseline=False)
    made = Predictions.read(tmp_path / "out/predictions.parquet")
    hashes = set(made.of_system("zero-shot").values("model_hash"))
    assert hashes == {HumpCatForAudioClassification.from_pretrained(world.source).weights_hash()}


def test_predictions_name_the_model_that_is_kept(world: World) -> None:
    tuned = HumpCatForAudioClassification.from_pretrained(world.target / "draw-0")
    part = Predictions.read(world.target / "draw-0/predictions.parquet").of_system("fine-tuned")
    assert set(part.values("model_hash")) == {tuned.weights_hash()}


def test_self_training_hears_test_clips_and_knows_no_label_of_them(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = []
    original = adapter.adapt_summary

    def spy(model, source, labelled, unlabelled, by_corpus=None, **weight):  # type: ignore[no-untyped-def]
        handed.append((labelled, unlabelled))
        return original(model, source, labelled, unlabelled, by_corpus, **weight)

    for place in (module, adapter):
        monkeypatch.setattr(place, "adapt_summary", spy)
    finetune(world, tmp_path / "out", baseline=False)
    split = Split.load(tmp_path / "out/draw-0/split.json")
    (none, every), *folds, (labelled, unlabelled) = handed
    assert (len(none), set(every.ids)) == (0, {*split.adapt, *split.valid, *split.test})
    assert (set(labelled.ids), set(unlabelled.ids)) == ({*split.adapt, *split.valid}, set(split.test))
    assert set(every.labels) == set(unlabelled.labels) == {UNLABELLED}
    assert UNLABELLED not in labelled.labels
    assert len(folds) == 2, "one for each speaker who adapts"
    for learnt, heard in folds:
        assert set(learnt.ids) < set(labelled.ids)
        assert set(heard.ids) == set(split.test), "a clip that is left out is not heard"

    handed.clear()
    finetune(world, tmp_path / "shots", baseline=False, protocol="shots", shots=1, draws=1)
    split = Split.load(tmp_path / "shots/draw-0/split.json")
    (_, every), *_, (labelled, unlabelled) = handed
    assert len(split.adapt) + len(split.test) < 40 == len(every), "what the shots leave is heard too"
    assert set(unlabelled.ids) == set(every.ids) - set(split.adapt)


def test_self_training_that_is_not_believed_stands_in_the_table(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("humpcat.training.linear_branch.MOST_GAIN", -1.0)
    out, how = tmp_path / "out", {"optimization": {"scope": "summary"}, "draws": 2}
    with pytest.warns(UserWarning, match="clips without labels are not learnt from"):
        summary = finetune(world, out, **how)
    (note,) = [note for note in summary.notes if "believed" in note]
    assert note == (
        "Self-training was not believed (zero-shot: 2 of 2 draws; fine-tuned: 2 of 2 draws): soft labels of the clips "
        "without labels came to follow something that is not the emotion, such as the voices, or labelled speakers "
        "who were left out were answered better without. These clips are not learnt from there: label more clips, or "
        "take a source of more like recordings."
    )
    assert note in json.loads((out / "results.json").read_text())["notes"]
    assert f"\n{note}\n" in (out / "results.md").read_text()
    guarantees = {row.system: row.guarantee for row in summary.systems}
    assert guarantees["fine-tuned"] == f"{DISJOINT}; {BY_CORPUS}; self-training was not believed"
    assert guarantees["target-only"] == summary.guarantee == f"{DISJOINT}; {BY_CORPUS}"
    # What was believed in one draw and not in another is counted, also of a run that goes on.
    shutil.rmtree(out / "draw-1")
    monkeypatch.undo()
    assert note.replace("2 of 2", "1 of 2") in finetune(world, out, resume=True, **how).notes


def test_a_source_that_kept_no_memory_is_read_again(world: World, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        model = HumpCatForAudioClassification.from_pretrained(folder)
        model.forget()
        model.save_pretrained(folder)

    source = copied(world.source, tmp_path / "source", change)
    finetune(world, tmp_path / "out", source=str(source), baseline=False)
    finetune(world, tmp_path / "plain", baseline=False)
    made, plain = (Predictions.read(tmp_path / name / "predictions.parquet") for name in ("out", "plain"))
    # The memory is stored in half precision.
    np.testing.assert_allclose(made.probabilities, plain.probabilities, atol=0.02)


def test_what_is_not_heard_of_the_target_moves_nothing(world: World, tmp_path: Path) -> None:
    finetune(world, tmp_path / "out", normalization="source", baseline=False)
    folder = tmp_path / "out/draw-0"
    split = Split.load(folder / "split.json")
    prepared = prepared_for(folder, [CORPORA["emodb"]], data_settings(world), Accelerator(cpu=True))
    moved = RunningStatistics(HumpCatForAudioClassification.from_pretrained(world.source).standardizer.held())
    for clip_id in (*split.adapt, *split.valid):
        moved = moved.hear(prepared.features[clip_id])
    held = HumpCatForAudioClassification.from_pretrained(folder).standardizer.held()
    for name, statistics in moved.statistics().items():
        torch.testing.assert_close(held[name], statistics)


@pytest.mark.parametrize("normalization", ["source", "corpus"])
def test_the_pipeline_says_what_the_table_says(
    normalization: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pipeline computes in single precision, stored features in bfloat16 where a processor has it.
    monkeypatch.setattr(hidden_states, "fastest_dtype", lambda _: torch.float32)
    own = data_settings(world, store=str(tmp_path / "store"))
    finetune(world, tmp_path / "out", data=own, normalization=normalization, baseline=False)
    made = Predictions.read(tmp_path / "out/draw-0/predictions.parquet").of_system("fine-tuned")
    corpus = CORPORA["emodb"]
    paths = {row["id"]: row["path"] for row in corpus.scan(corpus.find(world.data)).rows}
    answers = pipeline(tmp_path / "out/draw-0", device="cpu")([paths[clip_id] for clip_id in made.values("id")])
    scores = [[{row["label"]: row["score"] for row in answer}[name] for name in made.classes] for answer in answers]
    np.testing.assert_allclose(scores, made.probabilities, atol=1e-3)


def test_resume_keeps_what_is_finished(world: World, tmp_path: Path) -> None:
    out = copied(world.target, tmp_path / "out")
    kept = state(out / "draw-0")
    shutil.rmtree(out / "draw-1")
    finetune(world, out, draws=2, resume=True)
    assert state(out / "draw-0") == kept
    assert (out / "draw-1/model.safetensors").read_bytes() == (world.target / "draw-1/model.safetensors").read_bytes()
    assert (out / "results.json").read_bytes() == (world.target / "results.json").read_bytes()


def test_without_resume_every_draw_is_made_again(world: World, tmp_path: Path) -> None:
    out = copied(world.target, tmp_path / "out")
    finetune(world, out, draws=1, **without_table({}))
    assert not (out / "draw-1").exists()
    assert json.loads((out / "results.json").read_text())["draws"] == 1


def test_a_draw_that_was_killed_is_made_again(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = module.Trainer.fit

    def killed(*args: object, **kwargs: object) -> object:
        original(*args, **kwargs)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module.Trainer, "fit", killed)
        with pytest.raises(KeyboardInterrupt):
            finetune(world, tmp_path / "out", draws=1)
    finetune(world, tmp_path / "out", draws=1, resume=True)
    assert (tmp_path / "out/draw-0/model.safetensors").read_bytes() == (
        world.target / "draw-0/model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(
    ("settings", "guarantee"),
    [
        (
            {"normalization": "source"},
            f"{DISJOINT}; standardised by the clips that were learnt from and no others",
        ),
        (
            {"normalization": "speaker"},
            f"{DISJOINT}; standardised by each speaker's clips and self-trained on all target clips of these classes "
            "without labels, test clips included, classes balanced within each speaker's clips",
        ),
        ({"protocol": "shots", "shots": 2}, f"speaker-disjoint test; no validation; {BY_CORPUS}"),
        (
            {"protocol": "clips"},
            f"SPEAKER-DEPENDENT: test and validation may share speakers with adaptation; {BY_CORPUS}",
        ),
    ],
)
def test_protocols_and_normalizations_run(settings: dict, guarantee: str, world: World, tmp_path: Path) -> None:
    summary = finetune(world, tmp_path / "out", baseline=False, **settings)
    assert summary.guarantee == guarantee
    assert [row.system for row in summary.systems] == ["chance", "zero-shot", "fine-tuned"]
    split = Split.load(tmp_path / "out/draw-0/split.json")
    assert split.guarantee == guarantee


@pytest.mark.parametrize("normalization", ["source", "corpus", "speaker"])
def test_training_reaches_no_test_clip(
    normalization: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[tuple[str, ...]] = []
    for owner, name, place in ((module.Trainer, "fit", 2), (module, "validation", 0), (module, "fit_summary", 1)):
        original = getattr(owner, name)

        def spy(*args, original=original, place=place, **kwargs):  # type: ignore[no-untyped-def]
            handed.append((*args[place].ids, *args[place].group_of))
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, spy)
    finetune(world, tmp_path / "out", normalization=normalization, optimization={"scope": "all"})
    split = Split.load(tmp_path / "out/draw-0/split.json")
    # Two systems learn: each is fitted and validated, and has its summary fitted before and, unless it trains
    # itself, after.
    assert len(handed) == (8 if normalization == "source" else 7)
    assert not set(split.test) & {id_ for ids in handed for id_ in ids}
    source = Split.load(world.source / "split.json")
    assert {id_ for ids in handed for id_ in ids} == {*split.adapt, *split.valid, *source.train}


def test_target_only_knows_nothing_of_the_others_when_standardised_by_the_source(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[set[str]] = []
    original = PreparedCorpus.statistics

    def statistics(self, ids=None):  # type: ignore[no-untyped-def]
        measured.append(set(self.rows if ids is None else ids))
        return original(self, ids)

    monkeypatch.setattr(PreparedCorpus, "statistics", statistics)
    monkeypatch.setattr(PreparedCorpus, "moments", property(lambda _: pytest.fail("all clips were measured")))
    finetune(world, tmp_path / "out", normalization="source")
    split = Split.load(tmp_path / "out/draw-0/split.json")
    assert measured
    assert all(ids == {*split.adapt, *split.valid} for ids in measured)


def leaking(world: World, to: Path) -> Path:
    """Return a source whose ledger has seen every speaker of the target."""

    def change(folder: Path) -> None:
        heard = Ledger({"emodb": Seen(frozenset(f"emodb/{name}" for name in ("03", "08", "09", "10", "11")))})
        Ledger.load(folder / "ledger.json").merge(heard).save(folder / "ledger.json")

    return copied(world.source, to, change)


def test_a_source_that_has_seen_a_test_speaker(world: World, tmp_path: Path) -> None:
    source = leaking(world, tmp_path / "source")
    with pytest.raises(LeakageError) as caught:
        finetune(world, tmp_path / "out", source=str(source))
    test = sorted({id_[6:8] for id_ in Split.load(world.target / "draw-0/split.json").test})
    finding = f"3 of 3 test speakers were seen ({', '.join(f'emodb/{name}' for name in test)})"
    assert str(caught.value) == (
        f"{finding}: make the split again, or pass allow_leakage (--allow-leakage), which stamps every number "
        "SPEAKER-DEPENDENT."
    )
    data = data_settings(world, allow_leakage=True)
    finetune(world, tmp_path / "out", source=str(source), data=data, **without_table({}))
    guarantee = f"SPEAKER-DEPENDENT: {finding}; {BY_CORPUS}"
    assert json.loads((tmp_path / "out/results.json").read_text())["guarantee"] == guarantee
    assert (tmp_path / "out/results.md").read_text().startswith(f"Guarantee: {guarantee} (")
    assert set(Predictions.read(tmp_path / "out/predictions.parquet").values("guarantee")) == {guarantee}


def test_a_moved_encoder_is_found_by_the_tuned_model_too(world: World, tmp_path: Path) -> None:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"encoder": str(tmp_path / "gone")}))

    source = copied(world.source, tmp_path / "source", change)
    finetune(world, tmp_path / "out", source=str(source), encoder=str(world.encoder), **without_table({}))
    config = json.loads((tmp_path / "out/draw-0/config.json").read_text())
    assert config["encoder"] == str(world.encoder)
    answer = pipeline(tmp_path / "out/draw-0")(next(world.data.rglob("*.wav")))
    assert sum(row["score"] for row in answer) == pytest.approx(1)


def test_a_source_that_no_recipe_wrote(world: World, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        finetune(world, tmp_path / "out", source=str(tmp_path / "nothing"))
    assert str(caught.value) == (
        f"{tmp_path}/nothing: there is no such folder: expected a model that recipes/train_source.py wrote; "
        "check --source."
    )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({}, "--lang and --corpus: neither was named: name a language, a corpus or your own data."),
        ({"lang": "de", "protocol": "fold"}, "--protocol 'fold' is unknown: choose speakers, clips or shots."),
        (
            {"lang": "de", "normalization": "clip"},
            "--normalization 'clip' is unknown: choose one of source, corpus, speaker.",
        ),
    ],
)
def test_settings_that_contradict(settings: dict, sentence: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TargetSettings(**settings)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("optimization", "sentence"),
    [
        ({"scope": "adapters"}, "--scope adapters is unknown: choose one of all, biases, head, summary, distilled."),
        ({"scope": "all", "loss": "hinge"}, "--loss hinge is unknown: choose one of cross-entropy, additive-margin."),
        (
            {"scope": "all", "loss": "additive-margin"},
            "--loss additive-margin with a linear classifier: a margin is one of cosines: train the source with "
            "--loss additive-margin too, or fine-tune with cross-entropy.",
        ),
    ],
)
def test_ways_of_adapting_that_cannot_be(optimization: dict, sentence: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        finetune(world, tmp_path / "out", optimization=optimization)
    assert str(caught.value) == sentence
    assert not list(tmp_path.glob("out/draw-*"))


def test_a_run_is_not_resumed_under_another_default_scope(world: World, tmp_path: Path) -> None:
    out = copied(world.target, tmp_path / "out")
    settings = json.loads((out / "settings.json").read_text())
    assert settings["scope"] == "distilled"
    (out / "settings.json").write_text(json.dumps(settings | {"scope": None}))
    with pytest.raises(SettingsError, match="was begun with scope None, now distilled: resume with the same settings"):
        finetune(world, out, draws=2, resume=True)


def changed(world: World, folder: Path) -> set[str]:
    """Return which weights of a fine-tuned model are not the source's, the summary's and standardisation aside."""
    before, after = (load_file(place / "model.safetensors") for place in (world.source, folder))
    apart = ("summary.", "standardizer.", "branch_weights", "temperature", "memory_")
    return {name for name in before if not name.startswith(apart) and not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    ("scope", "expected"), [("summary", set()), ("head", {"classifier.weight", "classifier.bias"})]
)
def test_what_is_out_of_scope_stays_as_the_source_left_it(
    scope: str, expected: set, world: World, tmp_path: Path
) -> None:
    masked = {"averaging": 0.5, "mask": 0.3} if scope == "head" else {}
    finetune(world, tmp_path / "out", optimization={"scope": scope, **masked}, baseline=False)
    assert changed(world, tmp_path / "out/draw-0") == expected
    summaries = [load_file(place / "model.safetensors") for place in (world.source, tmp_path / "out/draw-0")]
    assert not torch.equal(summaries[0]["summary.weight"], summaries[1]["summary.weight"])


def test_the_target_is_looked_for_beside_the_source_where_nothing_else_is_said(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HUMPCAT_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    data = data_settings(world)
    data.data_dir = None
    summary = finetune(world, tmp_path / "out", data=data, baseline=False)
    assert [row.system for row in summary.systems] == ["chance", "zero-shot", "fine-tuned"]
