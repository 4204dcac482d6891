"""Which weights of the fusion a fine-tuning changes; the summary is fitted anew whatever is chosen."""

from collections.abc import Callable, Mapping

from torch import nn

from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification


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


def chosen_scope(scope: str | None, config: HumpCatConfig) -> str:
    """Return the scope that is meant, by its name.

    Args:
        scope: one of ``SCOPES``; None for "summary", and "all" where the model has no summary.
        config: the model's configuration.

    Raises:
        SettingsError: the scope is unknown, or nothing would change.
    """
    if scope is None:
        return "summary" if config.statistics else "all"
    if scope not in SCOPES:
        raise SettingsError(f"scope '{scope}' is unknown: choose one of {', '.join(SCOPES)}.")
    if scope == "summary" and not config.statistics:
        others = ", ".join(name for name in SCOPES if name != scope)
        raise SettingsError(
            f"scope '{scope}': the source model has no linear branch, so nothing would change: choose one of {others}."
        )
    return scope


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
