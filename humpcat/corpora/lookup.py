"""Corpora by their names, and the default target of each language."""

from collections.abc import Iterable
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.errors import CorpusError
from humpcat.registry import Registry

CORPORA: Registry[Corpus] = Registry("humpcat.corpora.catalog", "corpus", CorpusError, group="humpcat.corpora")
"""Every corpus that a file of ``catalog`` or a plugin exports, by name."""


def target_corpus(language: str, folders: Iterable[str | Path] = ()) -> Corpus:
    """Return the default target corpus of a language.

    Args:
        language: code such as "de".
        folders: folders of files that define further corpora.

    Raises:
        CorpusError: no corpus is the default of that language.

    Example:
        >>> target_corpus("de").name
        'emodb'
    """
    by_language = {corpus.target_for: corpus for corpus in CORPORA.including(*folders) if corpus.target_for}
    if language not in by_language:
        known = ", ".join(sorted(by_language))
        raise CorpusError(
            f"language '{language}' has no default target corpus: choose one of {known}, or name a corpus."
        )
    return by_language[language]
