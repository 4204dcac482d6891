"""The rows of a corpus by its name, or of your own data by its place."""

from pathlib import Path
from typing import Any

from humpcat.corpora.lookup import CORPORA
from humpcat.corpora.own import own_corpus
from humpcat.corpora.scan import Scan
from humpcat.errors import CorpusError
from humpcat.keywords import keywords_of, named_further


@named_further(lambda: keywords_of(own_corpus))
def load_corpus(name: str | Path, data_dir: str | Path | None = None, **own: Any) -> Scan:
    """Return the rows of a corpus, and what about it is not as published.

    Args:
        name: a registered corpus; or a folder, a table or a data set of your own.
        data_dir: folder that holds the corpora, or the registered corpus itself; ``$HUMPCAT_DATA`` by default.
        **own: how your own data is read, as for :func:`own_corpus`.

    Raises:
        CorpusError: the corpus is unknown, is not there or cannot be read; or a registered one is told how to be read.
        KeywordError: ``own`` holds what :func:`own_corpus` does not take.

    Example:
        >>> load_corpus("emodb", columns={"path": "file"})
        Traceback (most recent call last):
        humpcat.errors.CorpusError: corpus 'emodb': is registered, columns are for data of your own: leave them out.
    """
    if name in CORPORA or not ("/" in str(name) or Path(name).exists()):
        corpus = CORPORA[str(name)]
        if own:
            raise CorpusError(
                f"corpus '{name}': is registered, {', '.join(own)} are for data of your own: leave them out."
            )
        return corpus.scan(corpus.find(data_dir))
    mine = own_corpus(name, **own)
    return mine.scan(mine.find())
