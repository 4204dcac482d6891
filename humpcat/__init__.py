"""Cross-lingual speech emotion recognition on self-supervised embeddings."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from humpcat.registration import register
from humpcat.version import __version__

if TYPE_CHECKING:
    from humpcat.inference.pipeline import pipeline
    from humpcat.models.humpcat.configuration import HumpCatConfig
    from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
    from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
    from humpcat.models.vacnn.configuration import VacnnConfig
    from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
    from humpcat.models.vacnn.modeling import VacnnForAudioClassification
    from humpcat.training.source import train

__all__ = [
    "HumpCatConfig",
    "HumpCatFeatureExtractor",
    "HumpCatForAudioClassification",
    "VacnnConfig",
    "VacnnFeatureExtractor",
    "VacnnForAudioClassification",
    "__version__",
    "pipeline",
    "train",
]

# Imported when asked for, so that `import humpcat` pulls in neither torch nor transformers.
_PLACES = {
    "HumpCatConfig": "humpcat.models.humpcat.configuration",
    "HumpCatFeatureExtractor": "humpcat.models.humpcat.feature_extraction",
    "HumpCatForAudioClassification": "humpcat.models.humpcat.modeling",
    "VacnnConfig": "humpcat.models.vacnn.configuration",
    "VacnnFeatureExtractor": "humpcat.models.vacnn.feature_extraction",
    "VacnnForAudioClassification": "humpcat.models.vacnn.modeling",
    "pipeline": "humpcat.inference.pipeline",
    "train": "humpcat.training.source",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'humpcat' has no attribute '{name}'")
    return getattr(import_module(_PLACES[name]), name)


register()
