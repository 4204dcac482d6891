"""What a ledger holds: whose recordings, hashes of what, and what the encoder was trained on; older ones are read."""

import json
from dataclasses import replace

import pytest

from humpcat.errors import LeakageError, ProtocolError
from humpcat.features.trained_on import TrainedOn, trained_on
from humpcat.pretrained import NAMES, pretrained
from humpcat.protocols import Ledger, check_unseen
from humpcat.protocols.seen import SAMPLES, UNKNOWN_HASHES, Seen

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
    assert written["version"] == 3
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
    note, unheard = old.notes
    assert unheard.startswith("The ledger is of an older version and does not say which clips were heard without ")
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
    assert Ledger.from_json({"toy": FIRST["toy"] | {"fingerprints": []}}).notes == (unheard,)


def test_one_of_the_second_version_is_read_and_does_not_know_what_was_heard_without_labels():
    written = LEDGER.to_json()
    second = {name: written[name] for name in ("encoder", "corpora")} | {"version": 2}
    old = Ledger.from_json(second)
    assert old == replace(LEDGER, complete=False)
    assert old.notes == (
        "The ledger is of an older version and does not say which clips were heard without their labels: whether test "
        "clips are among them is not known.",
    )
    # What is not known stays so where it is written anew, and where it is inherited.
    assert Ledger.from_json(old.to_json()) == old
    heard = Ledger.of(ROWS, ["toy/a0"], HASHES, unlabelled=["toy/b0"])
    assert old.merge(heard).notes == heard.merge(old).notes == old.notes
    assert old.merge(heard).unlabelled == heard.unlabelled
    for damaged in (second | {"unlabelled": {}}, {**second, "corpora": []}, {"version": 2, "corpora": {}}):
        with pytest.raises(ProtocolError, match="expected version, encoder, corpora, what was seen by the names of"):
            Ledger.from_json(damaged)


def test_what_was_heard_without_labels_stands_apart():
    ledger = Ledger.of(ROWS, ["toy/a0", "toy/a1"], HASHES, unlabelled=["toy/b0", "toy/nobody"])
    assert (ledger.ids, ledger.speakers) == ({"toy/a0", "toy/a1"}, {"toy/a"})
    assert ledger.fingerprints == {"hash of toy/a0", "hash of toy/a1"}
    assert ledger.unlabelled["toy"] == Seen(
        frozenset({"toy/b"}),
        frozenset({"toy/b0", "toy/nobody"}),
        frozenset({"hash of toy/b0", "hash of toy/nobody"}),
        anonymous=True,
        voices={"toy/b": frozenset({"hash of toy/b0"})},
        hashed=frozenset({SAMPLES}),
    )
    assert ledger.heard == Ledger(ledger.unlabelled)
    written = json.loads(json.dumps(ledger.to_json()))
    assert written["unlabelled"]["toy"]["fingerprints"] == {"toy/b": ["hash of toy/b0"], "": ["hash of toy/nobody"]}
    assert Ledger.from_json(written) == ledger
    more = ledger.merge(Ledger.of(ROWS, [], HASHES, unlabelled=["toy/b1"]))
    assert more.heard.ids == {"toy/b0", "toy/b1", "toy/nobody"}
    assert more.corpora == ledger.corpora
    with pytest.raises(ProtocolError, match="fingerprints: 1 of 1 ids have none"):
        Ledger.of(ROWS, [], {}, unlabelled=["toy/b1"])
    written["unlabelled"]["toy"]["anonymous"] = 1
    with pytest.raises(ProtocolError, match="corpus 'toy': anonymous is of type int"):
        Ledger.from_json(written)
    with pytest.raises(ProtocolError, match="expected version, encoder, corpora, unlabelled, complete"):
        Ledger.from_json(ledger.to_json() | {"complete": "yes"})


@pytest.mark.parametrize("name", NAMES)
def test_the_ledger_of_a_model_that_ships_is_read(name):
    ledger = Ledger.load(pretrained(name) / "ledger.json")
    assert len(ledger.speakers) > 50
    assert Ledger.from_json(ledger.to_json()) == ledger
    assert ledger.complete
    assert ledger.unlabelled == {}


def test_of_a_later_version_it_is_refused():
    with pytest.raises(ProtocolError) as error:
        Ledger.from_json(LEDGER.to_json() | {"version": 4})
    assert str(error.value) == "ledger: is of version 4, expected 3 or an older one: update humpcat."


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
