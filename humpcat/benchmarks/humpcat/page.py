"""A benchmark as Markdown: what a reader asks first stands first, every target's whole table below."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from humpcat.benchmarks.humpcat.results import MODES, BenchmarkResults, system_name
from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import target_name
from humpcat.benchmarks.humpcat.untidy import untidy_section
from humpcat.benchmarks.tables import difference, per_cents
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.evaluation.table import HEADINGS, count
from humpcat.protocols.guarantee import side_by_side

_SCORES = "accuracy / UAR / macro-F1, %"

_KNOWN = {
    "source": "nothing is known of the target but the clips that were learnt with labels",
    "corpus": "all target clips of these classes, test clips included, are heard without their labels",
    "speaker": "all target clips of these classes are heard without their labels, and who speaks each of them is "
    "known",
}


def markdown(
    benchmark: BenchmarkResults,
    made_with: Mapping[str, Any],
    notes: Sequence[str],
    paper: Mapping[str, float],
    paper_mean: tuple[int, float],
) -> str:
    """Return the whole result.

    Args:
        benchmark: what was measured.
        made_with: the names of the source corpora and of the encoder, the number of draws, the classes.
        notes: what was left out.
        paper: the paper's accuracy in per cent by corpus.
        paper_mean: over how many corpora the paper's mean is, and the mean in per cent.
    """
    measured = [*benchmark.measured, *benchmark.untidy]
    return "\n".join(
        [
            "# HuMP-CAT against a linear probe",
            "",
            f"Guarantee: {side_by_side([(one.name, one.guarantee) for one in measured])}.",
            "",
            f"Source {', '.join(made_with['source'])}; encoder {made_with['encoder']}; "
            f"{count(made_with['draws'], 'draw')} of who adapts; classes {', '.join(made_with['classes'])}.",
            *notes,
            "",
            *(f"- **{MODES[mode]}**: {_KNOWN[mode]}." for mode in benchmark.modes),
            "",
            "*HuMP-CAT* is the adapted source model; *linear probe* a logistic regression on means of the encoder's",
            "layers over a clip, learnt from the same source and target clips, standardised in the same way;",
            "*target-only* HuMP-CAT's network without the source. In a draw all of them are tested on the",
            "same clips, of speakers from whom no label was learnt.",
            "",
            *_beside_the_paper(benchmark, paper, paper_mean),
            *_means(benchmark),
            *untidy_section(benchmark.beside, MODES),
            "## Learning curve",
            "",
            "![Accuracy by labelled clips a class](learning-curve.svg)",
            "",
            *_gaps(benchmark),
            *_details(benchmark),
        ]
    )


def _beside_the_paper(
    benchmark: BenchmarkResults, paper: Mapping[str, float], paper_mean: tuple[int, float]
) -> Iterable[str]:
    amount = benchmark.amounts[-1]
    systems = benchmark.systems
    cells = [["target", "mode", *(SYSTEMS[name].title for name in systems), "the paper, accuracy %"]]
    for one in benchmark.measured:
        rows = [one.figures.get(system_name(name, amount)) for name in systems]
        ours = [per_cents(None if row is None else [row[score].mean for score in HEADINGS]) for row in rows]
        theirs = f"{paper[one.corpus]:.2f}" if one.corpus in paper else ""
        cells.append([one.corpus, MODES[one.mode], *ours, theirs])
    of = count(len(benchmark.corpora), "target")
    for mode in benchmark.modes:
        means = [_scores(benchmark.mean(mode, name, amount)) for name in systems]
        theirs = f"{paper_mean[1]:.2f} (mean of {paper_mean[0]})"
        cells.append([f"mean of {of}", MODES[mode], *means, theirs])
    yield from (
        f"## {amount} adapt" if amount.share else f"## {amount}",
        "",
        f"{_SCORES}; mean over draws. The paper's source is IEMOCAP, its encoder HuBERT.",
        "",
        *markdown_table(cells),
        "",
    )


def _means(benchmark: BenchmarkResults) -> Iterable[str]:
    cells = [["mode", "system", *map(str, benchmark.amounts)]]
    for mode in benchmark.modes:
        for name in benchmark.systems:
            means = [_scores(benchmark.mean(mode, name, amount)) for amount in benchmark.amounts]
            cells.append([MODES[mode], SYSTEMS[name].title, *means])
    targets = ", ".join(benchmark.corpora)
    yield from (
        f"## Mean over {targets}",
        "",
        f"{_SCORES}; – where not every target has it.",
        "",
        *markdown_table(cells),
        "",
    )


def _gaps(benchmark: BenchmarkResults) -> Iterable[str]:
    if not benchmark.gaps:
        return
    cells = [["target", "mode", "learnt", *(heading.removesuffix(" %") for heading in HEADINGS.values())]]
    for gap in benchmark.gaps:
        differences = gap.comparison.differences
        row = [gap.corpus, MODES[gap.mode], str(gap.amount)]
        cells.append([*row, *(difference(differences[name]) for name in HEADINGS)])
    yield from (
        "## HuMP-CAT less the linear probe",
        "",
        "Percentage points on the same test clips, in brackets the 95 % interval that resamples speakers; p by",
        "swapping the two systems' answers speaker by speaker, corrected by Holm's method over all targets and scores",
        "of one mode and amount. Bold is significant; with few speakers nothing can be.",
        "",
        *markdown_table(cells),
        "",
    )


def _details(benchmark: BenchmarkResults) -> Iterable[str]:
    for corpus, title in benchmark.corpora.items():
        yield from (f"## {title}", "")
        for one in (*benchmark.measured, *benchmark.untidy):
            if one.corpus == corpus:
                name = target_name(corpus, MODES[one.mode], one.situation)
                yield from (f"### {name}", "", one.summary.markdown())


def _scores(row: Mapping[str, float] | None) -> str:
    return per_cents(None if row is None else [row[name] for name in HEADINGS])
