"""What several runs show together: learning curves, and scores by source and target corpus."""

from collections.abc import Mapping
from dataclasses import dataclass

from humpcat.evaluation.report.gathering import Report
from humpcat.evaluation.table import Figure

_AXES = {"shots": "labelled clips a class", "share": "share that adapts"}


@dataclass(frozen=True)
class Curve:
    """UAR by how much was adapted on.

    Attributes:
        target: the target's name.
        axis: what was varied.
        lines: system to points (amount, score), by rising amount.
        levels: scores of what does not depend on the amount: chance, and systems such as zero-shot.
    """

    target: str
    axis: str
    lines: Mapping[str, tuple[tuple[float, Figure], ...]]
    levels: Mapping[str, float]


@dataclass(frozen=True)
class HeatMap:
    """UAR of one system by source and target corpus.

    Attributes:
        system: name of the system.
        sources: the sources.
        targets: the targets.
        values: (source, target) to UAR.
    """

    system: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    values: Mapping[tuple[str, str], float]


def curves(report: Report) -> list[Curve]:
    """Return a learning curve for each target whose runs differ in shots or share.

    Args:
        report: the report.
    """
    found = []
    for target in report.targets:
        for key, axis in _AXES.items():
            points: dict[str, dict[float, Figure]] = {}
            several = len({system.source for system in target.systems.values()}) > 1
            for system in target.systems.values():
                name = f"{system.name}, from {system.source}" if several and system.source else system.name
                if key in system.amounts:
                    points.setdefault(name, {})[system.amounts[key]] = target.figures(system.label)["uar"]
            lines = {name: tuple(sorted(some.items())) for name, some in points.items() if len(some) > 1}
            if lines:
                levels = {"chance": target.figures("chance")["uar"].mean}
                levels |= {name: next(iter(some.values())).mean for name, some in points.items() if len(some) == 1}
                found.append(Curve(target.name, axis, lines, levels))
                break
    return found


def heat_maps(report: Report) -> list[HeatMap]:
    """Return one map a system if runs went from several sources to several targets.

    Args:
        report: the report.
    """
    values: dict[str, dict[tuple[str, str], float]] = {}
    for target in report.targets:
        for system in target.systems.values():
            if system.source:
                own = values.setdefault(system.name, {})
                uar = target.figures(system.label)["uar"].mean
                # Several runs of one pair, of different shots say: the best of them stands in the map.
                own[system.source, target.name] = max(uar, own.get((system.source, target.name), 0.0))
    maps = []
    for name, own in values.items():
        sources, targets = (tuple(dict.fromkeys(pair[side] for pair in own)) for side in (0, 1))
        if len(sources) > 1 and len(targets) > 1:
            maps.append(HeatMap(name, sources, targets, own))
    return maps
