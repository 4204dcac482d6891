"""The model card that every saved model has: what it tells apart, what it was trained on, how it is used."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import PreTrainedConfig

from humpcat.files import is_path, resolved, write_text
from humpcat.models.robustness_section import robustness_section
from humpcat.models.ways import Ways
from humpcat.shown import markdown_text

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from humpcat.evaluation.table import Summary
    from humpcat.features.trained_on import TrainedOn
    from humpcat.protocols import Ledger

CARD = "README.md"
LEDGER = "ledger.json"

_TEMPLATE = Path(__file__).with_name("card.md.j2")


@dataclass(frozen=True)
class Adaptation:
    """What a card says of a model that was adapted to labelled clips.

    Attributes:
        data: name of the clips' corpus.
        language: BCP 47 tag of what is spoken, "und" where it is not known.
        counts: labelled clips of each class.
        summary: the result table.
        system: how the adapted model is called in it.
        folder: where the model will lie, if that is not where it is written.
    """

    data: str
    language: str
    counts: Counter[str]
    summary: "Summary"
    system: str
    folder: Path | None = None

    def results(self) -> list["EvalResult"]:
        """Return the figures as the hub reads them."""
        from huggingface_hub import EvalResult

        # Imported here, as a model that answers needs none of what evaluates.
        from humpcat.evaluation.table import HEADINGS

        figures = next(row.figures for row in self.summary.systems if row.system == self.system)
        task: dict[str, Any] = {
            "task_type": "audio-classification",
            "dataset_type": self.data,
            "dataset_name": self.data,
        }
        return [
            EvalResult(
                **task,
                metric_type=name,
                metric_name=heading.removesuffix(" %"),
                metric_value=round(figures[name].mean, 4),
            )
            for name, heading in HEADINGS.items()
        ]


STRANGERS = "strangers.md"
"""What a model gives for strangers, as ``recipes/make_pretrained.py`` writes it beside the model."""


def write_card(
    folder: Path,
    config: PreTrainedConfig,
    corpora: Sequence[str],
    adapted: Adaptation | None = None,
    *,
    trained_on: "TrainedOn | None" = None,
) -> None:
    """Write README.md with the metadata that the hub reads, and with what was measured and lies beside the model.

    Args:
        folder: the model's folder.
        config: the model's configuration.
        corpora: names of the corpora that it was trained on, as far as they are known.
        adapted: what it was adapted to, if it was.
        trained_on: what its encoder was trained on, as far as it is written down.
    """
    # For those who save a model only.
    from huggingface_hub import ModelCard, ModelCardData

    from humpcat.corpora import CORPORA

    known = [CORPORA[name] for name in corpora if name in CORPORA]
    spoken = [adapted.language] if adapted else [corpus.languages[0] for corpus in known]
    # Written as they are known only: a key without a value would say that there is none.
    further: dict[str, Any] = {
        "language": [language for language in dict.fromkeys(spoken) if language != "und"],
        "datasets": list(dict.fromkeys([*corpora, *([adapted.data] if adapted else [])])),
        "base_model": encoder_name(config),
        "eval_results": adapted.results() if adapted else None,
    }
    place = (adapted and adapted.folder) or folder
    name = resolved(place).name
    metadata = ModelCardData(
        model_name=name,
        library_name="humpcat",
        pipeline_tag="audio-classification",
        tags=["speech-emotion-recognition", "humpcat"],
        license="other",
        **{key: value for key, value in further.items() if value},
    )
    card = ModelCard.from_template(
        metadata,
        template_str=_TEMPLATE.read_text(encoding="utf-8"),
        name=markdown_text(name),
        place=str(place) if adapted else name,
        labels=list(config.label2id),
        shown=markdown_text,
        corpora=list(corpora),
        adapted=adapted,
        strangers=strangers.read_text(encoding="utf-8") if (strangers := folder / STRANGERS).is_file() else None,
        ways=ways.markdown() if (ways := Ways.read(folder)) else None,
        robustness=robustness_section(folder),
        terms=[(corpus.title, corpus.licence) for corpus in known],
        encoder=encoder_name(config),
        trained_on=trained_on,
    )
    write_text(folder / CARD, str(card))


def encoder_name(config: PreTrainedConfig) -> str | None:
    """Return the hub name of a model's encoder; None where it has none, or a folder.

    Args:
        config: the model's configuration.
    """
    place = getattr(config, "encoder", None)
    return None if place is None or is_path(place) else place


def corpora_seen(folder: Path | None) -> list[str]:
    """Return the names of the corpora that a model's ledger names; none where it has no ledger.

    Args:
        folder: the model's folder.
    """
    return sorted(_ledger(folder).corpora)


def encoder_training(folder: Path | None) -> "TrainedOn | None":
    """Return what a model's ledger says of its encoder's own training; None where it says nothing, or is not there.

    Args:
        folder: the model's folder.
    """
    return _ledger(folder).encoder


def _ledger(folder: Path | None) -> "Ledger":
    # Imported here, as a model that answers asks for no ledger.
    from humpcat.protocols import Ledger

    return Ledger.load(folder / LEDGER) if folder is not None and (folder / LEDGER).is_file() else Ledger()
