"""What page and Markdown say in the same words."""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from humpcat.evaluation.report.breakdowns import MOST_SPEAKERS, WORSE, Breakdown
from humpcat.evaluation.report.gathering import LEVEL, RESAMPLES, SEED, Report, Target
from humpcat.evaluation.table import Summary, count

_PLACES = frozenset({"humpcat", "data_dir", "out", "store", "resume", "workers", "tensorboard", "splits"})
"""Settings that say where things lay, which is nobody's business, or that change no number."""

BREAKDOWN_RULE = (
    f"▼ marks a group whose UAR is at least {100 * WORSE:.0f} points below that of all other clips, if the "
    f"{100 * LEVEL:g} % interval of that difference excludes 0 (standard error by speakers, infinitesimal jackknife; "
    "Bonferroni over the groups of the table)."
)

BOLD_RULE = (
    "Bold: the best system, if it is significantly better than the next best (paired permutation test by speaker, "
    "Holm over all tests of the table below); otherwise nothing is bold, nor is a SPEAKER-DEPENDENT system that is "
    "better than one that is not."
)


def size(summary: Summary) -> str:
    """Say how much was tested.

    Args:
        summary: the result table.
    """
    speakers = count(summary.speakers, "speaker") if summary.speakers else "speakers not known"
    return f"{speakers}, {count(summary.clips, 'clip')}, {summary.tests}"


def first_line(report: Report) -> str:
    """Say what the numbers are worth: guarantee and protocol.

    Args:
        report: the report.
    """
    protocols = dict.fromkeys(protocol for target in report.targets for protocol in target.protocols)
    known = f" Protocol: {', '.join(protocols)}." if protocols else ""
    return f"Guarantee: {report.guarantee}.{known}"


def breakdown_note(breakdown: Breakdown) -> str:
    """Say what has to be known of a table of groups.

    Args:
        breakdown: the table.
    """
    if breakdown.kind != "speaker":
        return "Intervals resample the speakers of the group; of a single speaker, their clips."
    shown = min(MOST_SPEAKERS, breakdown.total)
    which = f"The {shown} of {breakdown.total} speakers with the lowest UAR; i" if shown < breakdown.total else "I"
    return f"{which}ntervals resample the clips of the speaker."


def settings_table(report: Report) -> dict[str, dict[str, str]]:
    """Return what each run was made with: name of the setting to run to value.

    Args:
        report: the report.
    """
    rows: dict[str, dict[str, str]] = {"humpcat": {}, "protocol with its settings": {}, "source corpus": {}}
    for run in report.runs:
        rows["humpcat"][run.name] = str(run.settings.get("humpcat", ""))
        rows["protocol with its settings"][run.name] = run.protocol
        rows["source corpus"][run.name] = run.source
        for name, value in run.settings.items():
            if name not in _PLACES and value is not None:
                rows.setdefault(name, {})[run.name] = _plain(name, value)
        rows.setdefault("hash of the predictions file", {})[run.name] = run.file_hash
    return {name: row for name, row in rows.items() if any(row.values())}


def recomputing(report: Report) -> str:
    """Return Python that computes the scores of the first run again.

    Args:
        report: the report.
    """
    return "\n".join(
        [
            "from humpcat.evaluation import Predictions, summarise",
            f"predictions = Predictions.read({report.runs[0].file!r})",
            f"print(summarise(predictions, seed={SEED}, resamples={RESAMPLES}, level={LEVEL}).markdown())",
        ]
    )


def command(report: Report) -> str:
    """Return the command that makes the whole report again.

    Args:
        report: the report.
    """
    return f"humpcat report {shlex.join(run.file for run in report.runs)} --out report"


def warnings(target: Target) -> list[str]:
    """Return a sentence for every group on which the leading system is much worse.

    Args:
        target: the target.
    """
    return [sentence for one in target.breakdowns for sentence in one.warnings]


def per_cent(share: float | None) -> str:
    """Return a share in per cent.

    Args:
        share: between 0 and 1; None if it is not known.

    Example:
        >>> per_cent(0.6123), per_cent(None)
        ('61.2', '–')
    """
    return "–" if share is None else f"{100 * share:.1f}"


def ends(low: float | None, high: float | None) -> str:
    """Return an interval in per cent, empty if there is none.

    Args:
        low: lower end.
        high: upper end.

    Example:
        >>> ends(0.551, 0.679)
        '[55.1, 67.9]'
    """
    return "" if low is None or high is None else f"[{100 * low:.1f}, {100 * high:.1f}]"


def unbroken(sentence: str) -> str:
    """Keep each p value on one line.

    Args:
        sentence: what is said.
    """
    return re.sub(r"\bp ([=<≤]) ", "p\u00a0\\1\u00a0", sentence)


def _plain(name: str, value: Any) -> str:
    if name in ("source", "encoder") and str(value).startswith(("/", ".", "~")):
        # The folder's name, but not where on somebody's machine it lay.
        return str(value).rstrip("/").rsplit("/", 1)[-1]
    if isinstance(value, Mapping | list):
        return ", ".join(map(str, value))
    return str(value)
