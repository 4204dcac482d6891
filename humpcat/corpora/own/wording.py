"""What a person may call an emotion, in many languages, and the canonical emotion that is meant."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from humpcat.corpora.labels import EMOTIONS
from humpcat.corpora.scan import listed
from humpcat.errors import CorpusError

# Single letters are left out of the list on purpose: A is anger in one corpus and Angst (fear) in another.
_LIST = Path(__file__).with_name("words.tsv")

# Letters that Unicode does not take apart, and those that a Turkish keyboard has beside the others.
_PLAIN = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe"})
# How German is written where there are no such letters.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})

# What stands beside the emotion in names of folders, and says nothing of it.
_FILLERS = listed(
    "clip clips file files audio audios speech voice voices wav wavs sound sounds sample samples recording recordings "
    "emotion emotions emotional emo class label category cat folder dir train training test testing valid validation "
    "val dev set data dataset utterance utterances utt acted spoken very slightly strong strongly weak mild low "
    "medium high hi lo md intensity level state tone male female man woman men women"
)
_NEGATIONS = listed("no not non nicht kein keine un without ohne sin sans senza без не")

# Endings of plurals, genders, cases, adverbs and nouns, the longest first; what is left must be a word of its own.
_ENDINGS = (
    "ness nesses ily ly ing ed es er ier est iest en em as os is us ie ies a o e i s n y ada ado amente emente mente "
    "keit heit lar ler lık lik luk lük lı li "
    "а о е и ы й я у ый ий ой ая яя ое ее ые ие ую ого ός ος η οι α ο"
)
_STEM = 4
_NEAR = 0.82
_ARTICLE = "ال"


def emotion_of(wording: str) -> str | None:
    """Return the canonical emotion that a wording means.

    Case, accents, punctuation and numbers do not matter, nor do words such as ``clips`` beside it; plurals and
    other forms of a word are understood as the word is.

    Args:
        wording: one word, or a few.

    Returns:
        One of :data:`humpcat.corpora.labels.EMOTIONS`, None for a wording that is not understood.

    Example:
        >>> emotion_of("Überrascht"), emotion_of("NEU."), emotion_of("生气"), emotion_of("spk1")
        ('surprise', 'neutral', 'anger', None)
        >>> emotion_of("05Angry"), emotion_of("happy_clips"), emotion_of("enojadas"), emotion_of("not_angry")
        ('anger', 'happiness', 'anger', None)
    """
    known = _known()
    if found := known.get(_plain(wording)):
        return found
    words = _words(wording)
    if not words or _NEGATIONS & set(words):
        return None
    telling = [word for word in words if word not in _FILLERS and (len(word) > 1 or not word.isascii())]
    for kept in (words, telling):
        whole = _plain("".join(kept)).removeprefix(_ARTICLE)
        if found := known.get(whole) or _by_form(whole):
            return found
    return None


def suggestion(wording: str) -> tuple[str, str] | None:
    """Return the known word that a wording is nearest to, and the emotion it means; None if none is near.

    Args:
        wording: one that :func:`emotion_of` does not understand.

    Example:
        >>> suggestion("nuetral"), suggestion("OAF_angry"), suggestion("stressed")
        (('neutral', 'neutral'), ('angry', 'anger'), None)
    """
    words = _words(wording)
    # Of two emotions in one name nobody can tell which is meant.
    if _NEGATIONS & set(words) or len({emotion_of(word) for word in words} - {None}) > 1:
        return None
    for word in (_plain("".join(words)), *map(_plain, words)):
        if found := _nearest(word):
            return _written().get(found, found), _known()[found]
    telling = {character: _ideographs()[character] for character in wording if character in _ideographs()}
    return next(iter(telling.items())) if len(set(telling.values())) == 1 else None


def _nearest(word: str) -> str | None:
    """Return the known word that is most like another one, in English if one is, or that stands within it."""
    known = _known()
    if len(word) < 2:
        return None
    for language in (_english(), known):
        if near := difflib.get_close_matches(word, language, 1, _NEAR):
            return near[0]
    # Where words are not written apart, such as in Mandarin and Korean, one may stand within others.
    within = [part for part in known if part in word and len(_composed(part)) > 1] if not word.isascii() else []
    return max(within, key=len, default=None)


def emotions_of(found: Iterable[str], own: Mapping[str, str | None]) -> dict[str, str | None]:
    """Say which canonical emotion each label means.

    Args:
        found: labels of the data.
        own: the user's word for some of them, which goes before the wording; None for a label without emotion.

    Raises:
        CorpusError: ``own`` names an emotion that is not canonical.

    Example:
        >>> emotions_of(["sad", "grumpy"], {"grumpy": "anger"})
        {'grumpy': 'anger', 'sad': 'sadness'}
    """
    for label, emotion in own.items():
        if emotion is not None and emotion not in EMOTIONS:
            raise CorpusError(
                f"--labels {label}={emotion}: no such emotion, expected one of {', '.join(EMOTIONS)}, or None."
            )
    return {label: own[label] if label in own else emotion_of(label) for label in sorted(set(found))}


def own_emotions(labels: Mapping[str, str | None] | None) -> dict[str, str | None]:
    """Return what the user says of labels with canonical emotions, where their words are understood.

    Args:
        labels: label to emotion, in any wording; None, "None" or nothing for a label without one.

    Example:
        >>> own_emotions({"froh": "happy", "rest": "None"})
        {'froh': 'happiness', 'rest': None}
    """
    return {
        str(label): None if emotion in (None, "", "None", "none") else emotion_of(str(emotion)) or emotion
        for label, emotion in (labels or {}).items()
    }


@cache
def word_list() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the documented list: language, canonical emotion, and the words that mean it.

    Example:
        >>> next(words for language, emotion, words in word_list() if (language, emotion) == ("ko", "sadness"))
        ('슬픔', '슬픈', '슬프다')
    """
    lines = _LIST.read_text(encoding="utf-8").splitlines()[1:]
    rows = (line.split("\t") for line in lines)
    return tuple((language, emotion, tuple(words.split(", "))) for language, emotion, words in rows)


@cache
def _known() -> Mapping[str, str]:
    """Return each word of the list, plainly written, and what it means."""
    words = [(word, emotion) for _, emotion, spellings in word_list() for word in spellings]
    plain = {_plain(word): emotion for word, emotion in words}
    # Not over a word that is written so: none is taken from another language.
    return {_plain(word.casefold().translate(_UMLAUTS)): emotion for word, emotion in words} | plain


@cache
def _english() -> tuple[str, ...]:
    """Return the words that are offered first where several are as near."""
    return tuple(_plain(word) for language, _, words in word_list() if language == "en" for word in words)


@cache
def _endings() -> tuple[str, ...]:
    """Return the endings as :func:`_plain` leaves them, the longest first."""
    return tuple(sorted({_plain(ending) for ending in _ENDINGS.split()}, key=lambda ending: (-len(ending), ending)))


@cache
def _written() -> Mapping[str, str]:
    """Return each word of the list by how it is written plainly, to say it as its language does."""
    return {_plain(word): word for _, _, words in word_list() for word in words}


@cache
def _ideographs() -> Mapping[str, str]:
    """Return the characters that begin words for one emotion only: 怒 in 怒り, 怒る and 怒った."""
    meant: dict[str, set[str]] = {}
    for language, emotion, words in word_list():
        for word in words if language in ("ja", "zh") else ():
            if "CJK UNIFIED" in unicodedata.name(word[0], ""):
                meant.setdefault(word[0], set()).add(emotion)
    return {character: next(iter(emotions)) for character, emotions in meant.items() if len(emotions) == 1}


@cache
def _forms() -> Mapping[str, str]:
    """Return what is left of each word without an ending, where it is left of words for one emotion only."""
    meant: dict[str, set[str]] = {}
    for word, emotion in _known().items():
        for stem in _stems(word):
            meant.setdefault(stem, set()).add(emotion)
    return {stem: next(iter(emotions)) for stem, emotions in meant.items() if len(emotions) == 1}


def _by_form(word: str) -> str | None:
    if word.endswith("s") and (found := _known().get(word[:-1])) and len(word) > _STEM - 1:
        return found
    meant = {_forms()[stem] for stem in _stems(word) if stem in _forms()}
    return meant.pop() if len(meant) == 1 else None


def _stems(word: str) -> Iterator[str]:
    if len(word) >= _STEM:
        yield word
    for ending in _endings():
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            yield word[: -len(ending)]


def _words(wording: str) -> list[str]:
    """Return the words of a name such as ``01_angryClips``, without numbers."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", wording)
    return [word.casefold() for word in re.split(r"[\W\d_]+", _composed(apart)) if word]


def _composed(wording: str) -> str:
    # Marks of Indic scripts are no word characters by themselves; they go where _plain takes them too.
    return "".join(
        character for character in unicodedata.normalize("NFC", wording) if unicodedata.category(character)[0] != "M"
    )


def _plain(wording: str) -> str:
    apart = unicodedata.normalize("NFKD", wording.casefold().translate(_PLAIN))
    return "".join(character for character in apart if character.isalnum())
