"""An explanation as lines to be read."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from humpcat.inference.why.explanation import Explanation, Stretch
from humpcat.shown import one_line

MOST_STRETCHES = 5
"""Stretches that are named for the label, and as many against it."""

LOOKED = 1.1
"""How much more than if it looked everywhere alike a fusion looks at the stretches that are named."""


def to_text(name: str, explanation: Explanation) -> str:
    """Return an explanation as text.

    Args:
        name: what the clip is called.
        explanation: of the clip.
    """
    shown = ", ".join(f"{one_line(label)} {score:.3f}" for label, score in explanation.scores.items())
    parts = [
        [f"{one_line(name)}: {shown}", *(f"! {flag.name}: {flag.reason}" for flag in explanation.flags)],
        list(_contributions(explanation)),
        list(_over_time(explanation)),
        list(_attention(explanation)),
        list(_prosody(explanation)),
        list(explanation.notes),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield lines of columns, the first flush left and the others flush right.

    Args:
        rows: cells, as many a row.

    Example:
        >>> print("\\n".join(table([["term", "anger"], ["bias", "+0.1"]])))
        term  anger
        bias   +0.1
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join([f"{first:<{widths[0]}}", *cells]).rstrip()


def _contributions(explanation: Explanation) -> Iterator[str]:
    yield "What spoke for (+) and against (-) each class, in logits about their mean:"
    rows = [*explanation.contributions.items(), ("sum", explanation.logits)]
    cells = [[one_line(term), *(f"{values[name]:+.2f}" for name in explanation.scores)] for term, values in rows]
    yield from table([["", *map(one_line, explanation.scores)], *cells])


def _over_time(explanation: Explanation) -> Iterator[str]:
    stretches = explanation.over_time
    if not stretches:
        return
    label = one_line(explanation.label)
    yield f"When, of {' and '.join(map(one_line, explanation.timed))}:"
    for word, sign in (("for", 1), ("against", -1)):
        strongest = sorted(stretches, key=lambda each: -sign * each.value)[:MOST_STRETCHES]
        found = _joined(sorted((each for each in strongest if sign * each.value > 0), key=lambda each: each.start))
        if found:
            said = ", ".join(f"{each.start:.1f}-{each.end:.1f} s ({each.value:+.3f})" for each in found)
            yield f"most {word} {label}: {said}"


def _attention(explanation: Explanation) -> Iterator[str]:
    for name, steps in explanation.attention.items():
        strongest = sorted((each for each in steps if each.value > LOOKED), key=lambda each: -each.value)
        found = _runs(sorted(strongest[:MOST_STRETCHES], key=lambda each: each.start))
        places = ", ".join(f"{run[0].start:.2f}-{run[-1].end:.2f} s (x{_highest(run):.1f})" for run in found)
        yield f"Where the fusion looked, of {one_line(name)}: {places or 'everywhere alike'}"


def _highest(run: Sequence[Stretch]) -> float:
    return max(each.value for each in run)


def _joined(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return stretches in the order of time, those that follow one another as one."""
    return [Stretch(own[0].start, own[-1].end, sum(each.value for each in own)) for own in _runs(stretches)]


def _runs(stretches: Sequence[Stretch]) -> list[list[Stretch]]:
    """Return stretches in the order of time, in groups of those that follow one another."""
    if not stretches:
        return []
    groups = [[stretches[0]]]
    for before, after in pairwise(stretches):
        if abs(after.start - before.end) < 1e-6:
            groups[-1].append(after)
        else:
            groups.append([after])
    return groups


def _prosody(explanation: Explanation) -> Iterator[str]:
    against = explanation.against_speaker
    yield "How it was said" + (", and how that differs from the speaker's clips:" if against else ":")
    rows = []
    for name, value in explanation.prosody.items():
        found = against.get(name)
        difference = f"{found.difference:+.2f}" if found else ""
        z = f"z {found.z:+.1f} of {found.clips}" if found and found.z is not None else ""
        cells = [name, "-" if value is None else f"{value:.2f}"]
        rows.append([*cells, difference, z] if against else cells)
    yield from table(rows)
