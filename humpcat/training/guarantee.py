"""What a split's guarantee says of the clips that standardised or were heard without their labels."""

from dataclasses import replace

from humpcat.protocols import Guarantee, Split

STANDARDIZED_BY = {
    # Zero-shot the source's, then those moved by the adaptation clips; of target-only the adaptation clips' alone.
    "source": "standardised by the clips that were learnt from and no others",
    "corpus": "standardised by all target clips without labels, test clips included",
    "speaker": "standardised by each speaker's clips without labels, test clips included",
    "corpus, aligned": "standardised by and aligned to all target clips without labels, test clips included",
    "speaker, aligned": "standardised by each speaker's clips and aligned to all target clips without labels, test "
    "clips included",
    "corpus, self-trained": "standardised by and self-trained on all target clips without labels, test clips included",
    "speaker, self-trained": "standardised by each speaker's clips and self-trained on all target clips without "
    "labels, test clips included",
    "corpus, aligned, self-trained": "standardised by, aligned to and self-trained on all target clips without "
    "labels, test clips included",
    "speaker, aligned, self-trained": "standardised by each speaker's clips, aligned to and self-trained on all "
    "target clips without labels, test clips included",
}
"""What a guarantee says of standardisation; nothing where it is by the training clips of the same corpus."""


def how_heard(normalization: str, *, aligned: bool, self_trained: bool) -> str:
    """Return the one of :data:`STANDARDIZED_BY` for how target clips are heard without their labels.

    Args:
        normalization: of the target.
        aligned: whether the model was aligned to them.
        self_trained: whether it trained itself on them.
    """
    return STANDARDIZED_BY[normalization + ", aligned" * aligned + ", self-trained" * self_trained]


def standardized(split: Split, how: str | None) -> Split:
    """Return the split with a guarantee that says how clips are standardised, in place of what it said of that.

    Args:
        split: the split, such as one that an earlier run saved.
        how: one of :data:`STANDARDIZED_BY`, or None.
    """
    return replace(split, guarantee=str(Guarantee.parse(split.guarantee).standardised(how)))
