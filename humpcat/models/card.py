"""The model card that every saved model has: what it tells apart, what it was trained on, how it is used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import PreTrainedConfig

from humpcat.files import is_path, read_json, replacing

CARD = "README.md"
LEDGER = "ledger.json"

_TEMPLATE = Path(__file__).with_name("card.md.j2")


def write_card(folder: Path, config: PreTrainedConfig, corpora: Sequence[str]) -> None:
    """Write README.md with the metadata that the hub reads.

    Args:
        folder: the model's folder.
        config: the model's configuration.
        corpora: names of the corpora that it was trained on, as far as they are known.
    """
    # For those who save a model only.
    from huggingface_hub import ModelCard

    from humpcat.corpora import CORPORA

    known = [CORPORA[name] for name in corpora if name in CORPORA]
    languages = list(dict.fromkeys(corpus.languages[0] for corpus in known))
    card = ModelCard.from_template(
        card_metadata(folder, config, languages=languages, datasets=corpora),
        template_str=_TEMPLATE.read_text(encoding="utf-8"),
        name=folder.resolve().name,
        labels=list(config.label2id),
        corpora=list(corpora),
        terms=[(corpus.title, corpus.licence) for corpus in known],
        encoder=encoder_name(config),
    )
    with replacing(folder / CARD) as draft:
        draft.write_text(str(card), encoding="utf-8")


def card_metadata(
    folder: Path, config: PreTrainedConfig, *, languages: Sequence[str], datasets: Sequence[str], **further: Any
) -> Any:
    """Return the metadata of a card as a ``huggingface_hub.ModelCardData``.

    Args:
        folder: the model's folder.
        config: the model's configuration.
        languages: BCP 47 tags of what was spoken.
        datasets: names of the corpora that the model was trained on.
        **further: as for ``ModelCardData``, such as ``eval_results``.
    """
    from huggingface_hub import ModelCardData

    # Written as they are known only: a key without a value would say that there is none.
    given = {"language": list(languages), "datasets": list(datasets), "base_model": encoder_name(config)} | further
    return ModelCardData(
        model_name=folder.resolve().name,
        library_name="humpcat",
        pipeline_tag="audio-classification",
        tags=["speech-emotion-recognition", "humpcat"],
        license="other",
        **{name: value for name, value in given.items() if value},
    )


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
    return sorted(read_json(folder / LEDGER)) if folder is not None and (folder / LEDGER).is_file() else []
