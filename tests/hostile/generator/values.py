"""Values that nobody expects, and documents of JSON that hold them."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3, 255, 2**31, -(2**63), 2**64, 10**30),
    *(0.0, 0.5, -0.5, 1e-320, 1e308, float("nan"), float("inf"), -float("inf")),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "NaN",
        "null",
        "x" * 3000,
        "\0",
        "a\nb",
        "\x1b[31m",
        "[/bold]",
        "$\\frac$",
        "\ud800",
    ),
    *("../../outside", "/etc/passwd", "/dev/zero", "é", "\u202e", "a" * 300),
    *([], {}, [[]], [None], [0], [-1], ["a"], {"a": None}, {"": {}}, [1, 1], [1e308, float("nan")]),
)

TEXTS = tuple(value for value in VALUES if isinstance(value, str)) + tuple(
    str(value) for value in VALUES if isinstance(value, int | float)
)


def changed(document: Any, random: Random) -> tuple[str, Any]:
    """Return what was done to a document, and the document.

    Args:
        document: as ``json.loads`` gives.
        random: what everything is drawn from.
    """
    copy = json.loads(json.dumps(document))
    holders = [found for found in _containers(copy) if found]
    holder = random.choice(holders)
    key = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    change = random.choice(_CHANGES)
    change(holder, key, random)
    return f"{change.__name__} {key}"[:60], copy


def written(document: Any, random: Random) -> str:
    """Return a document as text, at times nested deeper than it can be read.

    Args:
        document: as :func:`changed` gives.
        random: what everything is drawn from.
    """
    text = json.dumps(document)
    if random.random() < 0.03:
        depth = random.choice((50, 900, 5_000, 100_000))
        return text.replace("null", "[" * depth + "]" * depth, 1) if "null" in text else "[" * depth + text
    if random.random() < 0.05 and text.startswith("{") and len(text) > 2:
        # A key that is written twice counts as it was written last.
        return text[:-1] + ", " + json.dumps(dict.fromkeys(document))[1:]
    return text


def _containers(value: Any) -> list[Any]:
    if not isinstance(value, dict | list):
        return []
    inner = value.values() if isinstance(value, dict) else value
    return [value, *(found for child in inner for found in _containers(child))]


def replace_value(holder: Any, key: Any, random: Random) -> None:
    holder[key] = random.choice(VALUES)


def scale_number(holder: Any, key: Any, random: Random) -> None:
    old = holder[key]
    number = isinstance(old, int | float) and not isinstance(old, bool)
    holder[key] = old * random.choice((-1, 0, 2, 0.5, 1000, 10**9)) if number else random.choice(VALUES)


def drop_value(holder: Any, key: Any, random: Random) -> None:
    del holder[key]


def wrap_value(holder: Any, key: Any, random: Random) -> None:
    holder[key] = random.choice(([holder[key]], {"value": holder[key]}, str(holder[key]), [holder[key]] * 50))


def rename_key(holder: Any, key: Any, random: Random) -> None:
    if isinstance(holder, dict):
        holder[random.choice((str(key) + "x", str(key).upper(), "\ud800", "", "a\nb", "__class__"))] = holder.pop(key)
    else:
        holder.append(holder[key])


_CHANGES: tuple[Callable[[Any, Any, Random], None], ...] = (
    replace_value,
    replace_value,
    replace_value,
    scale_number,
    drop_value,
    wrap_value,
    rename_key,
)
