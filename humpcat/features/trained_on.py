"""What a speech encoder was itself trained on, as far as those who publish it say.

An encoder that has heard the recordings of a test has an advantage that no split can take away, so that what it was
trained on belongs to every figure. It is looked up by the encoder's name in the hub, or by the hash of its weights;
else its model card is read; else it is unknown, which is said too.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humpcat.corpora import CORPORA
from humpcat.corpora.finding import is_marked
from humpcat.corpora.scan import plain
from humpcat.errors import ProtocolError
from humpcat.files import is_folder, is_path
from humpcat.hub import local_folder, name_of_snapshot

CARD = "README.md"
UNKNOWN = "unknown"

_MOST_SETS, _LONGEST = 50, 100
"""Data sets of a card, and letters of a name, that are taken over; nobody's honest card has more."""

_LARGEST = 1 << 20
"""Bytes of a card, above which it is not read."""

_WEB = "680,000 hours of audio of the web, which of it was not published"
_MORE_WEB = "5,000,000 hours of audio of the web, which of it was not published"
_VOICES = ("Libri-Light", "GigaSpeech", "VoxPopuli")
_ROBUST = ("Libri-Light", "Common Voice", "Switchboard", "Fisher")
_XLSR = ("Common Voice", "BABEL", "Multilingual LibriSpeech")

DATASETS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("LibriSpeech",): (
        "facebook/hubert-base-ls960",
        "facebook/wav2vec2-base",
        "facebook/wav2vec2-base-100h",
        "facebook/wav2vec2-base-960h",
        "facebook/wav2vec2-large",
        "facebook/wav2vec2-large-960h",
        "facebook/data2vec-audio-base",
        "facebook/data2vec-audio-base-960h",
        "microsoft/wavlm-base",
        "microsoft/unispeech-sat-base",
    ),
    # The card of data2vec-audio-large says LibriSpeech, table 2 of its paper (arXiv 2202.03555) Libri-Light.
    ("Libri-Light",): (
        "facebook/hubert-large-ll60k",
        "facebook/hubert-xlarge-ll60k",
        "facebook/wav2vec2-large-lv60",
        "facebook/data2vec-audio-large",
    ),
    ("Libri-Light", "LibriSpeech"): (
        "facebook/hubert-large-ls960-ft",
        "facebook/hubert-xlarge-ls960-ft",
        "facebook/wav2vec2-large-960h-lv60",
        "facebook/wav2vec2-large-960h-lv60-self",
        "facebook/data2vec-audio-large-960h",
    ),
    _VOICES: (
        "microsoft/wavlm-base-plus",
        "microsoft/wavlm-large",
        "microsoft/unispeech-sat-base-plus",
        "microsoft/unispeech-sat-large",
    ),
    _ROBUST: ("facebook/wav2vec2-large-robust",),
    (*_ROBUST, "LibriSpeech"): ("facebook/wav2vec2-large-robust-ft-libri-960h",),
    (*_ROBUST, "MSP-Podcast"): ("audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim",),
    _XLSR: ("facebook/wav2vec2-large-xlsr-53",),
    (*_XLSR, "VoxPopuli", "VoxLingua107"): (
        "facebook/wav2vec2-xls-r-300m",
        "facebook/wav2vec2-xls-r-1b",
        "facebook/wav2vec2-xls-r-2b",
    ),
}
"""Names of data sets to the encoders of the hub that were trained on them, labels or not."""

WORDS: Mapping[str, tuple[str, ...]] = {
    _WEB: tuple(
        f"openai/whisper-{size}"
        for size in (
            *("tiny", "base", "small", "medium", "large", "large-v2"),
            *("tiny.en", "base.en", "small.en", "medium.en"),
        )
    ),
    _MORE_WEB: ("openai/whisper-large-v3", "openai/whisper-large-v3-turbo"),
}
"""What is said of encoders whose data has no name, to these."""

HASHES: Mapping[str, str] = {"f7d74fdee514400c": "openai/whisper-base"}
"""Hash of weights as a copy in half precision has them to the name in the hub, for copies that have lost it."""


@dataclass(frozen=True)
class TrainedOn:
    """What an encoder was trained on.

    Attributes:
        encoder: its name in the hub, or that of its folder.
        said: in words: names of data sets, what is said of data without a name, or "unknown".
        datasets: names of data sets, as those who publish it call them; empty where none is named.

    Example:
        >>> found = TrainedOn("me/mine", "LibriSpeech, crema-d", ("LibriSpeech", "crema-d"))
        >>> found.sentence
        'The encoder was trained on: LibriSpeech, crema-d.'
        >>> found.holds("cremad"), found.holds("emodb")
        (True, False)
    """

    encoder: str
    said: str = UNKNOWN
    datasets: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What the notes of results and model cards say."""
        return f"The encoder was trained on: {self.said}."

    def holds(self, corpus: str) -> bool:
        """Return whether a corpus is among the data sets, by any of the names that it goes by.

        Args:
            corpus: registered name, or that of own data.
        """
        names, marks = [corpus], tuple[str, ...]()
        if corpus in CORPORA:
            known = CORPORA[corpus]
            names, marks = [corpus, known.title, *known.aliases], known.marks
        # A name without any letter of ASCII leaves nothing to compare.
        wanted = {plain(name) for name in names} - {""}
        own = [dataset.rpartition("/")[2] for dataset in self.datasets]
        return any(plain(name) in wanted or is_marked(Path(name), marks) for name in own)

    def to_json(self) -> dict[str, Any]:
        """Return plain strings and lists that :meth:`from_json` takes back."""
        return {"encoder": self.encoder, "said": self.said, "datasets": list(self.datasets)}

    @classmethod
    def from_json(cls, content: Any) -> "TrainedOn":
        """Build what :meth:`to_json` wrote.

        Raises:
            ProtocolError: a field is missing, unknown or of another type.
        """
        fields = {"encoder": str, "said": str, "datasets": list}
        whole = isinstance(content, Mapping) and set(content) == set(fields)
        whole = whole and all(isinstance(content[name], kind) for name, kind in fields.items())
        if not whole or not all(isinstance(name, str) for name in content["datasets"]):
            raise ProtocolError(
                f"ledger: encoder is {content!r:.80}, expected the texts encoder and said, and the texts of a list, "
                "datasets: take the ledger that was saved with the checkpoint."
            )
        return cls(content["encoder"], content["said"], tuple(content["datasets"]))


def trained_on(place: str, revision: str | None = None, hashes: Collection[str | None] = ()) -> TrainedOn:
    """Return what an encoder was trained on, as far as it is known; the hub is not asked.

    Args:
        place: its name in the hub, or a folder.
        revision: branch, tag or commit of a hub name.
        hashes: hashes of its weights, see :meth:`humpcat.features.encoder.SpeechEncoder.weights_hash`.

    Example:
        >>> trained_on("facebook/hubert-base-ls960").said
        'LibriSpeech'
        >>> trained_on("../no-such-folder")
        TrainedOn(encoder='no-such-folder', said='unknown', datasets=())
    """
    folder = local_folder(place, revision)
    named = name_of_snapshot(folder) if folder is not None else None
    local = is_folder(place) or is_path(place)
    name = named[0] if named else Path(place).name if local else place
    # A folder may be called as somebody's encoder is.
    candidates = [name] if named or not local else []
    candidates += [HASHES[own] for own in hashes if own is not None and own in HASHES]
    for candidate in candidates:
        if (found := _published(candidate)) is not None:
            return found
    return (_by_card(name, folder / CARD) if folder is not None else None) or TrainedOn(name)


def _published(name: str) -> TrainedOn | None:
    for datasets, encoders in DATASETS.items():
        if name in encoders:
            return TrainedOn(name, ", ".join(datasets), datasets)
    return next((TrainedOn(name, said) for said, encoders in WORDS.items() if name in encoders), None)


def _by_card(name: str, card: Path) -> TrainedOn | None:
    """Read the head of a model card; None where it has none, or names no data."""
    from huggingface_hub import metadata_load

    try:
        head = metadata_load(card) if card.is_file() and card.stat().st_size <= _LARGEST else None
    # Somebody else's file: whatever its YAML leads to, nothing is known of the encoder then.
    except Exception:
        return None
    if not isinstance(head, dict):
        return None
    datasets, bases = (_names(head.get(key)) for key in ("datasets", "base_model"))
    if not datasets:
        return None
    said = list(datasets)
    for base in bases:
        known = _published(base) or TrainedOn(base, f"whatever {base} was trained on")
        datasets += known.datasets
        said.append(known.said)
    return TrainedOn(name, ", ".join(dict.fromkeys(said)), tuple(dict.fromkeys(datasets)))


def _names(value: Any) -> tuple[str, ...]:
    """Return the names that a card lists under a key, each on one line and of a length that can be read."""
    listed: Sequence[Any] = value if isinstance(value, list) else [value]
    names = [re.sub(r"\s+", " ", one).strip()[:_LONGEST] for one in listed if isinstance(one, str)]
    return tuple(name for name in names[:_MOST_SETS] if name)
