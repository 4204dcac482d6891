"""Who is whom under several names of a corpus: speakers who share a recording, or whom their owner names alike.

The same corpus may be read under two names, as a registered one and as own data, and its speakers may then be called
otherwise. A recording that both names have tells that they are the same people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from humpcat.corpora import CORPORA
from humpcat.protocols.ledger import Ledger
from humpcat.protocols.rows import ClipRow

_Voice = tuple[str, str | None]
"""A corpus, and ``corpus/speaker`` or None where it is not known who speaks."""


@dataclass(frozen=True)
class Acquaintances:
    """Whom a ledger knows of some clips under another name of their corpus.

    Attributes:
        speakers: speakers of the clips to who that is among those learnt from: ``corpus/speaker``, or "a speaker of
            corpus" where the ledger does not say whose a recording is. Whoever is known by the same name is left out.
        corpora: corpora of the clips to those of the ledger that share recordings or speakers with them.
    """

    speakers: Mapping[str, str]
    corpora: Mapping[str, frozenset[str]]


def acquaintances(ledger: Ledger, found: Sequence[ClipRow], fingerprints: Mapping[str, str]) -> Acquaintances:
    """Find out which speakers and corpora a ledger knows under another corpus name.

    Speakers of different corpora are one person where a recording is of both, and so are all whom recordings join in
    turn. Within a corpus each name is a person, even where a recording lies there under two.

    Args:
        ledger: what was learnt from.
        found: all clips of the corpora that are looked at, tested or not: any of them may be one that was learnt from.
        fingerprints: hash of the audio by id, of as many of the clips as it is known of.

    Example:
        >>> from humpcat.protocols.rows import clips
        >>> source = [{"id": "emodb/03a", "corpus": "emodb", "speaker": "03"}]
        >>> own = [{"id": f"mine/{number}", "corpus": "mine", "speaker": "X"} for number in range(2)]
        >>> ledger = Ledger.of(source, ["emodb/03a"], {"emodb/03a": "5f"})
        >>> acquaintances(ledger, clips(own), {"mine/0": "5f", "mine/1": "a0"}).speakers
        {'mine/X': 'emodb/03'}
    """
    here = _heard_here(found, fingerprints)
    learnt = _learnt(ledger, here)
    named = {(clip.corpus, clip.speaker) for clip in found if clip.speaker is not None}
    named |= {(corpus, speaker) for corpus, seen in ledger.corpora.items() for speaker in seen.speakers}
    groups = [*(voices | learnt.get(audio, set()) for audio, voices in here.items()), *_of_one_cast(named)]
    people = _People()
    for voices in groups:
        people.join(voices)

    known = {people.of(speaker): speaker for speaker in sorted(ledger.speakers, reverse=True)}
    for audio, voices in learnt.items():
        for corpus, _ in sorted(voice for voice in voices if voice[1] is None):
            for other, speaker in here[audio]:
                if speaker is not None and other != corpus:
                    known.setdefault(people.of(speaker), f"a speaker of {corpus}")
    speakers = sorted({clip.speaker for clip in found if clip.speaker is not None} - ledger.speakers)
    corpora: dict[str, frozenset[str]] = {}
    for voices in groups:
        names = {corpus for corpus, _ in voices}
        for corpus in names:
            corpora[corpus] = corpora.get(corpus, frozenset()) | (names & ledger.corpora.keys()) - {corpus}
    return Acquaintances(
        {speaker: known[person] for speaker in speakers if (person := people.of(speaker)) in known}, corpora
    )


def _heard_here(found: Iterable[ClipRow], fingerprints: Mapping[str, str]) -> dict[str, set[_Voice]]:
    """Return who says each recording, by its fingerprint."""
    here: dict[str, set[_Voice]] = {}
    for clip in found:
        if clip.id in fingerprints:
            here.setdefault(fingerprints[clip.id], set()).add((clip.corpus, clip.speaker))
    return here


def _learnt(ledger: Ledger, audio: Iterable[str]) -> dict[str, set[_Voice]]:
    """Return who says those recordings, by the ledger."""
    learnt: dict[str, set[_Voice]] = {}
    wanted = frozenset(audio)
    for corpus, seen in ledger.corpora.items():
        shared = seen.fingerprints & wanted
        own = {speaker: voice & shared for speaker, voice in seen.voices.items()} if shared else {}
        for speaker, voice in own.items():
            for one in voice:
                learnt.setdefault(one, set()).add((corpus, speaker))
        for one in shared.difference(*own.values()):
            learnt.setdefault(one, set()).add((corpus, None))
    return learnt


def _of_one_cast(named: Iterable[_Voice]) -> list[set[_Voice]]:
    """Return the speakers of registered corpora whom their owner names alike, those of one name together."""
    alike: dict[tuple[str, str], set[_Voice]] = {}
    for corpus, speaker in named:
        cast = CORPORA[corpus].cast if corpus in CORPORA else None
        if cast is not None and speaker is not None:
            alike.setdefault((cast, speaker.removeprefix(f"{corpus}/")), set()).add((corpus, speaker))
    return list(alike.values())


class _People:
    """Speakers of several corpora, of whom some are one person."""

    def __init__(self) -> None:
        self._same: dict[str, str] = {}

    def of(self, speaker: str) -> str:
        """Return the speaker who stands for the person."""
        while (same := self._same.get(speaker, speaker)) != speaker:
            speaker = same
        return speaker

    def join(self, voices: Iterable[_Voice]) -> None:
        """Make one person of the speakers, if they are of several corpora."""
        named = sorted((corpus, speaker) for corpus, speaker in voices if speaker is not None)
        if len({corpus for corpus, _ in named}) > 1:
            for _, speaker in named[1:]:
                self._same[self.of(speaker)] = self.of(named[0][1])
