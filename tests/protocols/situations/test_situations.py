"""Each situation does what it says, by its seed alone, and looks at no label that it must not look at."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from humpcat.corpora import FOUR
from humpcat.errors import LeakageError, ProtocolError, SettingsError
from humpcat.protocols import check_split, labelled, speaker_share_split
from humpcat.protocols.situations import RECORDING, SITUATIONS, TIDY, Situation, situation_of
from humpcat.protocols.situations.shares import whole_clips
from humpcat.protocols.split import Split

EMOTIONS = ("anger", "happiness", "neutral", "sadness", "boredom", "disgust")
ROWS = [
    {
        "id": f"toy/s{speaker}-{emotion}-{take:02}",
        "corpus": "toy",
        "speaker": f"s{speaker}",
        "gender": "female" if speaker % 2 else "male",
        "emotion": emotion,
    }
    for speaker in range(6)
    for emotion in EMOTIONS
    for take in range(12)
]
CLASSES, _ = labelled(ROWS, FOUR)
NAMES = [
    *("clips-5", "clips-10", "clips-25", "tidy", "others", "missing-class", "two-recordings"),
    *("shares-dirichlet-1", "shares-dirichlet-0.3", "speakers-mislabelled", "speakers-unknown"),
]
SPEAKER_OF = {row["id"]: row["speaker"] for row in ROWS}


def split_of(seed: int = 0) -> Split:
    return speaker_share_split(ROWS, CLASSES, share=0.34, seed=seed)


def come(name: str, seed: int = 0, classes: dict[str, str] = CLASSES) -> list[dict]:
    return SITUATIONS[name].rows(ROWS, classes, split_of(seed))


def ids(rows: list[dict]) -> set[str]:
    return {row["id"] for row in rows}


def counts(rows: list[dict], split: Split) -> dict[str, Counter]:
    """Return how many clips of each class each test speaker has left."""
    found: dict[str, Counter] = {SPEAKER_OF[clip_id]: Counter() for clip_id in split.test}
    for clip_id in ids(rows) & set(split.test):
        found[SPEAKER_OF[clip_id]][CLASSES[clip_id]] += 1
    return found


def test_all_are_found() -> None:
    assert sorted(SITUATIONS.names()) == sorted(NAMES)
    with pytest.raises(SettingsError, match="situation 'messy' is unknown: choose one of "):
        _ = SITUATIONS["messy"]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_rows_in_whatever_order_they_lie(name: str) -> None:
    first = come(name)
    assert first == SITUATIONS[name].rows(ROWS[::-1], CLASSES, split_of())
    assert [row["id"] for row in first] == sorted(ids(first))
    if name not in (TIDY, "others", "speakers-unknown"):
        # Of the same split, so that nothing but the situation is drawn anew.
        others = [SITUATIONS[name].rows(ROWS, CLASSES, replace(split_of(), seed=seed)) for seed in range(1, 6)]
        assert any(other != first for other in others)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_clips_with_labels_stay_as_they_are(name: str, seed: int) -> None:
    split = split_of(seed)
    found = {row["id"]: row for row in come(name, seed)}
    given = {row["id"]: row for row in ROWS}
    assert set(split.learnt) <= set(found)
    if not name.startswith("speakers-"):
        assert all(found[clip_id] == given[clip_id] for clip_id in split.learnt)


@pytest.mark.parametrize("name", NAMES)
def test_the_split_says_in_what_situation_it_is(name: str) -> None:
    tidy, found = split_of(), come(name)
    split = SITUATIONS[name].split(tidy, [row["id"] for row in found])
    assert situation_of(split) == name
    assert (split == tidy) == (name == TIDY)
    assert split.learnt == tidy.learnt
    assert set(split.test) == set(tidy.test) & ids(found)
    if name != TIDY:
        assert split.name == f"{tidy.name} situation={name}"
        assert split.guarantee == f"{tidy.guarantee}; situation {name}: {SITUATIONS[name].title}"
        assert split.hash != tidy.hash
    fewer = f"Situation {name}: {len(split.test)} of {len(tidy.test)} test clips are left."
    assert (fewer in split.notes) == (len(split.test) < len(tidy.test))


def test_tidy_is_every_clip_of_the_classes_and_others_every_clip() -> None:
    assert ids(come(TIDY)) == set(CLASSES)
    assert come("others") == sorted(ROWS, key=lambda row: row["id"])
    assert ids(come("others")) - set(CLASSES)


def test_no_situation_but_others_lets_other_classes_in() -> None:
    assert [name for name in NAMES if ids(come(name)) - set(CLASSES)] == ["others"]


def test_one_class_is_missing_without_labels_and_in_the_test() -> None:
    missing = set()
    for seed in range(12):
        split, left = split_of(seed), ids(come("missing-class", seed))
        (name,) = {CLASSES[clip_id] for clip_id in set(CLASSES) - left}
        assert {CLASSES[clip_id] for clip_id in left - set(split.learnt)} == set(FOUR.classes) - {name}
        assert {CLASSES[clip_id] for clip_id in split.learnt} == set(FOUR.classes)
        missing.add(name)
    assert len(missing) > 1


def test_without_any_label_the_class_is_missing_among_all_clips() -> None:
    split = replace(split_of(), adapt=(), valid=())
    left = ids(SITUATIONS["missing-class"].rows(ROWS, CLASSES, split))
    assert len({CLASSES[clip_id] for clip_id in left}) == 3


def test_one_class_alone_cannot_be_missing() -> None:
    classes = dict.fromkeys(CLASSES, "anger")
    with pytest.raises(ProtocolError, match="'missing-class': clips of 1 classes found, expected two or more"):
        come("missing-class", classes=classes)


@pytest.mark.parametrize(
    ("name", "evenness"), [("shares-dirichlet-1", (0.5, 0.9)), ("shares-dirichlet-0.3", (0, 0.6))]
)
def test_shares_are_drawn_for_each_speaker(name: str, evenness: tuple[float, float]) -> None:
    entropies = []
    for seed in range(30):
        split = split_of(seed)
        for own in counts(come(name, seed), split).values():
            assert sum(own.values()) >= 4
            assert max(own.values()) <= 12
            shares = np.array([own[cls] for cls in FOUR.classes]) / sum(own.values())
            entropies.append(-sum(share * np.log(share) for share in shares if share) / np.log(4))
    low, high = evenness
    assert low < np.mean(entropies) < high
    assert np.std(entropies) > 0.1, "speakers differ"


@pytest.mark.parametrize("seed", range(20))
def test_no_larger_set_has_the_shares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares, there = rng.dirichlet([1.0] * 4), rng.integers(0, 20, 4).tolist()
    found = whole_clips(shares, there)
    size = sum(found)
    assert size >= min(4, sum(there))
    assert all(0 <= count <= most for count, most in zip(found, there, strict=True))
    if size > 4:
        assert all(abs(count - share * size) < 1 for count, share in zip(found, shares, strict=True))
        # With one clip more, one class at least would need more clips than there are.
        for larger in range(size + 1, sum(there) + 1):
            least = np.floor(shares * larger)
            rounded = [*np.sort(shares * larger - least)[::-1]][: larger - int(least.sum())]
            wanted = least + (shares * larger - least >= (rounded[-1] if rounded else 2))
            assert (wanted > there).any()


@pytest.mark.parametrize("count", [5, 10, 25])
def test_few_clips_of_each_test_speaker(count: int) -> None:
    split, left = split_of(), come(f"clips-{count}")
    assert {sum(own.values()) for own in counts(left, split).values()} == {count}
    assert ids(left) >= set(split.learnt)


def test_few_clips_are_among_more() -> None:
    few, more, most = (ids(come(f"clips-{count}")) for count in (5, 10, 25))
    assert few < more < most < set(CLASSES)


@pytest.mark.parametrize(
    "name", ["clips-5", "clips-10", "speakers-mislabelled", "speakers-unknown", "two-recordings", "others", TIDY]
)
def test_what_is_drawn_does_not_depend_on_labels(name: str) -> None:
    shuffled = dict(zip(CLASSES, np.random.default_rng(0).permutation(list(CLASSES.values())).tolist(), strict=True))
    assert come(name) == come(name, classes=shuffled)


def test_a_fifth_bears_another_speakers_name() -> None:
    found = come("speakers-mislabelled")
    wrong = [row for row in found if row["speaker"] != SPEAKER_OF[row["id"]]]
    assert len(wrong) == round(0.2 * len(found))
    assert {row["speaker"] for row in wrong} == set(SPEAKER_OF.values())
    assert ids(found) == set(CLASSES)


def test_who_adapts_and_tests_is_guarded_by_who_really_speaks() -> None:
    split = SITUATIONS["speakers-mislabelled"].split(split_of(), list(CLASSES))
    assert (split.learnt, split.test) == (split_of().learnt, split_of().test)
    assert check_split(ROWS, split) == split
    with pytest.raises(LeakageError):
        check_split(come("speakers-mislabelled"), split)


def test_nobody_says_who_speaks() -> None:
    found = come("speakers-unknown")
    assert {row["speaker"] for row in found} == {None}
    assert ids(found) == set(CLASSES)


def test_half_of_the_test_speakers_came_by_telephone() -> None:
    split, found = split_of(), come("two-recordings")
    by_telephone = {row["id"] for row in found if row.get(RECORDING) == "telephone"}
    speakers, testing = ({SPEAKER_OF[clip_id] for clip_id in part} for part in (by_telephone, split.test))
    assert (len(speakers), len(testing)) == (2, 4)
    assert speakers < testing
    assert by_telephone == {clip_id for clip_id in split.test if SPEAKER_OF[clip_id] in speakers}
    assert ids(found) == set(CLASSES)


@pytest.mark.parametrize("name", ["clips-5", "shares-dirichlet-1", "two-recordings", "speakers-mislabelled"])
def test_where_nobody_knows_who_speaks_they_are_refused(name: str) -> None:
    rows = [row | {"speaker": None} for row in ROWS]
    with pytest.raises(ProtocolError, match=rf"^situation '{name}': .+: (fill|choose) .+\.$"):
        SITUATIONS[name].rows(rows, CLASSES, split_of())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda rows, classes, split, rng: rows[:0], r"gave \d+ clips twice, made them up or took them from those"),
        (lambda rows, classes, split, rng: [*rows, rows[0]], "gave 1 clips twice"),
        (lambda rows, classes, split, rng: [*rows, {"id": "toy/new"}], r"gave 1 clips twice.+ \(toy/new\)"),
        (
            lambda rows, classes, split, rng: [row for row in rows if row["id"] not in split.test],
            r"none of \d+ test clips is left",
        ),
    ],
)
def test_a_function_that_gives_what_cannot_be_is_refused(change, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=f"^situation 'mine': {sentence}"):
        Situation("mine", "mine", change).rows(ROWS, CLASSES, split_of())


@pytest.mark.parametrize(("name", "title"), [("two words", "a title"), ("name", "one; another")])
def test_what_could_not_be_read_back_is_refused(name: str, title: str) -> None:
    with pytest.raises(ProtocolError, match="expected a name of letters"):
        Situation(name, title, lambda rows, classes, split, rng: rows)


def test_a_plugin_adds_one(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "situations").mkdir()
    (tmp_path / "situations/half.py").write_text(
        "from humpcat.protocols.situations import Situation\n"
        "EXPORT = (Situation('half', 'half of the clips', lambda rows, classes, split, rng: rows[::2]),)\n"
    )
    monkeypatch.setenv("HUMPCAT_PLUGINS", str(tmp_path))
    monkeypatch.setattr(SITUATIONS, "_by_name", type(SITUATIONS)._by_name.func(SITUATIONS))
    assert SITUATIONS["half"].title == "half of the clips"
