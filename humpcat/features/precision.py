"""Half precision where the time goes: linear maps, and convolutions over pictures.

Norms, sums, statistics and convolutions over samples stay in single precision, and so do an encoder's first layers:
what these lose, all others read. With whisper-base in bfloat16 probabilities move by up to 0.003, and by 0.017 if all
layers are in it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

_COSTLY = (nn.Linear, nn.Conv2d)

# Its linear maps are never called: their weights are handed to a function, beside states in single precision.
_READ_BY_OTHERS = "WavLMAttention"

Change = Callable[[Tensor], Tensor]


def is_half(dtype: torch.dtype) -> bool:
    """Return whether floats of this type have 16 bits.

    Example:
        >>> is_half(torch.bfloat16), is_half(torch.float32)
        (True, False)
    """
    return dtype.is_floating_point and dtype.itemsize == 2


def change_costly(module: nn.Module, change: Change, spared: Iterable[nn.Module] = ()) -> None:
    """Move or cast a module; to half precision only the weights of what costs time.

    Args:
        module: the module, changed in place.
        change: moves or casts one tensor, as for ``nn.Module._apply``.
        spared: modules that are not cast to half precision at all.
    """
    spared = list(spared)
    if module in spared or type(module).__name__ == _READ_BY_OTHERS:
        module._apply(partial(in_full, change))
        return
    for child in module.children():
        change_costly(child, change, spared)
    # Of the very type: a map whose weights are normalised computes them anew each time.
    costly = type(module) in _COSTLY
    nn.Module._apply(module, change if costly else partial(in_full, change), recurse=False)
    if costly and is_half(module.weight.dtype) and _half_in not in module._forward_pre_hooks.values():  # type: ignore[arg-type]
        module.register_forward_pre_hook(_half_in)
        module.register_forward_hook(full_out)


def _half_in(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Give a map its input in the type of its weights."""
    weight: Any = module.weight
    return (inputs[0].to(weight.dtype), *inputs[1:]) if is_half(weight.dtype) else inputs


def full_out(module: nn.Module, _: Any, output: Tensor) -> Tensor:
    """Return the output of a map in half precision in single precision, as a hook behind it.

    Args:
        module: the map.
        output: what it gave.
    """
    weight: Any = module.weight
    return output.float() if is_half(weight.dtype) else output


def in_full(change: Change, tensor: Tensor) -> Tensor:
    """Return a tensor moved or cast, but not cast to half precision.

    Args:
        change: moves or casts one tensor.
        tensor: the tensor.
    """
    changed = change(tensor)
    return tensor.to(changed.device) if is_half(changed.dtype) else changed
