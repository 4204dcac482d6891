import itertools

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import permutation_test

from humpcat.errors import SettingsError
from humpcat.evaluation import Predictions, compare_systems, holm, scores, summarise
from humpcat.evaluation.resampling import speaker_counts
from humpcat.evaluation.significance import correct_together, permutation_p

from .making import CLASSES, GUARANTEE, gold_of, predicted, rows

ROWS = rows(8)
GOLD = gold_of(ROWS)


def system(right, name="fine-tuned", draws=(0, 1), gold=GOLD, some_rows=ROWS):
    return Predictions.concat([predicted(some_rows, gold, right=right, draw=draw, system=name) for draw in draws])


def counts_of(gold, answers, speakers, seed=0):
    return speaker_counts(gold, answers, speakers, classes=CLASSES, rng=np.random.default_rng(seed))


def test_exact_p_by_hand():
    # Six speakers of one clip; the first system is right in all, the second in none: of 2^6 swaps only that of
    # nobody and that of everybody give so large a difference.
    gold = ["anger"] * 6
    made = counts_of(gold, [gold, ["neutral"] * 6], list("abcdef"))
    p_values, swaps, exact, smallest = permutation_p(made, rng=np.random.default_rng(0))
    assert (swaps, exact, smallest) == (64, True, 2 / 64)
    assert p_values == {"wa": 2 / 64, "uar": 2 / 64, "macro_f1": 2 / 64}


@pytest.mark.parametrize("seed", range(5))
def test_exact_p_equals_all_swaps_written_out(seed):
    rng = np.random.default_rng(seed)
    gold = rng.choice(CLASSES, 40)
    answers = [np.where(rng.random(40) < share, gold, rng.choice(CLASSES, 40)) for share in (0.8, 0.4)]
    speakers = rng.permutation(np.arange(40) % 5)
    found = permutation_p(counts_of(gold, answers, speakers.astype(str).tolist()), rng=rng)[0]
    differences = []
    for swap in itertools.product([False, True], repeat=5):
        swapped = np.array(swap)[speakers]
        one, two = np.where(swapped, answers[1], answers[0]), np.where(swapped, answers[0], answers[1])
        pair = [scores(gold, some, CLASSES) for some in (one, two)]
        differences.append([getattr(pair[0], name) - getattr(pair[1], name) for name in found])
    differences = np.abs(differences)
    expected = (differences >= differences[0] - 1e-12).mean(axis=0)
    assert list(found.values()) == pytest.approx(expected.tolist(), abs=1e-12)


def test_p_of_accuracy_equals_scipy():
    # With equally many clips a speaker, accuracy is the mean of the speakers' accuracies.
    one, two = system(0.7, draws=(0,)), system(0.55, draws=(0,))
    found = compare_systems(one, two)
    right = [(part.predicted == part.gold).reshape(8, 9).mean(axis=1) for part in (one, two)]
    reference = permutation_test(
        right, lambda x, y, axis: (x - y).mean(axis=axis), permutation_type="samples", n_resamples=np.inf
    )
    assert found.exact
    assert found.differences["wa"].p == pytest.approx(reference.pvalue, abs=1e-12)


def test_random_swaps_come_near_the_exact_p_and_never_reach_zero():
    one, two = system(0.7), system(0.6)
    exact = compare_systems(one, two)
    random = compare_systems(one, two, swaps=200)
    assert exact.exact
    assert not random.exact
    for name, value in exact.differences.items():
        assert random.differences[name].p == pytest.approx(value.p, abs=0.12)
    large = compare_systems(system(0.99), system(0.05), swaps=99)
    assert large.differences["wa"].p >= 1 / 100


def test_scores_and_intervals_are_those_of_the_result_table():
    one, two = system(0.8), system(0.4, "zero-shot")
    found = compare_systems(one, two)
    table = {row.system: row.figures for row in summarise(Predictions.concat([one, two])).systems}
    for name, value in found.differences.items():
        for interval, row in ((value.first, "fine-tuned"), (value.second, "zero-shot")):
            figure = table[row][name]
            assert (interval.estimate, interval.low, interval.high) == (figure.mean, figure.low, figure.high)
        assert value.estimate == pytest.approx(value.first.estimate - value.second.estimate, abs=1e-12)
        assert value.low < value.estimate < value.high
        assert value.significant
    assert (found.first, found.second, found.guarantee) == ("fine-tuned", "zero-shot", GUARANTEE)
    assert (found.clips, found.draws, found.units, found.resampled) == (72, 2, 8, "speakers")
    assert str(found).startswith("fine-tuned less zero-shot:\n  accuracy (WA): +")


def test_order_of_rows_and_of_classes_changes_nothing_and_sides_change_the_sign():
    one, two = system(0.8), system(0.6)
    found = compare_systems(one, two, resamples=100)
    order = np.random.default_rng(0).permutation(one.table.num_rows)
    shuffled = Predictions(one.table.take(pa.array(order)), CLASSES[::-1])
    again = compare_systems(shuffled, two, resamples=100)
    turned = compare_systems(two, one, resamples=100)
    for name, value in found.differences.items():
        assert again.differences[name].p == value.p == turned.differences[name].p
        assert again.differences[name].low == pytest.approx(value.low, abs=1e-12)
        assert turned.differences[name].low == pytest.approx(-value.high, abs=1e-12)


def test_the_seed_decides():
    one, two = system(0.7), system(0.6)
    assert compare_systems(one, two, seed=1, swaps=50) == compare_systems(one, two, seed=1, swaps=50)
    assert compare_systems(one, two, seed=1, swaps=50) != compare_systems(one, two, seed=2, swaps=50)


def test_a_system_compared_with_itself():
    found = compare_systems(system(0.7), system(0.7), names=("A", "B"))
    for value in found.differences.values():
        assert (value.estimate, value.p, value.p_holm, value.significant) == (0, 1, 1, False)


def test_only_the_common_clips_count():
    fewer = {id_: GOLD[id_] for id_ in list(GOLD)[:45]}
    found = compare_systems(system(0.8), system(0.5, "zero-shot", draws=(0,), gold=fewer))
    assert (found.clips, found.draws, found.units) == (45, 1, 5)
    assert found.notes == ("99 of 144 predictions of fine-tuned have no counterpart in zero-shot and are left out.",)
    both = Predictions.concat([system(0.8), system(0.5, "zero-shot", draws=(0,), gold=fewer)])
    tested = both.table.filter(pa.array((both.values("draw") == 0) & np.isin(both.values("id"), list(fewer))))
    same = Predictions(tested, CLASSES)
    again = compare_systems(same.of_system("fine-tuned"), same.of_system("zero-shot"))
    assert again.differences == found.differences


def test_one_speaker_has_no_interval_and_no_significance():
    some = rows(1)
    found = compare_systems(
        system(0.9, gold=gold_of(some), some_rows=some), system(0.1, gold=gold_of(some), some_rows=some)
    )
    for value in found.differences.values():
        assert np.isnan(value.low)
        assert value.p == 1
        assert "nan" not in str(value)


def test_unknown_speakers_are_swapped_clip_by_clip():
    some = [row | {"speaker": None} for row in ROWS]
    found = compare_systems(system(0.9, some_rows=some), system(0.5, some_rows=some))
    assert (found.units, found.resampled) == (72, "clips")
    # A speaker that one of the tables knows is enough.
    assert compare_systems(system(0.9), system(0.5, some_rows=some)).resampled == "speakers"


def test_a_stamp_on_one_side_is_kept():
    stamped = predicted(ROWS, GOLD, guarantee="SPEAKER-DEPENDENT: by design", system="clip-share")
    found = compare_systems(system(0.8, draws=(0,)), stamped)
    assert found.guarantee == f"clip-share: SPEAKER-DEPENDENT: by design; fine-tuned: {GUARANTEE}"


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([]) == []


def test_several_comparisons_are_corrected_together():
    pairs = [compare_systems(system(0.8), system(right), names=("A", str(right))) for right in (0.7, 0.5)]
    together = correct_together(pairs)
    p_values = [one.p for made in pairs for one in made.differences.values()]
    assert [one.p_holm for made in together for one in made.differences.values()] == holm(p_values)
    assert [made.tests for made in together] == [6, 6]


def test_a_million_clips_are_pooled():
    rng = np.random.default_rng(0)
    n = 1_000_000
    names = np.array(CLASSES, dtype=object)
    gold = names[rng.integers(0, 3, n)]
    answers = [np.where(rng.random(n) < share, gold, "neutral") for share in (0.7, 0.69)]
    made = counts_of(gold, answers, [None] * n)
    assert (made.units, made.groups) == (n, 2000)
    p_values = permutation_p(made, rng=rng, swaps=999)[0]
    assert max(p_values.values()) < 0.01


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (
            lambda: Predictions.concat([system(0.5), system(0.5, "zero-shot")]),
            "systems fine-tuned, zero-shot found, expected one on each side: choose with Predictions.of_system.",
        ),
        (
            lambda: Predictions(
                system(0.5)
                .table.rename_columns([name.replace("p_anger", "p_joy") for name in system(0.5).table.column_names])
                .filter(pa.array(system(0.5).gold != "anger")),
                ("sadness", "joy", "neutral"),
            ),
            "fine-tuned has the classes sadness, anger, neutral, fine-tuned has sadness, joy, neutral: compare "
            "systems of one label space.",
        ),
        (
            lambda: system(0.5, "zero-shot", draws=(7,)),
            "fine-tuned and zero-shot have no clip of the same draw in common (draws 0, 1 of toy/0-0, toy/0-1, "
            "toy/0-2 and 69 more beside draws 7 of toy/0-0, toy/0-1, toy/0-2 and 69 more): compare systems that were "
            "tested on the same split.",
        ),
        (
            lambda: system(0.5, "zero-shot", gold=GOLD | {"toy/0-0": "anger"}),
            "gold classes of fine-tuned and zero-shot differ in 1 clips (toy/0-0): compare systems that were tested "
            "on one labelling.",
        ),
        (
            lambda: system(0.5, "zero-shot", some_rows=[{**ROWS[0], "speaker": "x"}, *ROWS[1:]]),
            "speakers of fine-tuned and zero-shot differ in 1 clips (toy/0-0): compare tables made from one manifest.",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(other, message):
    with pytest.raises(SettingsError) as error:
        compare_systems(system(0.8), other())
    assert str(error.value) == message


def test_no_swaps_are_refused():
    with pytest.raises(SettingsError) as error:
        compare_systems(system(0.8), system(0.5), swaps=0)
    assert str(error.value) == "swaps 0: expected a whole number from 1 to 10000000."


def test_pairs_that_were_passed_over_count_in_the_correction():
    some = rows(10)
    first = predicted(some, gold_of(some), right=0.9)
    made = compare_systems(first, predicted(some, gold_of(some), right=0.3, system="other"), resamples=20)
    (one,) = correct_together([made], among=10)
    assert one.tests == 30
    assert min(found.p_holm for found in one.differences.values()) == pytest.approx(
        min(1, 30 * min(found.p for found in made.differences.values()))
    )


def test_the_interval_of_no_spread_is_not_empty():
    some = rows(8)
    right = [predicted(some, gold_of(some), right=1.0, system=name) for name in ("one", "other")]
    found = compare_systems(*right, resamples=20).differences["uar"]
    other = 1 - 0.025 ** (1 / 8)
    assert (found.estimate, found.low, found.high) == (0, pytest.approx(-other), pytest.approx(other))
