"""What a ledger holds: whose recordings, hashes of what, and what the encoder was trained on; older ones are read."""

import json

import pytest

from humpcat.errors import LeakageError, ProtocolError
from humpcat.features.trained_on import TrainedOn, trained_on
from humpcat.pretrained import NAMES, pretrained
from humpcat.protocols import Ledger, check_unseen
from humpcat.protocols.ledger import SAMPLES, UNKNOWN_HASHES

ROWS = [
    {"id": f"toy/{speaker}{number}", "corpus": "toy", "speaker": speaker} for speaker in "ab" for number in range(2)
] + [{"id": "toy/nobody", "corpus": "toy", "speaker": None}]
HASHES = {row["id"]: f"hash of {row['id']}" for row in ROWS}
LEDGER = Ledger.of(ROWS, [row["id"] for row in ROWS], HASHES)
FIRST = {
    "toy": {
        "speakers": ["toy/a", "toy/b"],
        "ids": sorted(HASHES),
        "fingerprints": sorted(HASHES.values()),
        "anonymous": True,
    }
}


def test_it_says_whose_each_recording_is_and_what_was_hashed():
    seen = LEDGER.corpora["toy"]
    assert seen.voices == {
        f"toy/{name}": frozenset(f"hash of toy/{name}{number}" for number in range(2)) for name in "ab"
    }
    assert seen.hashed == {SAMPLES}
    assert seen.anonymous
    written = LEDGER.to_json()
    assert written["version"] == 2
    assert written["corpora"]["toy"]["fingerprints"] == {
        "toy/a": ["hash of toy/a0", "hash of toy/a1"],
        "toy/b": ["hash of toy/b0", "hash of toy/b1"],
        "": ["hash of toy/nobody"],
    }
    assert Ledger.from_json(json.loads(json.dumps(written))) == LEDGER
    assert LEDGER.notes == ()
    assert Ledger.of(ROWS, ["toy/a0"]).corpora["toy"].hashed == frozenset()


def test_one_of_the_first_version_is_read_and_says_what_it_does_not_know():
    old = Ledger.from_json(FIRST)
    assert (old.speakers, old.ids, old.fingerprints) == (LEDGER.speakers, LEDGER.ids, LEDGER.fingerprints)
    assert old.corpora["toy"].voices == {}
    assert old.corpora["toy"].hashed == {UNKNOWN_HASHES}
    (note,) = old.notes
    assert note == (
        "The ledger of toy is of an older version and does not say whose each recording is, nor whether hashes are of "
        "samples or of files, so that copies of its recordings, and its speakers under another corpus name, may not "
        "be noticed."
    )
    # What is not known stays so where it is written anew, and where it is inherited.
    again = Ledger.from_json(json.loads(json.dumps(old.to_json())))
    assert again == old
    both = again.merge(LEDGER)
    assert both.notes == old.notes
    assert both.corpora["toy"].hashed == {SAMPLES, UNKNOWN_HASHES}
    assert both.to_json()["corpora"]["toy"]["fingerprints"] == LEDGER.to_json()["corpora"]["toy"]["fingerprints"]
    assert Ledger.from_json({"toy": FIRST["toy"] | {"fingerprints": []}}).notes == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_ledger_of_a_model_that_ships_is_read(name):
    ledger = Ledger.load(pretrained(name) / "ledger.json")
    assert len(ledger.speakers) > 50
    assert Ledger.from_json(ledger.to_json()) == ledger


def test_of_a_later_version_it_is_refused():
    with pytest.raises(ProtocolError) as error:
        Ledger.from_json(LEDGER.to_json() | {"version": 3})
    assert str(error.value) == "ledger: is of version 3, expected 2 or the first: update humpcat."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fingerprints": {"toy/z": ["x"]}}, "toy/z: expected fingerprints of its speakers"),
        ({"fingerprints": ["x"]}, "fingerprints is of type list, expected lists of texts by speaker"),
        ({"fingerprints": {"toy/a": "x"}}, "fingerprints of 'toy/a' is of type str, expected a list of texts"),
        ({"hashed": ["colours"]}, "colours: expected"),
        ({"anonymous": 1}, "anonymous is of type int, expected true or false"),
    ],
)
def test_what_is_damaged_is_named(change, said):
    content = LEDGER.to_json()
    content["corpora"]["toy"] |= change
    with pytest.raises(ProtocolError, match="ledger: corpus 'toy'") as error:
        Ledger.from_json(content)
    assert said in str(error.value)


def test_an_encoder_is_inherited_and_two_are_refused():
    hubert, whisper = trained_on("facebook/hubert-base-ls960"), trained_on("openai/whisper-base")
    ledger = LEDGER.merge(Ledger(encoder=hubert))
    assert ledger == Ledger(encoder=hubert).merge(LEDGER)
    assert ledger.merge(LEDGER).encoder == hubert
    assert ledger.notes == ("The encoder was trained on: LibriSpeech.",)
    assert Ledger.from_json(json.loads(json.dumps(ledger.to_json()))) == ledger
    with pytest.raises(ProtocolError, match="merge those of one model"):
        ledger.merge(Ledger(encoder=whisper))
    with pytest.raises(ProtocolError, match="ledger: encoder is 'x', expected the texts"):
        Ledger.from_json(LEDGER.to_json() | {"encoder": "x"})


def test_a_corpus_that_the_encoder_was_trained_on_is_no_test():
    rows = [{"id": "ravdess/1", "corpus": "ravdess", "speaker": "01"}]
    heard = Ledger(encoder=TrainedOn("me/mine", "RAVDESS", ("someone/RAVDESS",)))
    with pytest.raises(LeakageError) as error:
        check_unseen(heard, rows, ["ravdess/1"])
    assert str(error.value).startswith(
        "the encoder me/mine was trained on ravdess too: make the split again, or pass "
    )
    stamp = check_unseen(heard, rows, ["ravdess/1"], allow_leakage=True)
    assert stamp == "SPEAKER-DEPENDENT: the encoder me/mine was trained on ravdess too"
    assert check_unseen(heard, [rows[0] | {"corpus": "emodb"}], ["ravdess/1"]) is None
    assert check_unseen(Ledger(encoder=trained_on("openai/whisper-base")), rows, ["ravdess/1"]) is None
