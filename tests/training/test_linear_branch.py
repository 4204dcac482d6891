import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from sklearn.linear_model import LogisticRegression

from humpcat.domain_adaptation.logistic import INVERSE_PENALTY, MOST_ITERATIONS
from humpcat.errors import CheckpointError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered
from humpcat.models.humpcat.standardization import measure
from humpcat.self_training import SelfTrainedRidge
from humpcat.self_training.labelled_logistic import labelled_logistic
from humpcat.self_training.ridge import UNLABELLED
from humpcat.self_training.speakers import fit_speakers
from humpcat.training import linear_branch
from humpcat.training.data.examples import ClipDataset
from humpcat.training.linear_branch import (
    LOGITS_A_SCORE,
    NOISE_OF_LABELLED,
    SEVERAL_TOTAL,
    SummaryFit,
    adapt_summary,
    branch_probabilities,
    fit_mean_summary,
    fit_summary,
    held,
    memory_of,
    remember_source,
)
from humpcat.training.summary_values import bounded
from humpcat.training.trainer.loop import branch_logits, predict

from .data.test_examples import LAYERS, WIDTH, InMemory, features

VALUES = LAYERS * WIDTH


def part(labels: list[int], name: str, seed: int) -> ClipDataset:
    """Return clips whose pooled values tell of their class, of other means and spreads in each part."""
    ids = [f"{name}/{index}" for index in range(len(labels))]
    made = InMemory({id_: features(5, seed + index) for index, id_ in enumerate(ids)})
    for id_, label in zip(ids, labels, strict=True):
        made[id_]["pooled"] = seed + (1 + seed) * (made[id_]["pooled"] + 2 * np.eye(VALUES)[label].reshape(LAYERS, -1))
    statistics = {"whole": measure(made.values())}
    return ClipDataset(ids, labels, [1.0] * len(ids), made, statistics, dict.fromkeys(ids, "whole"))


def standardized(clips: ClipDataset) -> np.ndarray:
    mean, spread = clips.statistics["whole"]["pooled"].numpy()
    return np.stack([((clips.features[id_]["pooled"] - mean) / spread).ravel() for id_ in clips.ids])


def answers(model: HumpCatForAudioClassification, values: np.ndarray) -> np.ndarray:
    assert model.summary is not None
    with torch.no_grad():
        return model.summary(torch.from_numpy(values).float()).double().softmax(-1).numpy()


def scikit(parts: list[ClipDataset]) -> tuple[LogisticRegression, np.ndarray]:
    values = np.concatenate([standardized(clips) for clips in parts])
    most = max(map(len, parts))
    weights = np.concatenate([np.full(len(clips), most / len(clips)) for clips in parts])
    labels = np.concatenate([clips.labels for clips in parts])
    return LogisticRegression(C=INVERSE_PENALTY, max_iter=MOST_ITERATIONS).fit(values, labels, weights), values


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([[0, 1, 2, 3] * 10], id="one part"),
        pytest.param([[0, 1, 2, 3] * 10, [3, 2, 1, 0, 0]], id="a small part weighs as much"),
        pytest.param([[1, 3] * 10], id="two classes"),
        pytest.param([[0, 1, 3] * 10], id="a class is missing"),
    ],
)
def test_as_scikit_learn_fits_it(labels: list[list[int]], model: HumpCatForAudioClassification) -> None:
    parts = [part(own, f"p{index}", 100 * index) for index, own in enumerate(labels)]
    fit_summary(model, *parts)
    regression, values = scikit(parts)
    found, expected = answers(model, values), regression.predict_proba(values)
    present = sorted({label for own in labels for label in own})
    absent = [label for label in range(4) if label not in present]
    assert np.abs(found[:, present] - expected).max() < 1e-3 if absent else 1e-5
    shares = found[:, present] / found[:, present].sum(1, keepdims=True)
    assert np.abs(shares - expected).max() < 1e-5
    assert (found[:, absent] < 1e-3).all()


def test_several_corpora_weigh_by_the_roots_of_their_sizes_and_together_the_same(
    model: HumpCatForAudioClassification,
) -> None:
    parts = [part([0, 1, 2, 3] * 16, "p0", 0), part([3, 2, 1, 0], "p1", 100)]
    fit_summary(model, *parts, fit=SummaryFit(1e-4, several=True))
    values = np.concatenate([standardized(clips) for clips in parts])
    labels = np.concatenate([clips.labels for clips in parts])
    # The second has a sixteenth of the clips and weighs a quarter of the first: each of its clips counts four times.
    weights = np.repeat([1.0, 4.0], [64, 4]) * SEVERAL_TOTAL / 80
    expected = LogisticRegression(C=1e-4, max_iter=MOST_ITERATIONS).fit(values, labels, weights)
    assert np.abs(answers(model, values) - expected.predict_proba(values)).max() < 1e-5


def test_a_mean_of_fits_lets_each_have_as_much_to_say(model: HumpCatForAudioClassification) -> None:
    clips = part([0, 1, 2, 3] * 10, "p", 0)
    fit_mean_summary(model, [clips], [1e-5, 1e-1])
    values, linear = standardized(clips), held(model)
    assert linear is not None
    alone = [
        values @ weight.T + bias
        for weight, bias in (SummaryFit(penalty)(model.config, [clips]) for penalty in (1e-5, 1e-1))
    ]
    assert alone[1].std() > 20 * alone[0].std()
    expected = sum(logits / logits.std() for logits in alone) * (alone[0].std() + alone[1].std()) / 4
    assert np.abs(values @ linear[0].T + linear[1] - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_mean_of_one_fit_is_that_fit(model: HumpCatForAudioClassification) -> None:
    clips = part([0, 1, 2, 3] * 6, "p", 0)
    fit_summary(model, clips)
    first = answers(model, standardized(clips))
    fit_mean_summary(model, [clips], [INVERSE_PENALTY])
    assert np.abs(answers(model, standardized(clips)) - first).max() < 1e-6


def test_one_class_is_always_answered(model: HumpCatForAudioClassification) -> None:
    clips = part([2] * 5, "p", 0)
    fit_summary(model, clips)
    found = answers(model, standardized(clips))
    assert (found[:, 2] > 0.999).all()


def test_a_part_counts_as_a_whole_however_often_its_clips_are_repeated(model: HumpCatForAudioClassification) -> None:
    many, few = part([0, 1, 2, 3] * 10, "p", 0), part([3, 2, 1, 0], "q", 50)
    fit_summary(model, many, few)
    first = answers(model, standardized(few))
    again = ClipDataset(
        [*few.ids, *[f"{id_} again" for id_ in few.ids]],
        [*few.labels, *few.labels],
        [1.0] * 8,
        few.features.merge(InMemory({f"{id_} again": few.features[id_] for id_ in few.ids})),
        few.statistics,
        few.group_of | {f"{id_} again": "whole" for id_ in few.ids},
    )
    fit_summary(model, many, again)
    assert np.abs(answers(model, standardized(few)) - first).max() < 1e-4


def test_the_order_of_clips_changes_nothing(model: HumpCatForAudioClassification) -> None:
    clips = part([0, 1, 2, 3] * 6, "p", 0)
    fit_summary(model, clips)
    first = answers(model, standardized(clips))
    order = np.random.default_rng(3).permutation(len(clips))
    shuffled = ClipDataset(
        [clips.ids[i] for i in order],
        [clips.labels[i] for i in order],
        clips.lengths,
        clips.features,
        clips.statistics,
        clips.group_of,
    )
    fit_summary(model, shuffled)
    assert np.abs(answers(model, standardized(clips)) - first).max() < 1e-4


def test_a_model_without_the_branch_is_left_alone() -> None:
    model = HumpCatForAudioClassification(
        HumpCatConfig(encoder_width=WIDTH, encoder_layers=[0, 1], hidden_size=8, heads=2, statistics=False)
    )
    before = model.weights_hash()
    fit_summary(model, part([0, 1], "p", 0))
    assert model.weights_hash() == before


def test_a_summary_of_other_streams_is_fitted_to_what_the_model_hears() -> None:
    torch.manual_seed(0)
    labels = {name: index for index, name in enumerate("abcd")}
    model = HumpCatForAudioClassification(
        HumpCatConfig(
            encoder_width=WIDTH,
            encoder_layers=range(LAYERS),
            hidden_size=8,
            heads=2,
            summary_streams=["mfcc", "prosody"],
            label2id=labels,
        )
    )
    clips = part([0, 1, 2, 3] * 10, "p", 0)
    for id_, label in zip(clips.ids, clips.labels, strict=True):
        clips.features[id_]["pooled"][:] = 0
        clips.features[id_]["prosody"][:, 1] *= 1 + 3 * label
    clips.statistics["whole"].update(measure(clips.features[id_] for id_ in clips.ids))
    fit_summary(model, clips)
    _, summary = branch_logits(model, clips, Accelerator(cpu=True))
    assert summary.shape[1] == 4
    assert (summary.argmax(1) == np.asarray(clips.labels)).mean() > 0.8


def test_adapting_from_the_memory_is_the_regression_on_source_and_target(model: HumpCatForAudioClassification) -> None:
    source, target = part([0, 1, 2, 3] * 10, "source", 0), part([3, 2, 1, 0, 0, 1], "target", 50)
    remember_source(model, source)
    adapt_summary(model, remembered(model), target)
    assert model.summary is not None
    ridge = SelfTrainedRidge(target_noise=NOISE_OF_LABELLED)
    ridge.fit(standardized(source), source.labels, standardized(target), target.labels)
    # The memory lies in half precision.
    assert model.summary.weight.detach().numpy() == pytest.approx(LOGITS_A_SCORE * ridge.coef_, abs=2e-3)
    assert model.summary.bias.detach().numpy() == pytest.approx(LOGITS_A_SCORE * ridge.intercept_, abs=2e-3)


def held_numbers(model: HumpCatForAudioClassification) -> np.ndarray:
    weight, bias = held(model)
    return np.column_stack([weight, bias])


def test_labelled_clips_alone_make_the_mean_of_two_regressions(model: HumpCatForAudioClassification) -> None:
    source, target = part([0, 1, 2, 3] * 10, "source", 0), part([3, 2, 1, 0, 0, 1], "target", 50)
    fit_summary(model, source)
    before, memory = held(model), memory_of(model.config, source)
    adapt_summary(model, memory, target)
    ridge = held_numbers(model)
    adapt_summary(model, memory, target, before=before)
    both = held_numbers(model)
    values = bounded(model.config, target)
    logistic = labelled_logistic(memory, before, values, target.labels, np.ones(VALUES, bool))
    assert both == pytest.approx((ridge + np.column_stack(logistic)) / 2, abs=1e-4)
    assert np.abs(both - ridge).max() > 0.1


def test_the_logistic_regression_has_no_say_elsewhere(model: HumpCatForAudioClassification) -> None:
    source, target = part([0, 1, 2, 3] * 10, "source", 0), part([3, 2, 1, 0, 0, 1], "target", 50)
    heard = part([UNLABELLED] * 30, "heard", 50)
    fit_summary(model, source)
    before, memory = held(model), memory_of(model.config, source)
    fewer = memory.of_classes(["a", "b", "c", "d"], ["a", "b", "c", "e"])
    for known, others in ((memory, heard), (fewer, None)):
        adapt_summary(model, known, target, others)
        without = held_numbers(model)
        adapt_summary(model, known, target, others, before=before)
        assert (held_numbers(model) == without).all()


def of_speakers(clips: ClipDataset, count: int) -> ClipDataset:
    """Return clips that are standardised by each of so many speakers' own."""
    group_of = {clip_id: f"s{place % count}" for place, clip_id in enumerate(clips.ids)}
    groups = {
        name: measure(clips.features[clip_id] for clip_id in clips.ids if group_of[clip_id] == name)
        for name in sorted(set(group_of.values()))
    }
    return replace(clips, statistics=groups, group_of=group_of)


@pytest.mark.parametrize("speakers", [1, 3])
def test_self_training_that_is_not_believed_is_said_and_left_out(
    model: HumpCatForAudioClassification, monkeypatch: pytest.MonkeyPatch, speakers: int
) -> None:
    source, labelled = (
        part([0, 1, 2, 3] * 10, "source", 0),
        of_speakers(part([3, 2, 1, 0] * 3, "target", 50), speakers),
    )
    heard = of_speakers(part([UNLABELLED] * 30, "heard", 50), speakers)
    memory = memory_of(model.config, source)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained = adapt_summary(model, memory, labelled, heard, memory)
        before = model.weights_hash()
        alone = adapt_summary(model, memory, labelled)
    monkeypatch.setattr("humpcat.training.linear_branch.MOST_GAIN", -1.0)
    with pytest.warns(UserWarning, match="30 clips without labels are not learnt from: soft labels of them came to"):
        doubted = adapt_summary(model, memory, labelled, heard, memory)
    assert trained.shape == doubted.shape == (42, 4)
    assert alone.shape == (12, 4)
    assert model.weights_hash() != before
    assert not np.allclose(doubted[12:], trained[12:])


def test_what_the_source_does_not_know_is_learnt_without_labels_where_the_rest_is(
    model: HumpCatForAudioClassification, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, labelled = part([0, 1, 2, 3] * 10, "source", 0), part([3, 2, 1, 0] * 3, "target", 50)
    heard = part([UNLABELLED] * 30, "heard", 50)
    memory = memory_of(model.config, source).of_classes(list("abcd"), list("abcx"))
    fits, regression = [], linear_branch._regression

    def spy(ridge, *given):  # type: ignore[no-untyped-def]
        fits.append(regression(ridge, *given))
        return fits[-1]

    monkeypatch.setattr(linear_branch, "_regression", spy)
    adapt_summary(model, memory, labelled, heard)
    monkeypatch.setattr(linear_branch, "MOST_GAIN", -1.0)
    with pytest.warns(UserWarning, match="are not learnt from"):
        adapt_summary(model, memory, labelled, heard)
    assert [fit.self_trained_ for fit in fits] == [True, True, False, False]


def test_clips_of_several_speakers_are_told_from_their_voices(
    model: HumpCatForAudioClassification, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = part([0, 1, 2, 3] * 10, "source", 0), of_speakers(part([3, 2, 1, 0] * 6, "target", 50), 3)
    heard, memory = replace(target, labels=(UNLABELLED,) * 24), memory_of(model.config, source)
    handed = []

    def spy(ridge, clips, by_speaker, by_corpus):  # type: ignore[no-untyped-def]
        handed.append((clips, by_speaker, by_corpus))
        return fit_speakers(ridge, clips, by_speaker, by_corpus)

    monkeypatch.setattr("humpcat.training.linear_branch.fit_speakers", spy)
    by_corpus = memory.forgotten()
    adapt_summary(model, memory, replace(target, ids=(), labels=(), lengths=()), heard, by_corpus)
    ((clips, *memories),) = handed
    assert memories == [memory, by_corpus]
    assert clips.raw == pytest.approx(np.stack([target.features[name]["pooled"].ravel() for name in target.ids]))
    for one in range(3):
        assert clips.own[one::3].mean(axis=0) == pytest.approx(np.zeros(VALUES), abs=1e-4)
    assert clips.speakers == [f"s{place % 3}" for place in range(24)]
    # With every label known there is nothing to tell apart.
    adapt_summary(model, memory, target, None, by_corpus)
    assert len(handed) == 1


def test_without_a_memory_there_is_nothing_to_adapt_from(model: HumpCatForAudioClassification) -> None:
    with pytest.raises(CheckpointError, match="the model has no memory of its source, expected one that"):
        remembered(model)
    plain = HumpCatForAudioClassification(
        HumpCatConfig(encoder_width=WIDTH, encoder_layers=[0, 1], hidden_size=8, heads=2, statistics=False)
    )
    remember_source(plain, part([0, 1], "source", 0))
    assert plain.config.memory_rank == 0


def test_a_fusion_that_is_known_gives_the_models_probabilities(model: HumpCatForAudioClassification) -> None:
    clips = part([0, 1, 2, 3] * 3, "p", 0)
    fit_summary(model, clips)
    model.branch_weights.copy_(torch.tensor([0.4, 1.3]))
    model.temperature.fill_(1.7)
    accelerator = Accelerator(cpu=True)
    fusion, _ = branch_logits(model, clips, accelerator)
    found = branch_probabilities(model, fusion, clips)
    expected = predict(model, clips, accelerator)
    assert found == pytest.approx(np.array([expected[clip_id] for clip_id in clips.ids]), abs=1e-5)
