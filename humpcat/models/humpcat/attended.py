"""Where the fusion looks: which steps of a stream attention reads more than others.

Attention is what the last pair of streams reads of each other, means over heads, layers and the steps that read. It
tells where a fusion looks and not what it takes from there, nor what would be answered without (Jain and Wallace,
*Attention is not Explanation*, NAACL 2019).
"""

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from humpcat.models.humpcat.fusion.base import FusionLayer, PairFusion
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.network import fused_in_order, pair_name


def attention_of(model: HumpCatForAudioClassification, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return how much each step of each stream is read, in multiples of what it would be if all were read alike.

    Args:
        model: the model, not in training mode.
        inputs: of one clip, as for :func:`humpcat.models.humpcat.terms.terms_of`.

    Returns:
        Shape (steps,) for "encoder", as MFCC and prosody read it, and for "prosody and mfcc", as the encoder does, the
        mean over steps 1; for a single stream, as it reads itself. Empty where the fusion has no say, or does not
        attend.
    """
    if bool(model.branch_weights[0] == 0):
        return {}
    *before, last = map(_shown, fused_in_order(model.config))
    if not before:
        ways = {last: model.alone.layers}
    else:
        fusion = model.get_submodule(pair_name(fused_in_order(model.config)[-1]))
        assert isinstance(fusion, PairFusion)
        # Hidden states are the first of their pair, any other stream the second, see ``StreamNetwork.fuse``.
        first, second = (last, " and ".join(before)) if last == "encoder" else (" and ".join(before), last)
        ways = {first: fusion.back, second: fusion.forth}
    given = _given(model, [layer for layers in ways.values() for layer in layers], inputs)
    found = {name: _steps_read([(layer, given[layer]) for layer in layers]) for name, layers in ways.items()}
    return {name: steps for name, steps in found.items() if steps is not None}


def _given(
    model: HumpCatForAudioClassification, layers: Iterable[nn.Module], inputs: Mapping[str, Tensor]
) -> dict[nn.Module, tuple[Tensor, ...]]:
    """Return what each layer is given when the model answers."""
    found: dict[nn.Module, tuple[Tensor, ...]] = {}
    handles = [layer.register_forward_pre_hook(found.__setitem__) for layer in layers]
    try:
        with torch.no_grad():
            model(**inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _steps_read(readings: Sequence[tuple[nn.Module, tuple[Tensor, ...]]]) -> Tensor | None:
    """Return how much the steps of the stream that layers read are read, shape (steps,)."""
    weights = [layer.attended(*given) for layer, given in readings if isinstance(layer, FusionLayer)]
    means = [each[0].mean(0).detach().cpu().double() for each in weights if each is not None]
    return torch.stack(means).mean(0) * len(means[0]) if means else None


def _shown(stream: str) -> str:
    return "encoder" if stream == "hidden" else stream
