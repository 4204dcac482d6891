"""Which weights of the fusion a fine-tuning or an alignment changes; the summary is fitted anew whatever is chosen."""

from collections.abc import Callable, Mapping

from torch import nn

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification


def _biases(model: HumpCatForAudioClassification) -> set[nn.Parameter]:
    """Return the classifier's weights, all biases, and the scales of normalisation (BitFit, Ben Zaken et al. 2022)."""
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    found = {weight for module in (*norms, model.classifier) for weight in module.parameters()}
    return found | {weight for name, weight in model.named_parameters() if "bias" in name.rpartition(".")[2]}


DISTILLED = "distilled"
"""The scope in which the fusion learns from the summary (``training/fusion_student.py``)."""

SCOPES: Mapping[str, Callable[[HumpCatForAudioClassification], set[nn.Parameter]]] = {
    "all": lambda model: set(model.parameters()),
    "biases": _biases,
    "head": lambda model: set(model.classifier.parameters()),
    "summary": lambda model: set(),
    DISTILLED: lambda model: set(model.parameters()),
}
"""What may change, by name: everything; biases, norms and classifier; the classifier; nothing but the summary;
everything, towards what the summary's regressions say of clips that they left out."""

CLOSED_FORM = ("summary", DISTILLED)
"""Scopes in which the summary is fitted in closed form first, and weighs for itself."""


def keep_to_scope(model: HumpCatForAudioClassification, scope: str) -> None:
    """Freeze what lies out of a scope; what is frozen already stays so."""
    chosen = SCOPES[scope](model)
    for weight in model.parameters():
        if weight not in chosen:
            weight.requires_grad_(False)
