"""Keywords that nobody knows are refused, and the nearest known one is named: never passed over in silence."""

import functools
import inspect
from collections.abc import Callable, Iterable, MutableMapping
from difflib import SequenceMatcher
from typing import Any, TypeVar, cast

from humpcat.errors import KeywordError

Callables = TypeVar("Callables", bound=Callable[..., Any])

_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_MARK = "_names_unknown_keywords"


def refuse_unknown(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse keywords that are not known.

    Args:
        what: what was called, the beginning of the sentence.
        given: keywords that it was given.
        known: keywords that it takes.

    Raises:
        KeywordError: one is unknown; the sentence names the nearest.

    Example:
        >>> refuse_unknown("pipeline", ["topk"], ["batch_size", "top_k"])
        Traceback (most recent call last):
        humpcat.errors.KeywordError: pipeline: keyword 'topk' is unknown: did you mean 'top_k'? Known are batch_size \
and top_k.
    """
    names = sorted(known)
    for keyword in given:
        if keyword not in names:
            raise KeywordError(f"{what}: keyword '{keyword}' is unknown{_offer(keyword, names)}")


def nearest(word: str, names: Iterable[str]) -> str:
    """Return the name that is most like a word.

    Args:
        word: what was written.
        names: what there is, at least one.

    Example:
        >>> nearest("channels", ["batch_size", "channel", "top_k"])
        'channel'
    """
    return max(names, key=lambda name: likeness(word, name))


def likeness(word: str, name: str) -> float:
    """Return how much two words are alike, from 0 to 1, whatever their underscores and capitals.

    Args:
        word: one word.
        name: the other.
    """
    first, second = (text.lower().replace("_", "") for text in (word, name))
    return SequenceMatcher(None, first, second).ratio()


def keywords_of(function: Callable[..., Any]) -> list[str]:
    """Return the names of what a function takes by name.

    Args:
        function: a function, method or class.

    Example:
        >>> keywords_of(refuse_unknown)
        ['what', 'given', 'known']
    """
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind in _BY_NAME and each.name not in ("self", "cls")]


def named_keywords(function: Callables) -> Callables:
    """Make a function, or the constructor and the methods of a class, name the nearest keyword to one not known.

    What takes any keywords, such as ``**settings``, is left as it is and looks at them itself.

    Args:
        function: a function, method or class.

    Example:
        >>> @named_keywords
        ... def add(one, other=1):
        ...     return one + other
        >>> add(1, othr=2)
        Traceback (most recent call last):
        humpcat.errors.KeywordError: add: keyword 'othr' is unknown: did you mean 'other'? Known are one and other.
    """
    if inspect.isclass(function):
        # What is inherited is the parent's business.
        for name, method in list(vars(function).items()):
            if name == "__init__":
                setattr(function, name, _checked(method, function.__name__))
            elif not name.startswith("_") and inspect.isfunction(method):
                setattr(function, name, _checked(method, f"{function.__name__}.{name}"))
            elif not name.startswith("_") and isinstance(method, classmethod | staticmethod):
                checked = _checked(method.__func__, f"{function.__name__}.{name}")
                setattr(function, name, type(method)(checked))
        return function
    return cast(Callables, _checked(function, function.__name__))


def named_further(known: Callable[[], Iterable[str]]) -> Callable[[Callables], Callables]:
    """Make a function that takes any keywords name the nearest to one not known, before it misses one that lacks.

    Args:
        known: returns what the function takes beside its own keywords.

    Example:
        >>> @named_further(lambda: ["size"])
        ... def draw(data, **further):
        ...     return data
        >>> draw(dta=1)
        Traceback (most recent call last):
        humpcat.errors.KeywordError: draw: keyword 'dta' is unknown: did you mean 'data'? Known are data and size.
    """

    def named(function: Callables) -> Callables:
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            refuse_unknown(function.__name__, kwargs, {*keywords_of(function), *known()})
            return function(*args, **kwargs)

        return cast(Callables, called)

    return named


def name_unknown_keywords(room: MutableMapping[str, Any], exported: Iterable[str]) -> None:
    """Do what :func:`named_keywords` does for everything that a room exports.

    Args:
        room: ``globals()`` of the package.
        exported: its ``__all__``.
    """
    for name in exported:
        found = room[name]
        if inspect.isfunction(found) or (inspect.isclass(found) and not issubclass(found, BaseException)):
            room[name] = named_keywords(found)


def _checked(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    parameters = inspect.signature(function).parameters.values()
    if hasattr(function, _MARK) or any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return function
    known = frozenset(keywords_of(function))

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        if not known.issuperset(kwargs):
            refuse_unknown(what, kwargs, known)
        return function(*args, **kwargs)

    setattr(called, _MARK, True)
    return called


def _offer(keyword: str, names: list[str]) -> str:
    if not names:
        return ": it takes none."
    listed = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return f": did you mean '{nearest(keyword, names)}'? Known {'are' if len(names) > 1 else 'is'} {listed}."
