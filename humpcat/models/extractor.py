"""The feature extractor that lies beside a model: it must be that model's, or the answers mean nothing."""

from typing import Any

from transformers import FEATURE_EXTRACTOR_MAPPING
from transformers.utils import FEATURE_EXTRACTOR_NAME

from humpcat.audio import SAMPLING_RATE
from humpcat.errors import CheckpointError, HumpcatError


def extractor_of(model: Any, place: str) -> Any:
    """Load the feature extractor of a model.

    Args:
        model: the model.
        place: folder or hub name that it was loaded from.

    Raises:
        CheckpointError: it is missing, damaged, or that of another model.
    """
    where, mend = f"{place}: {FEATURE_EXTRACTOR_NAME}", "save or copy the model again."
    kind = FEATURE_EXTRACTOR_MAPPING[type(model.config)]
    try:
        extractor = kind.from_pretrained(place)
    except HumpcatError as error:
        raise CheckpointError(f"{where}: {error}") from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        raise CheckpointError(f"{where} is missing or damaged: {mend}") from None
    if extractor.sampling_rate != SAMPLING_RATE:
        raise CheckpointError(f"{where}: sampling_rate {extractor.sampling_rate}: expected {SAMPLING_RATE}: {mend}")
    wanted, found = set(getattr(model.config, "extracted", ())), set(getattr(extractor, "streams", ()))
    if not wanted <= found:
        raise CheckpointError(
            f"{where}: has the streams {', '.join(sorted(found)) or 'none'}, the model reads "
            f"{', '.join(sorted(wanted))}: it is that of another model: {mend}"
        )
    return extractor
