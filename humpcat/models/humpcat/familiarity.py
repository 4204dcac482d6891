"""How far a clip is from what a model learnt from."""

from torch import Tensor

from humpcat.flags import Flag


def distance(standardised: Tensor) -> Tensor:
    """Return the root mean square of standardised values: about 1 for clips of the kind that was learnt from.

    The Mahalanobis distance by a diagonal covariance, a value's share of it. All directions count, those too that no
    class is told by: what is unlike in these is no recording of the kind that was learnt from.

    Args:
        standardised: shape (batch, ...).

    Returns:
        Shape (batch,).

    Example:
        >>> import torch
        >>> distance(torch.tensor([[1.0, -1.0], [3.0, 3.0]])).tolist()
        [1.0, 3.0]
    """
    return standardised.flatten(1).square().mean(1).sqrt()


def unfamiliar(found: float, farthest: float) -> tuple[Flag, ...]:
    """Return the flag of a clip that is farther than clips of corpora that were left out; nothing for any other.

    Args:
        found: distance of the clip.
        farthest: distance within which 99 of 100 clips of left-out corpora are; 0 where it is not known.

    Example:
        >>> unfamiliar(2.5, 2.0)[0].name, unfamiliar(1.5, 2.0), unfamiliar(9.0, 0.0)
        ('unfamiliar', (), ())
    """
    if not farthest or found <= farthest:
        return ()
    return (
        Flag(
            "unfamiliar",
            f"it is unlike what the model learnt from: its distance is {found:.2f}, that of 99 of 100 clips of "
            f"corpora that were left out at most {farthest:.2f}",
        ),
    )
