import json

import numpy as np
import pytest

from humpcat.errors import SettingsError
from humpcat.evaluation import Predictions, chance_scores, scores, summarise
from humpcat.protocols.guarantee import DOUBTED

from .making import CLASSES, GUARANTEE, gold_of, predicted, rows

ROWS = rows()
GOLD = gold_of(ROWS)
# The chance row is checked by hand: WA is 1/9, 3/9 and 5/9 in the three draws. The intervals hang on NumPy's
# generator, whose stream may change with its version.
GOLDEN = """\
Guarantee: speaker-disjoint test; no validation (6 speakers, 54 clips, 3 draws).

| system     | accuracy (WA) %         | UAR %                   | macro-F1 %              |
| ---------- | ----------------------- | ----------------------- | ----------------------- |
| chance     | 33.3 ± 22.2             | 33.3 ± 0.0              | 15.7 ± 8.6              |
| zero-shot  | 46.7 ± 2.2 [34.6, 59.1] | 41.0 ± 1.4 [27.5, 56.1] | 40.3 ± 1.4 [28.1, 53.9] |
| fine-tuned | 89.6 ± 3.4 [74.7, 96.2] | 85.8 ± 3.4 [69.9, 94.0] | 85.2 ± 3.0 [66.3, 94.4] |

Mean ± standard deviation over draws; in brackets the 95 % interval that resamples speakers (1000 resamples).
Chance always answers the majority class of adaptation.
"""


def tables(draws=(0, 1, 2)):
    """Two systems over draws that each test five of the six speakers."""
    parts = []
    for system, right in (("zero-shot", 0.2), ("fine-tuned", 0.8)):
        for draw in draws:
            tested = {row["id"]: GOLD[row["id"]] for row in ROWS if row["speaker"] != f"s{draw}"}
            parts.append(predicted(ROWS, tested, right=right, draw=draw, system=system))
    return Predictions.concat(parts)


def test_the_golden_table(tmp_path):
    tables().write(tmp_path / "predictions.parquet")
    adaptation = {0: ["anger"], 1: ["anger", "neutral", "neutral"], 2: ["sadness"]}
    table = summarise(Predictions.read(tmp_path / "predictions.parquet"), adaptation=adaptation).markdown()
    assert table == GOLDEN


def test_figures_are_means_over_draws():
    made = tables()
    summary = summarise(made, resamples=50)
    for row in summary.systems[1:]:
        part = made.of_system(row.system)
        draws = part.values("draw")
        by_draw = [scores(part.gold[draws == draw], part.predicted[draws == draw], CLASSES) for draw in range(3)]
        for name, figure in row.figures.items():
            values = [getattr(score, name) for score in by_draw]
            assert figure.mean == pytest.approx(np.mean(values), abs=1e-12)
            assert figure.sd == pytest.approx(np.std(values, ddof=1), abs=1e-12)
            assert figure.low <= figure.mean <= figure.high


def test_folds_are_scored_together_and_their_spread_is_told():
    parts = [
        predicted(ROWS, {row["id"]: GOLD[row["id"]] for row in ROWS if row["speaker"] == f"s{fold}"}, right=0.6)
        for fold in range(6)
    ]
    whole = Predictions.concat([part.as_fold("fine-tuned", fold) for fold, part in enumerate(parts)])
    summary = summarise(whole, resamples=50)
    assert (summary.draws, summary.folds, summary.tests) == (1, 6, "6 folds")
    figure = summary.systems[1].figures["wa"]
    assert figure.mean == pytest.approx(np.mean(whole.gold == whole.predicted), abs=1e-12)
    by_fold = [np.mean(part.gold == part.predicted) for part in parts]
    assert figure.sd == pytest.approx(np.std(by_fold, ddof=1), abs=1e-12)
    assert summary.notes[0].startswith("All folds together ± standard deviation over folds; in brackets the 95 %")


def test_the_dictionary_is_json_with_the_same_figures():
    summary = summarise(tables(), resamples=50)
    content = json.loads(json.dumps(summary.to_dict(), allow_nan=False))
    assert content == summary.to_dict()
    assert content["guarantee"] == GUARANTEE
    assert (content["speakers"], content["clips"], content["draws"]) == (6, 54, 3)
    assert content["systems"][1]["figures"]["uar"]["mean"] == summary.systems[1].figures["uar"].mean


def test_order_of_rows_changes_no_figure():
    made = tables()
    order = np.random.default_rng(0).permutation(made.table.num_rows)
    shuffled = Predictions(made.table.take(order), CLASSES)
    figures = [
        {row.system: row.figures for row in summarise(table, resamples=50).systems} for table in (made, shuffled)
    ]
    assert figures[0] == figures[1]


def test_chance_is_the_majority_of_adaptation():
    gold = ["anger"] * 5 + ["neutral"] * 3 + ["sadness"] * 2
    assert chance_scores(gold, CLASSES).wa == 0.5
    found = chance_scores(gold, CLASSES, adaptation=["sadness", "neutral", "neutral"])
    assert (found.wa, found.uar) == (pytest.approx(0.3), pytest.approx(1 / 3))
    # Sadness stands first among the classes, so a tie is its own.
    assert chance_scores(gold, CLASSES, adaptation=["anger", "sadness"]).wa == pytest.approx(0.2)


def test_a_single_draw_has_no_deviation_and_one_speaker_no_interval():
    some_rows = rows(1)
    summary = summarise(predicted(some_rows, gold_of(some_rows)), resamples=50)
    figure = summary.systems[1].figures["wa"]
    assert (figure.sd, figure.low, figure.high) == (None, None, None)
    assert "There is one test speaker: no interval can be given." in summary.notes
    assert summary.markdown().startswith(f"Guarantee: {GUARANTEE} (1 speaker, 9 clips, 1 draw).\n")
    json.dumps(summary.to_dict(), allow_nan=False)


def test_unknown_speakers_are_said():
    some_rows = [row | {"speaker": None} for row in ROWS]
    summary = summarise(predicted(some_rows, GOLD), resamples=50)
    assert "(speakers not known, 54 clips, 1 draw)" in summary.markdown()
    assert summary.notes[0] == "In brackets the 95 % interval that resamples clips (50 resamples)."
    assert summary.notes[2] == (
        "The speaker of 54 of 54 predictions is not known: the intervals take those clips for independent and are too "
        "narrow."
    )


def test_a_stamp_comes_first_and_other_clips_are_said():
    stamped = predicted(ROWS, GOLD, system="clip-share", guarantee="SPEAKER-DEPENDENT: by design")
    fewer = {id_: GOLD[id_] for id_ in list(GOLD)[:30]}
    summary = summarise(Predictions.concat([predicted(ROWS, fewer), stamped]), resamples=50)
    assert summary.guarantee == f"clip-share: SPEAKER-DEPENDENT: by design; fine-tuned: {GUARANTEE}"
    assert summary.notes[-1] == (
        "'clip-share' was tested on other clips or draws than 'fine-tuned': the two are not comparable."
    )


def test_absent_classes_are_said():
    some = {id_: label for id_, label in GOLD.items() if label != "anger"}
    summary = summarise(predicted(ROWS, some), resamples=50)
    assert summary.notes[-1] == (
        "No test clip is labelled anger: UAR and macro-F1 are means over the other classes there."
    )


def test_adaptation_of_every_draw_is_needed():
    with pytest.raises(SettingsError) as error:
        summarise(tables(), adaptation={0: ["anger"]})
    assert str(error.value) == (
        "adaptation: draw 1 is missing (found 0): give the classes of the adaptation clips of every draw."
    )


def test_folds_that_lack_a_class_are_said():
    folds = [predicted(ROWS[index::9], {row["id"]: GOLD[row["id"]] for row in ROWS[index::9]}) for index in (0, 2, 4)]
    made = Predictions.concat([one.as_fold("fine-tuned", index) for index, one in enumerate(folds)])
    assert any(note.startswith("Some folds hold clips of some classes only") for note in summarise(made).notes)


def test_self_training_that_was_not_believed_is_counted():
    doubted = f"{GUARANTEE}; {DOUBTED}"
    parts = [
        predicted(ROWS, GOLD, draw=draw, system=system, guarantee=doubted if (system, draw) in tested else GUARANTEE)
        for tested in [{("zero-shot", 0), ("fine-tuned", 0), ("fine-tuned", 2)}]
        for system in ("zero-shot", "probe", "fine-tuned")
        for draw in range(3)
    ]
    (note,) = [note for note in summarise(Predictions.concat(parts), resamples=10).notes if "believed" in note]
    assert note.startswith("Self-training was not believed (zero-shot: 1 of 3 draws; fine-tuned: 2 of 3 draws): soft ")
    halves = [dict(list(GOLD.items())[part::2]) for part in range(2)]
    folds = [
        predicted(ROWS, half, guarantee=said).as_fold("adapted", fold)
        for fold, (half, said) in enumerate(zip(halves, (GUARANTEE, doubted), strict=True), 1)
    ]
    notes = summarise(Predictions.concat(folds), resamples=10).notes
    assert any("(adapted: 1 of 2 folds)" in note for note in notes)
    assert not any("believed" in note for note in summarise(tables(), resamples=10).notes)
