"""The report as one page that needs nothing but itself."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from humpcat.evaluation.report import wording
from humpcat.evaluation.report.breakdowns import KINDS
from humpcat.evaluation.report.gathering import Report
from humpcat.evaluation.report.overview import curves, heat_maps
from humpcat.evaluation.report.plots import curve_plot, heat_plot, target_plots
from humpcat.evaluation.significance import p_text
from humpcat.evaluation.table import HEADINGS
from humpcat.shown import several_lines


def _shown(value: object) -> object:
    """Show what browsers pass over or obey, such as a turn of the direction of writing."""
    return several_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def page(report: Report) -> str:
    """Return the report as HTML.

    Args:
        report: the report.
    """
    environment = Environment(
        # Everything is escaped; only plots, which are made here, are markup.
        autoescape=True,
        loader=PackageLoader("humpcat.evaluation.report", "templates"),
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"per_cent": wording.per_cent, "p_text": p_text, "unbroken": wording.unbroken}
    dependent = report.speaker_dependent
    drawn = [curve_plot(curve, f"curve{index}", dependent) for index, curve in enumerate(curves(report))]
    several = len(report.targets) > 1
    return environment.get_template("page.html.j2").render(
        report=report,
        wording=wording,
        headings={name: heading.removesuffix(" %") for name, heading in HEADINGS.items()},
        kinds=KINDS,
        plots=[target_plots(target, f"target{index}") for index, target in enumerate(report.targets)],
        overview="All targets" if several else "Learning curve" if drawn else "",
        curves=drawn,
        heat_maps=[heat_plot(heat, f"heat{index}", dependent) for index, heat in enumerate(heat_maps(report))],
    )
