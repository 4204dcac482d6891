"""Speakers under several names of a corpus: who a shared recording tells is the same person."""

from dataclasses import dataclass

import pytest

from humpcat.corpora import CORPORA
from humpcat.errors import LeakageError
from humpcat.protocols import Ledger, Split, check_split, check_unseen
from humpcat.protocols.people import acquaintances
from humpcat.protocols.rows import clips
from humpcat.protocols.seen import Seen


def rows_of(corpus, *names):
    """Return a row a clip of names such as "03a", a speaker and a letter; behind a dash nobody is known."""
    return [
        {"id": f"{corpus}/{name}", "corpus": corpus, "speaker": None if name[0] == "-" else name[:-1]}
        for name in names
    ]


def audio(rows, **same):
    """Return a fingerprint of its own for each clip, but for those that are the recording of another."""
    found = {row["id"]: f"hash of {row['id']}" for row in rows}
    return found | {mine: found.get(other, f"hash of {other}") for mine, other in same.items()}


EMODB = rows_of("emodb", "03a", "03b", "08a", "08b")
MINE = rows_of("mine", "Xa", "Xb", "Ya", "Yb")
HASHES = audio([*EMODB, *MINE], **{"mine/Xa": "emodb/03a"})


def test_a_speaker_is_known_by_a_shared_recording_whatever_the_other_clips_are():
    source = Ledger.of(EMODB, ["emodb/03a", "emodb/03b"], HASHES)
    with pytest.raises(LeakageError) as error:
        check_unseen(source, MINE, ["mine/Xb", "mine/Yb"], HASHES)
    # Xa, by which X is known, is not tested at all.
    assert str(error.value).startswith("1 of 2 test speakers was seen under another corpus name (mine/X is emodb/03):")
    assert check_unseen(source, MINE, ["mine/Ya", "mine/Yb"], HASHES) is None
    stamp = check_unseen(source, MINE, ["mine/Xa", "mine/Xb"], HASHES, allow_leakage=True)
    assert stamp == (
        "SPEAKER-DEPENDENT: 1 of 1 test speakers was seen under another corpus name (mine/X is emodb/03); "
        "1 of 2 test clips was seen as identical audio under another id (mine/Xa)"
    )


def test_a_recording_that_was_not_learnt_from_tells_nothing():
    assert check_unseen(Ledger.of(EMODB, ["emodb/03b"], HASHES), MINE, ["mine/Xb"], HASHES) is None
    # With the rows of both names at hand, it does.
    source = Ledger.of(EMODB, ["emodb/03b"], HASHES)
    with pytest.raises(LeakageError, match=r"mine/X is emodb/03\)"):
        check_unseen(source, [*EMODB, *MINE], ["mine/Xb"], HASHES)


def test_people_are_joined_through_names_that_were_never_learnt_from():
    third = rows_of("third", "Za", "Zb")
    hashes = HASHES | audio(third, **{"third/Za": "mine/Xb"})
    source = Ledger.of(EMODB, ["emodb/03a"], HASHES)
    found = acquaintances(source, clips([*MINE, *third]), hashes)
    assert found.speakers == {"mine/X": "emodb/03", "third/Z": "emodb/03"}
    assert found.corpora["mine"] == {"emodb"}


def test_one_person_may_have_several_names_and_several_people_one():
    # Whoever labelled mine took two sessions of 03 for two people.
    hashes = HASHES | {"mine/Ya": HASHES["emodb/03b"]}
    source = Ledger.of(EMODB, ["emodb/03a"], HASHES)
    assert acquaintances(source, clips([*EMODB, *MINE]), hashes).speakers == {
        "mine/X": "emodb/03",
        "mine/Y": "emodb/03",
    }
    # And here nobody's names were kept: all clips are of "all".
    rows = rows_of("flat", "alla", "allb", "allc")
    hashes = HASHES | audio(rows, **{"flat/alla": "emodb/03a", "flat/allb": "emodb/08a"})
    both = Ledger.of(EMODB, ["emodb/03a", "emodb/08a"], HASHES)
    assert acquaintances(both, clips(rows), hashes).speakers == {"flat/all": "emodb/03"}
    assert check_unseen(both, rows, ["flat/allc"], hashes, allow_leakage=True) is not None


def test_a_recording_twice_within_a_corpus_joins_nobody():
    hashes = HASHES | {"emodb/08a": HASHES["emodb/03a"]}
    source = Ledger.of(EMODB, ["emodb/03a"], hashes)
    assert acquaintances(source, clips(EMODB), hashes).speakers == {}
    assert check_unseen(source, EMODB, ["emodb/08b"], hashes) is None


def test_within_a_split_of_two_names():
    rows = [*EMODB, *MINE]
    split = Split("by hand", 0, "speaker-disjoint", train=("emodb/03b",), test=("mine/Xb",))
    with pytest.raises(LeakageError, match=r"mine/X is emodb/03\)"):
        check_split(rows, split, HASHES)
    stamped = check_split(rows, split, HASHES, allow_leakage=True)
    assert stamped.guarantee == (
        "SPEAKER-DEPENDENT: 1 of 1 test speakers was seen under another corpus name (mine/X is emodb/03)"
    )
    other = Split("by hand", 0, "speaker-disjoint", train=("emodb/03b",), test=("mine/Ya",))
    assert check_split(rows, other, HASHES) is other


def test_a_ledger_that_does_not_say_whose_a_recording_is_still_tells_that_its_speaker_was_heard():
    source = Ledger.of(EMODB, ["emodb/03a"], HASHES)
    first = {
        name: {
            "speakers": sorted(seen.speakers),
            "ids": sorted(seen.ids),
            "fingerprints": sorted(seen.fingerprints),
            "anonymous": seen.anonymous,
        }
        for name, seen in source.corpora.items()
    }
    old = Ledger.from_json(first)
    with pytest.raises(LeakageError, match=r"\(mine/X is a speaker of emodb\)"):
        check_unseen(old, MINE, ["mine/Xb"], HASHES)
    # As it was read and written again, and merged with what is known now.
    assert acquaintances(Ledger.from_json(old.to_json()), clips(MINE), HASHES).speakers == {
        "mine/X": "a speaker of emodb"
    }
    assert acquaintances(old.merge(source), clips(MINE), HASHES).speakers == {"mine/X": "emodb/03"}


def test_unknown_speakers_harm_where_the_corpus_was_learnt_from_under_another_name():
    rows = rows_of("mine", "-a", "-b")
    hashes = HASHES | audio(rows, **{"mine/-a": "emodb/03a"})
    source = Ledger.of(EMODB, ["emodb/03a"], HASHES)
    with pytest.raises(LeakageError, match=r"speakers of 1 of 1 test clips were seen is not known \(mine/-b\)"):
        check_unseen(source, rows, ["mine/-b"], hashes)
    apart = audio([*EMODB, *rows])
    assert check_unseen(Ledger.of(EMODB, ["emodb/03a"], apart), rows, ["mine/-b"], apart) is None
    # And the other way round: nobody knows whom a folder without speakers was of.
    learnt = Ledger.of(rows, ["mine/-a"], hashes)
    with pytest.raises(LeakageError, match=r"speakers of 1 of 1 test clips were seen is not known \(emodb/08a\)"):
        check_unseen(learnt, EMODB, ["emodb/08a"], hashes)
    with pytest.raises(LeakageError, match=r"\(emodb/03 is a speaker of mine\)"):
        check_unseen(learnt, EMODB, ["emodb/03b"], hashes)


def test_without_fingerprints_names_are_all_there_is():
    source = Ledger.of(EMODB, ["emodb/03a"])
    assert check_unseen(source, MINE, ["mine/Xb"]) is None
    with pytest.raises(LeakageError):
        check_unseen(source, EMODB, ["emodb/03b"])


@dataclass
class Named:
    name: str
    cast: str | None


def test_speakers_whom_one_owner_numbers_are_one_person_in_all_parts(monkeypatch):
    assert CORPORA["esd_zh"].cast == CORPORA["esd_en"].cast == "esd"
    assert not set(CORPORA["esd_zh"].expected_speakers) & set(CORPORA["esd_en"].expected_speakers)
    known = {"ravdess": CORPORA["ravdess"], "songs": Named("songs", "ravdess"), "other": Named("other", None)}
    monkeypatch.setattr("humpcat.protocols.people.CORPORA", known)
    source = Ledger.of(rows_of("ravdess", "01a", "02a"), ["ravdess/01a", "ravdess/02a"])
    for corpus, seen in (("songs", {"songs/01": "ravdess/01"}), ("other", {}), ("mine", {})):
        assert acquaintances(source, clips(rows_of(corpus, "01a", "03a")), {}).speakers == seen
    songs = rows_of("songs", "-a", "03a")
    assert check_unseen(source, songs, ["songs/03a"]) is None


def test_many_speakers_of_many_names():
    corpora = [rows_of(name, *(f"{number}{take}" for number in range(300) for take in "ab")) for name in ("a", "b")]
    hashes = audio([*corpora[0], *corpora[1]])
    hashes |= {f"b/{number}a": hashes[f"a/{number}a"] for number in range(0, 300, 2)}
    source = Ledger.of(corpora[0], [row["id"] for row in corpora[0]], hashes)
    found = acquaintances(source, clips(corpora[1]), hashes).speakers
    assert found == {f"b/{number}": f"a/{number}" for number in range(0, 300, 2)}


def test_a_speaker_known_by_the_same_name_is_not_told_twice():
    ledger = Ledger.of([*EMODB, *MINE], ["emodb/03a", "mine/Xa"], HASHES)
    assert acquaintances(ledger, clips(MINE), HASHES).speakers == {}
    assert "another corpus name" not in (check_unseen(ledger, MINE, ["mine/Xb"], HASHES, allow_leakage=True) or "")
    assert ledger.merge(Ledger({"mine": Seen()})) == ledger
