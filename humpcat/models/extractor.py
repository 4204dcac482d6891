"""The feature extractor that lies beside a model: it must be that model's, or the answers mean nothing."""

from typing import Any

from transformers import FEATURE_EXTRACTOR_MAPPING
from transformers.utils import FEATURE_EXTRACTOR_NAME

from humpcat.errors import CheckpointError, HumpcatError
from humpcat.safe_checkpoint import in_words


def extractor_of(model: Any, place: str) -> Any:
    """Load the feature extractor of a model.

    Args:
        model: the model.
        place: folder or hub name that it was loaded from.

    Raises:
        CheckpointError: it is missing, damaged, or that of another model.
    """
    where = f"{place}: {FEATURE_EXTRACTOR_NAME}"
    with in_words(where, CheckpointError):
        try:
            extractor = FEATURE_EXTRACTOR_MAPPING[type(model.config)].from_pretrained(place)
            extractor.refuse_other(model.config)
        except HumpcatError as error:
            raise CheckpointError(f"{where}: {error}") from None
        except OSError:
            raise CheckpointError(f"{where} is missing or damaged: save or copy the model again.") from None
    return extractor
