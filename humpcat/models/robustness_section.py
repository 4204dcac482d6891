"""What a model's card says of its robustness, where ``humpcat check-model`` has written it beside the model."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from humpcat.errors import HumpcatError
from humpcat.files import read_json, replacing

REPORT = "robustness.json"
"""Name of the report beside a model, or in the folder that a check was told to write into."""

DRAWING = "robustness.svg"

HEADING = "## What a recording may do to its answers"

_MEND = "remove it, or check the model again"


def robustness_section(folder: Path) -> str | None:
    """Return the section of a model's card that says how robust it is; None where nobody has checked it.

    Args:
        folder: the model's folder.

    Raises:
        HumpcatError: the report there is damaged.
    """
    if not (folder / REPORT).is_file():
        return None
    found = read_json(folder / REPORT)
    try:
        lines = [HEADING, "", checked_on(found), "", *table_of(found)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HumpcatError(
            f"{folder / REPORT}: is no report of a check ({type(error).__name__} {error}): {_MEND}."
        ) from None
    if (folder / DRAWING).is_file():
        lines += ["", f"![Answers changed and accuracy under each distortion]({DRAWING})"]
    return "\n".join(lines)


def with_section(card: str, section: str) -> str:
    """Return a card with the section, in the place of the one that it has.

    Args:
        card: Markdown.
        section: as :func:`robustness_section` gives it.

    Example:
        >>> print(with_section("# A model\\n\\n## Limits\\n\\nMany.\\n", "## What a recording may do to its answers"))
        # A model
        <BLANKLINE>
        ## What a recording may do to its answers
        <BLANKLINE>
        ## Limits
        <BLANKLINE>
        Many.
        <BLANKLINE>
    """
    without = re.sub(rf"^{re.escape(HEADING)}\n.*?(?=^## |\Z)", "", card, flags=re.MULTILINE | re.DOTALL)
    head, limits, rest = without.partition("## Limits\n")
    return f"{head.rstrip()}\n\n{section}\n\n{limits}{rest}".rstrip() + "\n"


def renew_section(folder: Path, card: str) -> None:
    """Put the section into a card that lies beside a report; nothing is done where one of them is missing.

    Args:
        folder: the model's folder.
        card: name of the card.
    """
    section = robustness_section(folder)
    if section is None or not (folder / card).is_file():
        return
    text = with_section((folder / card).read_text(encoding="utf-8"), section)
    with replacing(folder / card) as draft:
        draft.write_text(text, encoding="utf-8")


def checked_on(found: Mapping[str, Any]) -> str:
    """Return a sentence that says which weights were checked on which clips.

    Args:
        found: the report.
    """
    clips, guarantee = found["clips"], found["guarantee"]
    speakers = f" of {clips['speakers']} speakers" if clips["speakers"] else ""
    labels = f"Guarantee: **{guarantee}**." if clips["labelled"] else "The clips have no labels."
    return (
        f"{clips['count']} clips{speakers} of {clips['data']}, seed {found['seed']}, weights `{found['model_hash']}`. "
        f"{labels}"
    )


def table_of(found: Mapping[str, Any], *, padded: bool = False) -> list[str]:
    """Return the table of a report as lines of Markdown.

    Args:
        found: the report.
        padded: whether columns are filled up to one width, for a terminal.
    """
    # Imported here, as a model that answers needs none of what evaluates.
    from humpcat.evaluation.markdown_table import markdown_table

    labelled = found["clips"]["labelled"]
    scores = ["accuracy", "UAR", "macro-F1"] if labelled else []
    failing = any(row["failed"] for row in found["rows"])
    head = ["what was done to the clip", "answers changed", "probability moved", *scores, "most frequent answer"]
    rows = [[*head, "flagged", *(["failed"] if failing else [])]]
    for row in found["rows"]:
        cells = [row["title"], f"{row['changed']} of {row['answered']}", f"{row['shift']:.3f}"]
        if labelled:
            cells += [_score(row[name]) for name in ("accuracy", "uar", "macro_f1")]
        cells += [f"{_plain(row['most_frequent'])} {row['most_frequent_count']}", str(row["flagged"])]
        rows.append([*cells, *([str(row["failed"])] if failing else [])])
    return markdown_table(rows, padded=padded, numbers_right=not padded)


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _plain(label: str | None) -> str:
    return "-" if label is None else label.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
