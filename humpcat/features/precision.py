"""Half precision where the time goes: the weights of convolutions and linear maps, and the products with them.

Norms, sums and statistics stay in single precision, as in mixed-precision training: with a residual stream in bfloat16
probabilities moved by up to 0.016, with nothing but products in it by less than a fifth of that.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn

_COSTLY = (nn.Linear, nn.Conv1d, nn.Conv2d)

Change = Callable[[Tensor], Tensor]


def is_half(dtype: torch.dtype) -> bool:
    """Return whether floats of this type have 16 bits.

    Example:
        >>> is_half(torch.bfloat16), is_half(torch.float32)
        (True, False)
    """
    return dtype.is_floating_point and dtype.itemsize == 2


def change_costly(module: nn.Module, change: Change) -> None:
    """Move or cast a module; to half precision only the weights of convolutions and linear maps.

    Args:
        module: the module, changed in place.
        change: moves or casts one tensor, as for ``nn.Module._apply``.
    """
    for child in module.children():
        change_costly(child, change)
    # Of the very type: a convolution whose weights are normalised computes them anew each time.
    costly = type(module) in _COSTLY
    nn.Module._apply(module, change if costly else partial(in_full, change), recurse=False)


def costly_dtype(module: nn.Module) -> torch.dtype:
    """Return the type of the weights of a module's convolutions and linear maps; of any weights where it has none.

    Args:
        module: the module.
    """
    for part in module.modules():
        if isinstance(part, _COSTLY) and type(part) in _COSTLY:
            return part.weight.dtype
    return next(module.parameters()).dtype


def in_full(change: Change, tensor: Tensor) -> Tensor:
    """Return a tensor moved or cast, but not cast to half precision.

    Args:
        change: moves or casts one tensor.
        tensor: the tensor.
    """
    changed = change(tensor)
    return tensor.to(changed.device) if is_half(changed.dtype) else changed


@contextmanager
def computing_in(dtype: torch.dtype, device: torch.device) -> Iterator[None]:
    """Compute products in half precision if that is the type of the weights.

    Args:
        dtype: type of the weights of convolutions and linear maps.
        device: where they are.
    """
    if not is_half(dtype):
        yield
        return
    with torch.autocast(device.type, dtype=dtype):
        yield
