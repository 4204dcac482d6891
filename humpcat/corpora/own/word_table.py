"""The words by which labels of one's own are understood, for people and for machines."""

from humpcat.corpora.own.wording import word_list
from humpcat.errors import SettingsError

_BESIDE = (
    "Case, accents, punctuation and numbers do not matter (05Angry, angry_01), nor do words such as clips or speech "
    "beside one (happy_clips); plurals and other forms are understood as the word is (angrily, enojadas). Whatever is "
    "not here is named by --labels WORD=EMOTION, or taken as it is by --label-space own."
)


def to_dict(language: str | None = None) -> dict[str, dict[str, list[str]]]:
    """Return language to canonical emotion to the words that mean it.

    Args:
        language: the only one to return, such as "tr"; all by default.

    Raises:
        SettingsError: there are no words of that language.

    Example:
        >>> to_dict("ko")["ko"]["sadness"]
        ['슬픔', '슬픈', '슬프다']
    """
    words: dict[str, dict[str, list[str]]] = {}
    for tag, emotion, known in word_list():
        words.setdefault(tag, {})[emotion] = list(known)
    if language is None:
        return words
    # A region says nothing of the words: tr-TR is tr.
    found = next((known for known in (language, _without_region(language)) if known in words), None)
    if found is None:
        raise SettingsError(f"--lang {language}: no words of it are known: choose one of {', '.join(words)}.")
    return {found: words[found]}


def has_language(language: str) -> bool:
    """Return whether there are words of a language.

    Args:
        language: its code.

    Example:
        >>> has_language("tr"), has_language("tr-TR"), has_language("emodb")
        (True, True, False)
    """
    return {language, _without_region(language)} & {tag for tag, *_ in word_list()} != set()


def _without_region(language: str) -> str:
    return language.partition("-")[0].lower()


def to_text(language: str | None = None) -> str:
    """Return the list in lines: one a language and emotion.

    Args:
        language: as for :func:`to_dict`.
    """
    lines = [
        f"{tag} {emotion}: {', '.join(words)}"
        for tag, own in to_dict(language).items()
        for emotion, words in own.items()
    ]
    return "\n".join([*lines, "", _BESIDE])
