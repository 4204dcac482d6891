"""Which weights of the fusion a fine-tuning or an alignment changes; the summary is fitted anew whatever is chosen."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from torch import nn

from humpcat.domain_adaptation.alignment import DISTANCES
from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.training.settings import NO_ALIGNMENT, AdaptationSettings, TargetSettings


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


_GRADIENTS = (
    *("epochs", "batch_size", "accumulation", "learning_rate", "weight_decay", "label_smoothing", "balanced"),
    *("mask", "averaging", "patience", "loss", "steps_per_epoch", "source_per_batch"),
)

SETTINGS_OF_SCOPE: Mapping[str, tuple[str, ...]] = {
    "all": _GRADIENTS,
    "biases": _GRADIENTS,
    "head": _GRADIENTS,
    # Fitted in closed form; --source-per-batch 0, which reads no source clip, is understood by every scope.
    "summary": (),
}
"""Which settings each scope uses, of those that not every scope does."""

SETTINGS_OF_PROTOCOL: Mapping[str, tuple[str, ...]] = {
    "speakers": ("share",),
    "clips": ("share",),
    "shots": ("share", "shots"),
}
"""Which settings each protocol uses, of those that not every protocol does."""


def require_used(target: TargetSettings, optimization: AdaptationSettings) -> None:
    """Refuse settings that were changed and would do nothing.

    Args:
        target: protocol and batches.
        optimization: how to fit; a scope that is not named is "summary", unless the fusion is aligned.

    Raises:
        SettingsError: a setting has not its default, and neither scope nor protocol use it.

    Example:
        >>> require_used(TargetSettings(lang="de"), AdaptationSettings(scope="all", epochs=9))
        >>> require_used(TargetSettings(lang="de"), AdaptationSettings(epochs=9))
        Traceback (most recent call last):
        ...
        humpcat.errors.SettingsError: epochs 9: is not used with scope 'summary', which ...
    """
    aligned = optimization.align != NO_ALIGNMENT
    scope = optimization.scope or ("all" if aligned else "summary")
    changed = _changed(target) | _changed(optimization)
    if changed.get("source_per_batch") == 0:
        del changed["source_per_batch"]
    if not aligned:
        _require("scope", scope, changed, SETTINGS_OF_SCOPE, ", which is fitted in closed form")
        if "align_weight" in changed:
            raise SettingsError(
                f"align_weight {changed['align_weight']}: is not used with align 'none': choose how to align by "
                "--align, or leave it out."
            )
    _require("protocol", target.protocol, changed, SETTINGS_OF_PROTOCOL)


def _require(
    what: str, chosen: str, changed: Mapping[str, Any], table: Mapping[str, tuple[str, ...]], why: str = ""
) -> None:
    for name in dict.fromkeys(name for names in table.values() for name in names):
        if name in changed and name not in table.get(chosen, (name,)):
            others = ", ".join(other for other, names in table.items() if name in names)
            raise SettingsError(
                f"{name} {changed[name]}: is not used with {what} '{chosen}'{why}: leave it out, or choose --{what} "
                f"among {others}, which use it."
            )


def _changed(settings: TargetSettings | AdaptationSettings) -> dict[str, Any]:
    """Return the settings that have not their default, by name."""
    return {each.name: value for each in fields(settings) if (value := getattr(settings, each.name)) != each.default}


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
