"""Student beside teacher as a figure: what a linear probe answers by layer, and what each encoder weighs and takes."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from humpcat.evaluation.report.svg import PAPER, drawing, level_lines
from humpcat.figures import save_figure

NAME = "comparison"

_STYLES = ({"color": PAPER["c1"], "marker": "o"}, {"color": PAPER["c2"], "marker": "s", "linestyle": "--"})


def draw_comparison(
    recalls: Mapping[str, Mapping[str, Mapping[str, float]]],
    costs: Mapping[str, Mapping[str, float]],
    chance: float,
    folder: Path,
) -> list[Path]:
    """Draw recall by layer, a panel a corpus, into FOLDER/comparison.svg and .png.

    Args:
        recalls: corpus to encoder to what its probe reads ("layer 2", "all") to UAR in per cent.
        costs: encoder to what it weighs and takes, by the unit.
        chance: UAR of an answer that is always the same, in per cent.
        folder: where to.

    Returns:
        The files written.
    """
    with drawing(PAPER):
        made = Figure(figsize=(3.1 * max(len(recalls), 2), 3.6), layout="constrained", facecolor=PAPER["page"])
        panels = made.subplots(1, len(recalls), sharey=True, squeeze=False)[0]
        for axes, (corpus, encoders) in zip(panels, recalls.items(), strict=True):
            for (who, by_layer), style in zip(encoders.items(), _STYLES, strict=True):
                (line,) = axes.plot(list(by_layer), list(by_layer.values()), **style)
                line.set_label(f"{who}: {', '.join(f'{value:g} {unit}' for unit, value in costs[who].items())}")
            axes.axhline(chance, color=PAPER["muted"], linewidth=1, label="chance")
            axes.set_title(f"{corpus}, left out", loc="left", fontsize=10.5)
            axes.margins(x=0.15)
            level_lines(axes)
        panels[0].set_ylabel("UAR % of a linear probe")
        made.legend(*panels[0].get_legend_handles_labels(), loc="outside lower left")
        return save_figure(made, folder, NAME)
