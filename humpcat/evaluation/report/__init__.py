"""The report: one page and one Markdown file, computed from predictions alone."""

from collections.abc import Sequence
from pathlib import Path

from humpcat.evaluation.report.gathering import Report, gather
from humpcat.evaluation.report.runs import Run, read_runs
from humpcat.files import write_text
from humpcat.run_folder import require_writable

__all__ = ["Report", "Run", "gather", "read_runs", "report"]

PAGE, TABLES = "report.html", "report.md"
"""Names of the files that are written."""


def report(runs: Sequence[str | Path], out: str | Path, *, names: Sequence[str] | None = None) -> Report:
    """Report on runs: OUT/report.html, one page that needs nothing but itself, and OUT/report.md.

    Args:
        runs: folders of runs, or predictions files.
        out: folder to write to; made if it is missing.
        names: how the runs are called; as much of their paths as tells them apart by default.

    Returns:
        What was computed.

    Raises:
        PredictionsError: a run holds no predictions, or they contradict themselves.
        SettingsError: ``out`` cannot be written to.
    """
    # Only who wants a page waits for matplotlib.
    from humpcat.evaluation.report.markdown import markdown
    from humpcat.evaluation.report.page import page

    found = read_runs(runs, names)
    # Before the minutes that a large report takes, not after them.
    require_writable(out)
    made = gather(found)
    for name, text in ((PAGE, page(made)), (TABLES, markdown(made))):
        write_text(Path(out, name), text)
    return made
