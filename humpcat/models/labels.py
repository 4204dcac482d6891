"""The order of a model's classes, as its configuration holds it."""

from collections.abc import Mapping
from typing import Any

from humpcat.errors import SettingsError
from humpcat.setting_ranges import shown


def ordered_labels(label2id: Mapping[str, int], id2label: Any = None) -> dict[str, Any]:
    """Return ``label2id`` and ``id2label`` in the order of the outputs, as ``PreTrainedConfig`` takes them.

    JSON sorts the names, and the base class would derive nothing from them.

    Args:
        label2id: class name to output index.
        id2label: the same the other way round, where a file says that too.

    Raises:
        SettingsError: the indices are not 0 to the number of classes less one, each of them once, or the two maps
            contradict each other.

    Example:
        >>> ordered_labels({"sadness": 1, "anger": 0})["id2label"]
        {0: 'anger', 1: 'sadness'}
    """
    if not isinstance(label2id, Mapping) or not all(type(index) is int for index in label2id.values()):
        raise SettingsError(f"label2id {label2id!r}: expected class names with whole numbers.")
    order = sorted(label2id, key=lambda label: int(label2id[label]))
    indices = [int(label2id[label]) for label in order]
    if indices != list(range(len(order))):
        raise SettingsError(
            f"label2id {dict(label2id)}: expected the indices 0 to {len(order) - 1}, each of them once."
        )
    other = {str(index): label for index, label in id2label.items()} if isinstance(id2label, Mapping) else id2label
    if other is not None and other != {str(index): label for index, label in enumerate(order)}:
        raise SettingsError(f"id2label {shown(id2label)}: contradicts label2id {shown(label2id)}: expected the same.")
    return {"label2id": dict(zip(order, indices, strict=True)), "id2label": dict(enumerate(order))}
