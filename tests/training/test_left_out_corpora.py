"""A source of several corpora: what is said of strangers, and how sure it is."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from humpcat.errors import ProtocolError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.inference.pipeline import pipeline
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.training.left_out_corpora import (
    LearntCorpus,
    LeftOut,
    Tries,
    cautious_certainty,
    farthest_of,
    learn_alike,
    learn_all,
    left_out_in_turn,
    shares_of,
    trust,
)
from humpcat.training.linear_branch import SummaryFit, fit_summary
from humpcat.training.stretches import stretches
from humpcat.training.trainer.loop import predict

from ..voices import voice
from .data.test_examples import LAYERS, WIDTH, dataset
from .making import World, train
from .test_linear_branch import part

LABELS = [0, 1, 2, 3] * 6
RIGHT = (0.6, 0.95, 0.4)


def corpora(seeds: Sequence[int]) -> list[LearntCorpus]:
    parts = [part(LABELS, f"c{seed}", seed) for seed in seeds]
    return [LearntCorpus(f"c{n}", clips, clips, clips.statistics["whole"]) for n, clips in enumerate(parts)]


def told(sharpness: float, right: float, seconds: float, clips: int = 2000) -> LeftOut:
    """Return answers of one sharpness, of which a share is right."""
    rng = np.random.default_rng(0)
    labels = np.arange(clips) % 4
    said = np.where(rng.random(clips) < right, labels, (labels + 1) % 4)
    return LeftOut(
        [f"{seconds}/{n}" for n in range(clips)], sharpness * np.eye(4)[said], labels, np.full(clips, seconds)
    )


def test_the_fusion_does_not_speak_and_length_counts(model: HumpCatForAudioClassification) -> None:
    left_out = left_out_in_turn(model.config, corpora([0, 1, 2]), [SummaryFit(stretches=0)]).left_out
    before = model.summary.weight.clone()
    trust(model, left_out)
    assert model.branch_weights.tolist() == [0.0, 1.0]
    factor, seconds = cautious_certainty(left_out)
    assert torch.allclose(model.summary.weight, factor * before)
    assert model.config.evidence_seconds == pytest.approx(seconds)


def test_a_corpus_is_answered_by_the_others_alone(model: HumpCatForAudioClassification) -> None:
    three = corpora([0, 1, 2])
    (before,) = left_out_in_turn(model.config, three, [SummaryFit()]).answers
    clips = replace(three[2].clips, labels=[3, 2, 1, 0] * 6)
    changed = [*three[:2], LearntCorpus("c2", clips, clips, three[2].statistics)]
    (after,) = left_out_in_turn(model.config, changed, [SummaryFit()]).answers
    assert [np.allclose(old.logits, new.logits) for old, new in zip(before, after, strict=True)] == [
        False,
        False,
        True,
    ]


def test_certainty_is_as_large_as_the_answers_are_right() -> None:
    factor, _ = cautious_certainty([told(5.0, 0.7, 1.0)])
    sure, _ = cautious_certainty([told(5.0, 0.99, 1.0)])
    assert factor < sure
    shares = np.exp(told(5.0, 0.7, 1.0).logarithms(*cautious_certainty([told(5.0, 0.7, 1.0)])))
    assert shares.max(axis=1).mean() == pytest.approx(0.7, abs=0.02)


def test_short_clips_are_less_sure_where_they_are_less_often_right() -> None:
    short, long = told(2.0, 0.5, 0.5), told(2.0, 0.95, 5.0)
    both = LeftOut(
        [*short.ids, *long.ids],
        *(np.concatenate([getattr(each, name) for each in (short, long)]) for name in ("logits", "labels", "seconds")),
    )
    certainty = cautious_certainty([both])
    doubted, sure = (np.exp(each.logarithms(*certainty)).max(axis=1).mean() for each in (short, long))
    assert doubted < 0.75 < sure


def test_the_hardest_corpus_says_how_sure_an_answer_may_be() -> None:
    hard, easy = told(2.0, 0.5, 1.0), told(2.0, 0.95, 1.0)
    # Of one length the factor and how evidence grows cannot be told apart: what they come to is compared.
    together, alone = (hard.logarithms(*cautious_certainty(left_out)) for left_out in ([hard, easy], [hard]))
    assert together == pytest.approx(alone, abs=0.02)


def test_a_corpus_has_no_part_in_how_sure_its_own_answers_are() -> None:
    one, two = told(2.0, 0.5, 1.0), told(2.0, 0.95, 2.0)
    found = Tries([SummaryFit()], [[one, two]], [0, 1]).probabilities()
    assert found[one.ids[0]] == pytest.approx(np.exp(one.logarithms(*cautious_certainty([two]))[0]).tolist())
    assert len(found) == len(one.ids) + len(two.ids)


def named(name: str, right: float) -> LeftOut:
    return replace(told(2.0, right, 1.0), ids=[f"{name}/{n}" for n in range(2000)])


def test_what_each_fit_counts_is_said_by_the_other_corpora_for_each_of_them() -> None:
    # The first way is right about a alone, the second about b alone.
    answers = [[named("a", 0.99), named("b", 0.1)], [named("a", 0.1), named("b", 0.99)]]
    tries = Tries([SummaryFit(1e-4), SummaryFit(1e-2)], answers, [0, 1])
    assert tries.shares[0] == pytest.approx(tries.shares[1], rel=1e-3)
    found = tries.probabilities()
    for place, way in ((0, 1), (1, 0)):
        said = answers[way][place]
        assert [int(np.argmax(found[clip_id])) for clip_id in said.ids] == said.logits.argmax(axis=1).tolist()


def test_a_fit_counts_by_how_likely_and_how_sure_its_answers_are() -> None:
    good, less, bad = ([named("a", right)] for right in (0.9, 0.85, 0.4))
    shares = shares_of([good, less, bad])
    assert shares[0] > shares[1] > 0.1 * shares[0] > 10 * shares[2]
    # Answers that are ten times as large and no better count for a tenth.
    larger = [replace(good[0], logits=10 * good[0].logits)]
    first, second = shares_of([good, larger])
    assert second == pytest.approx(first / 10, rel=0.01)
    assert shares_of([[], []]).tolist() == [0.5, 0.5]


def test_what_is_said_of_a_corpus_is_what_all_fits_say_together() -> None:
    answers = [[named("a", 0.9), named("b", 0.9)], [named("a", 0.6), named("b", 0.6)]]
    tries = Tries([SummaryFit(1e-4), SummaryFit(1e-2)], answers, [0, 1])
    for place, said in enumerate(tries.left_out):
        expected = tries.shares[0] * answers[0][place].logits + tries.shares[1] * answers[1][place].logits
        assert np.abs(said.logits - expected).max() < 1e-9


def test_all_fits_together_are_learnt_from_all_corpora(model: HumpCatForAudioClassification) -> None:
    three, fits = corpora([0, 1, 2]), [SummaryFit(1e-4), SummaryFit(1e-2)]
    tries = left_out_in_turn(model.config, three, fits)
    weight, bias = learn_all(model.config, three, tries)
    (first, first_bias), (second, second_bias) = (learn_alike(model.config, three, fit)[0] for fit in fits)
    assert np.abs(weight - tries.shares[0] * first - tries.shares[1] * second).max() < 1e-9
    assert np.abs(bias - tries.shares[0] * first_bias - tries.shares[1] * second_bias).max() < 1e-9


def test_without_a_test_part_several_corpora_are_tested_by_leaving_each_out(world: World, tmp_path: Path) -> None:
    whole = {"corpus": ["iemocap", "emodb"], "valid_share": 0.0, "test_share": 0.0, "stretches": 2}
    table = train(world, tmp_path / "out", source=whole)
    split = Split.load(tmp_path / "out/split.json")
    assert (split.valid, split.test) == ((), ())
    made = Predictions.read(tmp_path / "out/predictions.parquet")
    assert sorted(made.table.column("id").to_pylist()) == sorted(split.train)
    assert "cross-corpus" in table.guarantee
    model = HumpCatForAudioClassification.from_pretrained(tmp_path / "out")
    assert model.branch_weights[0] == 0
    assert 0 < model.config.evidence_seconds <= 10


def test_one_corpus_is_refused_where_nothing_would_be_tested(world: World, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="'test' is empty, expected one clip or more, or several corpora"):
        train(world, tmp_path / "out", source={"test_share": 0.0})
    assert not (tmp_path / "out/model.safetensors").exists()


def test_stretches_are_refused_where_nothing_reads_them(world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--stretches 2: does nothing where --summary-streams has no hidden"):
        train(world, tmp_path / "out", source={"stretches": 2}, network={"summary_streams": ["mfcc"]})


def test_stretches_are_of_half_a_second_or_more_and_change_the_linear_branch(
    model: HumpCatForAudioClassification,
) -> None:
    clips = dataset([100] * 8)
    means, labels, seconds = stretches(clips, model.config, 3, seed=0)
    assert (len(means), labels.tolist()) == (24, [n % 4 for n in range(8) for _ in range(3)])
    assert 0.5 <= seconds.min() < 1.0 < seconds.max() <= 2.0
    again = stretches(clips, model.config, 3, seed=0)
    assert np.array_equal(means, again[0])
    fit_summary(model, clips)
    assert model.summary is not None
    before = model.summary.weight.clone()
    fit_summary(model, clips, fit=SummaryFit(stretches=3))
    assert not torch.allclose(model.summary.weight, before)


def test_a_stretch_of_a_whole_clip_is_its_mean(model: HumpCatForAudioClassification) -> None:
    clips = dataset([100] * 4)
    means, _, seconds = stretches(clips, model.config, 40, seed=0)
    mean, spread = clips.statistics["whole"]["pooled"].numpy()
    whole = (clips.features["toy/0"]["hidden"].astype(np.float32).mean(axis=1) - mean) / spread
    assert np.allclose(means[:40][seconds[:40] == 2.0][0], whole.ravel(), atol=1e-5)


def test_clips_no_longer_than_a_word_are_not_cut(model: HumpCatForAudioClassification) -> None:
    means, labels, seconds = stretches(dataset([20] * 4), model.config, 3, seed=0)
    assert (means.shape, len(labels), len(seconds)) == ((0, LAYERS * WIDTH), 0, 0)


def test_longer_clips_are_surer(model: HumpCatForAudioClassification) -> None:
    clips = part(LABELS, "p", 0)
    fit_summary(model, clips)
    plain = predict(model, clips, Accelerator(cpu=True))
    model.config.evidence_seconds = 1.0
    doubted = predict(model, clips, Accelerator(cpu=True))
    for clip_id in clips.ids:
        assert max(doubted[clip_id]) < max(plain[clip_id])
        assert np.argmax(doubted[clip_id]) == np.argmax(plain[clip_id])


def test_a_corpus_that_is_no_stranger_is_not_told_of_but_says_how_sure_to_be() -> None:
    hard, easy, known = (replace(told(2.0, right, 1.0), ids=[f"{right}/{n}" for n in range(2000)]) for right in RIGHT)
    tries = Tries([SummaryFit()], [[hard, easy, known]], [0, 1])
    found = tries.probabilities()
    assert set(found) == {*hard.ids, *easy.ids}
    # The hardest of all others decides, though it is no stranger.
    assert found[easy.ids[0]] == pytest.approx(
        np.exp(easy.logarithms(*cautious_certainty([known]))[0]).tolist(), rel=0.05
    )


def test_a_corpus_that_is_no_stranger_does_not_say_what_a_fit_counts() -> None:
    answers = [
        [named("a", 0.9), named("b", 0.9), named("c", 0.3)],
        [named("a", 0.8), named("b", 0.8), named("c", 0.99)],
    ]
    first, second = Tries([SummaryFit(1e-4), SummaryFit(1e-2)], answers, [0, 1]).shares
    assert first > second
    first, second = Tries([SummaryFit(1e-4), SummaryFit(1e-2)], answers, [0, 1, 2]).shares
    assert first < second


@pytest.mark.parametrize(
    ("left_out", "sentence"),
    [
        (["mesd", "emodb"], "--left-out mesd: is none of the corpora"),
        (["emodb"], "one corpus says nothing of another"),
    ],
)
def test_what_cannot_be_left_out_is_refused(left_out: list[str], sentence: str, world: World, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=sentence):
        train(world, tmp_path / "out", source={"corpus": ["iemocap", "emodb"], "left_out": left_out})


def test_the_farthest_is_beyond_nearly_all_clips_of_left_out_corpora_each_weighing_alike() -> None:
    rng = np.random.default_rng(0)
    large = replace(told(1.0, 0.5, 1.0), distances=rng.uniform(1.0, 2.0, 9000))
    small = replace(told(1.0, 0.5, 1.0), distances=rng.uniform(3.0, 4.0, 100))
    assert farthest_of([large]) == pytest.approx(1.99, abs=0.01)
    assert farthest_of([large, small]) == pytest.approx(3.98, abs=0.03)
    assert farthest_of([told(1.0, 0.5, 1.0)]) == 0


def test_a_clip_unlike_what_was_learnt_from_is_flagged(world: World, tmp_path: Path) -> None:
    whole = {"corpus": ["iemocap", "emodb"], "valid_share": 0.0, "test_share": 0.0}
    train(world, tmp_path / "out", source=whole)
    classify = pipeline(tmp_path / "out", device="cpu")
    assert classify.model.config.farthest > 0
    clip = {"array": voice(), "sampling_rate": 16_000}
    plain = classify(clip)
    assert "flags" not in plain[0]
    classify.model.config.farthest = 0.01
    (flag,) = classify(clip)[0]["flags"]
    assert flag["name"] == "unfamiliar"
    assert "at most 0.01" in flag["reason"]
    assert [row["score"] for row in classify(clip)] == [row["score"] for row in plain]


def test_a_model_that_standardises_otherwise_knows_no_farthest(model: HumpCatForAudioClassification) -> None:
    trust(model, left_out_in_turn(model.config, corpora([0, 1, 2]), [SummaryFit()]).left_out)
    assert model.config.farthest > 0
    model.standardise_by(model.standardizer.held())
    assert model.config.farthest == 0
