"""The leakage guard: test speakers, clips and audio must be new to what is tested; what was heard of them is said."""

from collections.abc import Collection, Iterable, Mapping

from humpcat.errors import LeakageError, ProtocolError
from humpcat.protocols.guarantee import SPEAKER_DEPENDENT, Guarantee
from humpcat.protocols.ledger import Ledger, fingerprints_of
from humpcat.protocols.people import Acquaintances, acquaintances
from humpcat.protocols.rows import ClipRow, Rows, clips, examples
from humpcat.protocols.sentences import SENTENCE_DISJOINT, sentence_overlap
from humpcat.protocols.split import Split


def check_split(
    rows: Rows,
    split: Split,
    fingerprints: Mapping[str, str] | None = None,
    *,
    allow_leakage: bool = False,
) -> Split:
    """Make sure that no test speaker and no test audio is in another part of the split.

    Validation counts as seen: it chooses the checkpoint. So do unlabelled clips, unless the split is stamped
    TRANSDUCTIVE, which says that the test clips themselves were seen without labels. The stamp SPEAKER-DEPENDENT
    speaks of speakers, not of recordings that lie there twice: those are added to it.

    Args:
        rows: rows that the split was made from.
        split: the split.
        fingerprints: hash of the audio of every id of the split (:func:`humpcat.audio.fingerprint`); without it,
            a recording that lies there under two ids is not noticed.
        allow_leakage: stamp the split SPEAKER-DEPENDENT instead of refusing it.

    Returns:
        The split, its guarantee stamped if something leaks.

    Raises:
        LeakageError: something leaks, or who speaks is not known, and ``allow_leakage`` is not set; or a test clip
            says a sentence that was seen, though the guarantee says sentence-disjoint.
        ProtocolError: an id of the split has no row or no fingerprint.

    Example:
        >>> rows = [{"id": id_, "corpus": "toy", "speaker": "f1"} for id_ in ("a", "b")]
        >>> split = Split("by hand", 0, "speaker-disjoint", adapt=("a",), test=("b",))
        >>> check_split(rows, split, allow_leakage=True).guarantee
        'SPEAKER-DEPENDENT: 1 of 1 test speakers was seen (toy/f1)'
    """
    if SENTENCE_DISJOINT in split.guarantee:
        overlap = sentence_overlap(rows, split)
        if overlap.repeated or overlap.unknown or overlap.unknown_seen:
            # A stamp would not mend it: the stamp speaks of speakers.
            raise LeakageError(
                f"split '{split.name}' is said to be {SENTENCE_DISJOINT}, but: {overlap.sentence()[:-1]}: make the "
                "split again."
            )
    seen = Ledger.of(rows, split.learnt if split.transductive else split.seen, fingerprints)
    stamp = check_unseen(seen, rows, split.test, fingerprints, allow_leakage=allow_leakage)
    if stamp is None:
        return split
    if not split.speaker_dependent:
        return split.stamped(stamp)
    copies = _copies(seen, {} if fingerprints is None else fingerprints_of(split.test, fingerprints))
    guarantee = Guarantee.parse(split.guarantee)
    if copies is None or copies in guarantee.clauses:
        return split
    return split.stamped(str(guarantee.adding(copies)))


def check_unseen(
    ledger: Ledger,
    rows: Rows,
    ids: Iterable[str],
    fingerprints: Mapping[str, str] | None = None,
    *,
    allow_leakage: bool = False,
) -> str | None:
    """Make sure that a checkpoint has seen no speaker, clip or audio of a test, under whatever name of its corpus.

    Where a clip of the rows, tested or not, is a recording that was learnt from under another corpus name, both names
    are of one speaker, who was seen then, in whatever clips (:func:`humpcat.protocols.people.acquaintances`). A test
    corpus that the checkpoint's encoder was trained on leaks too.

    Args:
        ledger: what the checkpoint has seen, its source corpora included.
        rows: rows that the test ids came from, at best all of the corpus.
        ids: ids of the test clips.
        fingerprints: hash of the audio of every test id (:func:`humpcat.audio.fingerprint`), at best of every row.
        allow_leakage: return the stamp instead of refusing.

    Returns:
        None if nothing leaks; with ``allow_leakage``, the guarantee SPEAKER-DEPENDENT that every number must
        carry, and what leaks.

    Raises:
        LeakageError: something leaks, or who speaks is not known, and ``allow_leakage`` is not set.
        ProtocolError: an id has no row or no fingerprint.

    Example:
        >>> rows = [{"id": id_, "corpus": "toy", "speaker": id_[0]} for id_ in ("a1", "a2", "b1")]
        >>> check_unseen(Ledger.of(rows, ["a1", "a2"]), rows, ["b1"]) is None
        True
        >>> check_unseen(Ledger.of(rows, ["a1"]), rows, ["a2"])
        Traceback (most recent call last):
        humpcat.errors.LeakageError: 1 of 1 test speakers was seen (toy/a): make the split again, or pass
        allow_leakage (--allow-leakage), which stamps every number SPEAKER-DEPENDENT.
    """
    findings = _findings(ledger, rows, ids, fingerprints)
    if not findings:
        return None
    if not allow_leakage:
        raise LeakageError(
            f"{'; '.join(findings)}: make the split again, or pass allow_leakage (--allow-leakage), which stamps "
            f"every number {SPEAKER_DEPENDENT}."
        )
    return f"{SPEAKER_DEPENDENT}: {'; '.join(findings)}"


def heard_before(
    ledger: Ledger, rows: Rows, ids: Iterable[str], fingerprints: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Say how much of a test a checkpoint has heard without labels: standardised by, aligned to, self-trained on.

    That is no leakage of labels, and refuses nothing; but the test is not independent of its speakers in the strict
    sense, and its guarantee has to say so.

    Args:
        ledger: what the checkpoint has seen.
        rows: rows that the test ids came from, at best all of the corpus.
        ids: ids of the test clips.
        fingerprints: hash of the audio of every test id (:func:`humpcat.audio.fingerprint`), at best of every row.

    Returns:
        Clauses for the guarantee, none where nothing of the test was heard: of the clips, by id or audio, and of
        speakers of whom other clips only were heard.

    Raises:
        ProtocolError: an id has no row or no fingerprint.

    Example:
        >>> rows = [{"id": id_, "corpus": "toy", "speaker": id_[0]} for id_ in ("a1", "a2", "b1", "c1")]
        >>> heard_before(Ledger.of(rows, ["c1"], unlabelled=["a1", "b1"]), rows, ["a1"])
        ('1 of 1 test clips was heard without its label by the model before (a1)',)
        >>> heard_before(Ledger.of(rows, ["c1"], unlabelled=["a1", "b1"]), rows, ["a2"])
        ('1 of 1 test speakers was heard in other clips without labels by the model before (toy/a)',)
    """
    if not ledger.unlabelled:
        return ()
    heard, test = ledger.heard, clips(rows, ids)
    hashes = fingerprints_of([clip.id for clip in test], fingerprints)
    known, known_audio = heard.ids, heard.fingerprints
    same = [clip for clip in test if clip.id in known or hashes.get(clip.id) in known_audio]
    clauses = []
    if same:
        theirs = "its label" if len(same) == 1 else "their labels"
        how = f"heard without {theirs} by the model before"
        clauses.append(_were(len(same), len(test), "test clips", how, [clip.id for clip in same]))
    speakers = sorted({clip.speaker for clip in test if clip.speaker is not None})
    people = {*heard.speakers, *acquaintances(heard, clips(rows), fingerprints or {}).speakers}
    others = [speaker for speaker in speakers if speaker in people - {clip.speaker for clip in same}]
    if others:
        how = "heard in other clips without labels by the model before"
        clauses.append(_were(len(others), len(speakers), "test speakers", how, others))
    return tuple(clauses)


def require_usable(split: Split, known: Collection[str], unusable: Collection[str], learner: str) -> None:
    """Refuse a split that names other clips than there are, or that a recipe could not use as it is.

    Args:
        split: the split.
        known: ids of the clips that can be used.
        unusable: ids of those whose audio cannot.
        learner: the part that is learnt from, "train" or "adapt".

    Raises:
        ProtocolError: a part is empty, or filled and not used, or a clip is not there, is unusable or has no class.
    """
    # A source of several corpora may be tested by leaving each out.
    for part in (learner, *["test"] * (learner == "adapt")):
        if not getattr(split, part):
            raise ProtocolError(
                f"split '{split.name}': '{part}' is empty, expected one clip or more: training a source uses train, "
                "valid and test, fine-tuning adapt, valid and test."
            )
    for part in ("train", "adapt", "unlabelled"):
        if part != learner and (ids := getattr(split, part)):
            raise ProtocolError(
                f"split '{split.name}': '{part}' holds {len(ids)} clips, expected none, for nothing would be learnt "
                f"from them here: move them to '{learner}' or leave them out."
            )
    wanted = (*getattr(split, learner), *split.valid, *split.test)
    missing = [clip_id for clip_id in wanted if clip_id not in known]
    if missing:
        bad = sum(clip_id in unusable for clip_id in missing)
        raise ProtocolError(
            f"split '{split.name}': {len(missing)} of {len(wanted)} clips cannot be used ({examples(missing)}): "
            f"{bad} have unusable audio, {len(missing) - bad} are not in the corpus or of no class in the "
            "label space: make the split again of the corpus and label space that this run uses."
        )


def _findings(ledger: Ledger, rows: Rows, ids: Iterable[str], fingerprints: Mapping[str, str] | None) -> list[str]:
    test = clips(rows, ids)
    hashes = fingerprints_of([clip.id for clip in test], fingerprints)
    test_ids = [clip.id for clip in test]
    speakers = sorted({clip.speaker for clip in test if clip.speaker is not None})
    # Of all clips: that a corpus is known under another name, those may tell that are not tested.
    elsewhere = acquaintances(ledger, clips(rows), fingerprints or {})
    findings = []
    for what, items, known in (("speakers", speakers, ledger.speakers), ("clips", test_ids, ledger.ids)):
        shared = [item for item in items if item in known]
        if shared:
            findings.append(_were(len(shared), len(items), f"test {what}", "seen", shared))
    same = [f"{speaker} is {elsewhere.speakers[speaker]}" for speaker in speakers if speaker in elsewhere.speakers]
    if same:
        findings.append(_were(len(same), len(speakers), "test speakers", "seen under another corpus name", same))
    copies = _copies(ledger, hashes)
    if copies is not None:
        findings.append(copies)
    unknown = [clip.id for clip in test if _nobody_knows(clip, ledger, elsewhere)]
    if unknown:
        findings.append(
            f"whether the speakers of {len(unknown)} of {len(test)} test clips were seen is not known "
            f"({examples(unknown)})"
        )
    if ledger.encoder is not None:
        heard = [corpus for corpus in sorted({clip.corpus for clip in test}) if ledger.encoder.holds(corpus)]
        if heard:
            findings.append(f"the encoder {ledger.encoder.encoder} was trained on {', '.join(heard)} too")
    return findings


def _nobody_knows(clip: ClipRow, ledger: Ledger, elsewhere: Acquaintances) -> bool:
    """Return whether the clip's speaker may have been seen, and nobody can tell."""
    # In a corpus that was never seen, under whatever name, an unknown speaker does no harm.
    names = {clip.corpus, *elsewhere.corpora.get(clip.corpus, ())} & ledger.corpora.keys()
    return bool(names) and (clip.speaker is None or any(ledger.corpora[name].anonymous for name in names))


def _copies(ledger: Ledger, hashes: Mapping[str, str]) -> str | None:
    """Say which recordings lie there twice; the same clip under its own id is told elsewhere."""
    # Each is a union over corpora: made once, not once a clip.
    known, ids = ledger.fingerprints, ledger.ids
    copies = [id_ for id_, value in hashes.items() if value in known and id_ not in ids]
    if not copies:
        return None
    return _were(len(copies), len(hashes), "test clips", "seen as identical audio under another id", copies)


def _were(n: int, total: int, what: str, how: str, items: list[str]) -> str:
    return f"{n} of {total} {what} {'was' if n == 1 else 'were'} {how} ({examples(items)})"
