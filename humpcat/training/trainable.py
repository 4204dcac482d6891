"""Which weights of the fusion a fine-tuning or an alignment changes; the summary is fitted anew whatever is chosen."""

from collections.abc import Callable, Mapping

from torch import nn

from humpcat.domain_adaptation.alignment import DISTANCES
from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.settings import NO_ALIGNMENT


def _biases(model: HumpCatForAudioClassification) -> set[nn.Parameter]:
    """Return the classifier's weights, all biases, and the scales of normalisation (BitFit, Ben Zaken et al. 2022)."""
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    found = {weight for module in (*norms, model.classifier) for weight in module.parameters()}
    return found | {weight for name, weight in model.named_parameters() if "bias" in name.rpartition(".")[2]}


SCOPES: Mapping[str, Callable[[HumpCatForAudioClassification], set[nn.Parameter]]] = {
    "all": lambda model: set(model.parameters()),
    "biases": _biases,
    "head": lambda model: set(model.classifier.parameters()),
    "summary": lambda model: set(),
}
"""What may change, by name: everything; biases, norms and classifier; the classifier; nothing but the summary."""


def chosen_scope(scope: str | None, config: HumpCatConfig, align: str = NO_ALIGNMENT) -> str:
    """Return the scope that is meant, by its name.

    Args:
        scope: one of ``SCOPES``; None for "summary", and "all" where the model has no summary or is aligned.
        config: the model's configuration.
        align: one of ``DISTANCES`` by which the fusion is aligned to the target, or "none".

    Raises:
        SettingsError: the scope is unknown, or nothing would change.
    """
    if scope is None:
        return "summary" if config.statistics and align == NO_ALIGNMENT else "all"
    if scope not in SCOPES:
        raise SettingsError(f"scope '{scope}' is unknown: choose one of {', '.join(SCOPES)}.")
    if scope == "summary" and not config.statistics:
        others = ", ".join(name for name in SCOPES if name != scope)
        raise SettingsError(
            f"scope '{scope}': the source model has no linear branch, so nothing would change: choose one of {others}."
        )
    if align != NO_ALIGNMENT and scope in ("summary", "head"):
        raise SettingsError(
            f"scope '{scope}' with align '{align}': no weight below the classifier would change, so nothing could be "
            "aligned: choose all or biases."
        )
    return scope


def require_alignable(align: str, normalization: str, source_per_batch: int = 1) -> None:
    """Refuse to align a model where it may hear no target clip without its label, or no source clip.

    Args:
        align: one of ``DISTANCES``, or "none", which needs nothing.
        normalization: of the target.
        source_per_batch: source clips in a batch.

    Raises:
        SettingsError: it cannot be aligned, or the alignment is unknown.
    """
    if align == NO_ALIGNMENT:
        return
    if align not in DISTANCES:
        raise SettingsError(f"align '{align}' is unknown: choose one of {NO_ALIGNMENT}, {', '.join(DISTANCES)}.")
    if normalization == "source":
        raise SettingsError(
            f"align '{align}' with normalization 'source': there no target clip is heard without its label: choose "
            "normalization corpus or speaker, or align none."
        )
    if not source_per_batch:
        raise SettingsError(
            f"align '{align}' with source_per_batch 0: an alignment needs source clips beside those of the target: "
            "choose 1 or more, or align none."
        )


def keep_to_scope(model: HumpCatForAudioClassification, scope: str) -> None:
    """Freeze what lies out of a scope; what is frozen already stays so.

    Args:
        model: the model, changed in place.
        scope: one of ``SCOPES``.
    """
    chosen = SCOPES[scope](model)
    for weight in model.parameters():
        if weight not in chosen:
            weight.requires_grad_(False)
