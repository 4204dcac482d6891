"""The model card: what the model is, how well it is expected to do, how it is used."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from humpcat.evaluation.table import HEADINGS, Summary
from humpcat.files import replacing
from humpcat.training.data.corpus import names_of

CARD = "README.md"
SYSTEM = "adapted"
"""How the adapted model is called in tables."""

_TEMPLATE = Path(__file__).with_name("card.md.j2")


def write_card(
    folder: Path,
    *,
    data: str,
    language: str,
    classes: Iterable[str],
    order: Iterable[str],
    encoder: str,
    source: Mapping[str, Any],
    summary: Summary,
) -> None:
    """Write README.md with the metadata that the hub reads.

    Args:
        folder: the model's folder.
        data: name of the clips' corpus.
        language: BCP 47 tag of what is spoken, "und" where it is not known.
        classes: class of each labelled clip.
        order: all classes.
        encoder: hub name or folder of the encoder.
        source: settings of the source model.
        summary: the result table.
    """
    figures = next(row.figures for row in summary.systems if row.system == SYSTEM)
    counts = Counter(classes)
    metadata = ModelCardData(
        model_name=folder.resolve().name,
        library_name="humpcat",
        pipeline_tag="audio-classification",
        tags=["speech-emotion-recognition", "humpcat"],
        language=None if language == "und" else language,
        license="other",
        eval_results=[
            EvalResult(
                task_type="audio-classification",
                dataset_type=data,
                dataset_name=data,
                metric_type=name,
                metric_name=heading.removesuffix(" %"),
                metric_value=round(figures[name].mean, 4),
            )
            for name, heading in HEADINGS.items()
        ],
    )
    card = ModelCard.from_template(
        metadata,
        template_str=_TEMPLATE.read_text(encoding="utf-8"),
        name=folder.resolve().name,
        folder=str(folder),
        data=data,
        counts=[(name, counts[name]) for name in order],
        encoder=encoder,
        corpora=names_of(source),
        summary=summary,
    )
    with replacing(folder / CARD) as draft:
        draft.write_text(str(card), encoding="utf-8")
