"""The benchmark as Markdown: methods by directions, the paper's figures in brackets beside ours."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from humpcat.benchmarks.cross_corpus import paper
from humpcat.benchmarks.cross_corpus.directions import Direction
from humpcat.benchmarks.cross_corpus.results import CHANCE, ProtocolResults
from humpcat.benchmarks.cross_corpus.settings import PROTOCOLS, SHARED, TRANSDUCTIVE, CrossCorpusSettings
from humpcat.benchmarks.cross_corpus.variants import (
    ABLATION,
    FULL,
    METHOD_NAMES,
    WEIGHTS,
    MethodVariant,
    weighted,
    weights_among,
)
from humpcat.benchmarks.tables import beside, difference, mean_and_spread, per_cents
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.table import HEADINGS, count
from humpcat.protocols.cross_corpus import Pair
from humpcat.protocols.guarantee import side_by_side

_KNOWN = {
    TRANSDUCTIVE: "the target's test clips are learnt from without their labels, as in the paper",
    "inductive": "half of the target's speakers are learnt from without labels, the others tested",
}

_PRINTED = {MethodVariant(method).name: figures for method, figures in paper.METHODS.items()}


_CHOICE = {
    "none": "the methods' defaults, the same for every pair",
    "source": "chosen for each pair and seed by the UAR of held-out source speakers",
    "entropy": "chosen for each pair and seed by how sure a fit is of the target's unlabelled clips",
}


def markdown(
    measured: Sequence[ProtocolResults],
    settings: CrossCorpusSettings,
    label_space: str,
    notes: Sequence[str],
    *,
    drawn: bool,
) -> str:
    """Return the whole result.

    Args:
        measured: the figures.
        settings: how parameters were chosen, and the seeds.
        label_space: which classes a pair is of.
        notes: what was left out.
        drawn: whether the sensitivity to the weights of the losses was drawn.
    """
    lines = [
        "# Unsupervised adaptation between corpora",
        "",
        f"Classes of a pair: {label_space}; parameters: {_CHOICE[settings.select]}; "
        f"{count(settings.seeds, 'seed')}. Each corpus is standardised by itself. Means ± standard deviation over "
        "seeds (in the inductive protocol over draws of the speakers; no deviation where neither changes anything), "
        "in square brackets 95 % intervals that resample speakers. In round brackets what the paper (Information "
        "2025, 16, 945) printed, where pair, classes and features are its own.",
        *notes,
        "",
    ]
    for protocol in PROTOCOLS:
        lines += feature_sets([one for one in measured if one.protocol == protocol])
    for one in measured:
        weights = [weighted(weight, value) for weight in WEIGHTS for value in weights_among(one.systems)]
        known = ([MethodVariant(name) for name in METHOD_NAMES], ABLATION, weights)
        lines += section(one, *([system for system in some if system.name in one.systems] for some in known))
    if drawn:
        lines += ["## Sensitivity to the weights of the losses", "", "![UAR by weight](sensitivity.svg)", ""]
    return "\n".join(lines)


def section(
    measured: ProtocolResults,
    methods: Sequence[MethodVariant],
    ablation: Sequence[MethodVariant] = (),
    weights: Sequence[MethodVariant] = (),
) -> list[str]:
    """Return what is said of one feature set under one protocol, as lines.

    Args:
        measured: the figures.
        methods: what is compared.
        ablation: AFSR without its parts; none for no such table.
        weights: AFSR with other weights of its losses; none for no such table.
    """
    guarantees = [(one.name, measured.summaries[one.pair].guarantee) for one in measured.directions]
    lines = [f"## {measured.features}, {measured.protocol}", ""]
    lines += [f"In this protocol {_KNOWN[measured.protocol]}.", "", f"Guarantee: {side_by_side(guarantees)}.", ""]
    lines += ["UAR %.", "", *_uar_table(measured, [system.name for system in methods]), ""]
    if FULL in methods:
        baselines = [system for system in methods if system != FULL]
        lines += _differences(measured, baselines)
    lines += [
        "Macro precision / recall / F1 %, mean over seeds.",
        "",
        *_macro_table(measured, [system.name for system in methods]),
        "",
    ]
    if ablation:
        lines += ["### AFSR without its parts, and with other alignments", "", "UAR %.", ""]
        lines += [*_uar_table(measured, [FULL.name, *(system.name for system in ablation)]), ""]
        lines += _differences(measured, ablation, by_pair=False)
    if weights:
        lines += ["### AFSR with other weights of its losses", "", "UAR %.", ""]
        lines += [*_uar_table(measured, [FULL.name, *(system.name for system in weights)]), ""]
    if FULL in methods:
        lines += list(_confusions(measured))
    return lines


def feature_sets(measured: Sequence[ProtocolResults]) -> list[str]:
    """Return the table of AFSR by feature set, as lines; none for a single set."""
    if len(measured) < 2 or not any(one.everywhere(FULL.name) for one in measured):
        return []
    directions = measured[0].directions
    cells = [["feature set", *(direction.name for direction in directions), "mean"]]
    for one in measured:
        printed = paper.FEATURE_SETS.get(one.features, {}) if one.protocol == TRANSDUCTIVE else {}
        cells.append([one.features, *_uar_cells(one, FULL.name, directions, printed)])
    return [f"## AFSR by feature set, {measured[0].protocol}", "", "UAR %.", "", *markdown_table(cells), ""]


def _uar_table(measured: ProtocolResults, systems: Sequence[str]) -> list[str]:
    cells = [["method", *(direction.name for direction in measured.directions), "mean"]]
    compared = measured.protocol == TRANSDUCTIVE and measured.features == paper.FEATURES
    for system in (CHANCE, *(name for name in measured.systems if name in systems)):
        printed = _PRINTED.get(system, {}) if compared else {}
        cells.append([system, *_uar_cells(measured, system, measured.directions, printed)])
    return markdown_table(cells)


def _uar_cells(
    measured: ProtocolResults, system: str, directions: Sequence[Direction], printed: Mapping[Pair, float]
) -> list[str]:
    """Return a cell for each direction and one for their mean."""
    cells, theirs = [], []
    for direction in directions:
        found = measured.figures(system, direction.pair)
        value = printed.get(direction.pair) if of_the_paper(direction) else None
        theirs.append(value)
        cells.append(beside(mean_and_spread(None if found is None else found["uar"]), value))
    mean = measured.means.get(system)
    known = [value for value in theirs if value is not None]
    whole = float(np.mean(known)) if known and len(known) == len(directions) else None
    return [*cells, beside(mean_and_spread(None if mean is None else mean["uar"], ends=True), whole)]


def of_the_paper(direction: Direction) -> bool:
    """Return whether a direction is one of the paper's, with its classes."""
    return direction.pair in paper.PAIRS and direction.space.name.startswith(f"{SHARED}:")


def _differences(measured: ProtocolResults, others: Sequence[MethodVariant], *, by_pair: bool = True) -> list[str]:
    whole = measured.differences(FULL, others)
    if not whole:
        return []
    cells = [["AFSR less", *(heading.removesuffix(" %") for heading in HEADINGS.values())]]
    cells += [[one.second, *(difference(one.differences[name]) for name in HEADINGS)] for one in whole]
    lines = [
        "Mean over directions, AFSR less each of the others: percentage points, in brackets the 95 % interval that "
        "resamples speakers; p by swapping answers speaker by speaker, corrected by Holm's method. Bold is "
        "significant.",
        "",
        *markdown_table(cells),
        "",
    ]
    if not by_pair:
        return lines
    made = measured.differences_by_pair(FULL, others)
    names = list(dict.fromkeys(one.second for found in made.values() for one in found))
    cells = [["AFSR less", *(direction.name for direction in measured.directions)]]
    for name in names:
        by_name = [{one.second: one for one in made[direction.pair]}.get(name) for direction in measured.directions]
        cells.append([name, *(difference(None if one is None else one.differences["uar"]) for one in by_name)])
    return [*lines, "The same for UAR in each direction, corrected over all of them.", "", *markdown_table(cells), ""]


def _macro_table(measured: ProtocolResults, systems: Sequence[str]) -> list[str]:
    cells = [["method", *(direction.name for direction in measured.directions), "mean"]]
    for system in (name for name in measured.systems if name in systems):
        found = {pair: measured.macro(system, pair) for pair in measured.pairs if measured.has(system, pair)}
        texts = [per_cents(found.get(pair)) for pair in measured.pairs]
        mean = np.mean(list(found.values()), axis=0).tolist() if len(found) == len(measured.pairs) else None
        cells.append([system, *texts, per_cents(mean)])
    if measured.protocol == TRANSDUCTIVE and measured.features == paper.FEATURES:
        theirs = [
            paper.MACRO.get(direction.pair) if of_the_paper(direction) else None for direction in measured.directions
        ]
        if any(theirs):
            shares = [None if one is None else [value / 100 for value in one] for one in theirs]
            mean = None if None in theirs else np.mean([one for one in shares if one], axis=0).tolist()
            cells.append([f"{FULL.name}, the paper", *map(per_cents, shares), per_cents(mean)])
    return markdown_table(cells)


def _confusions(measured: ProtocolResults) -> Iterator[str]:
    yield from ("### Confusion of AFSR", "", "Share of each class (row) that is taken for another (column), %.", "")
    for direction in measured.directions:
        if not measured.has(FULL.name, direction.pair):
            continue
        classes = measured.predictions[direction.pair].classes
        cells = [[direction.name, *classes]]
        for name, row in zip(classes, measured.confusion(FULL.name, direction.pair), strict=True):
            cells.append([name, *(f"{100 * share:.0f}" for share in row)])
        yield from (*markdown_table(cells), "")
