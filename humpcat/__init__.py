"""Cross-lingual speech emotion recognition on self-supervised embeddings."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from humpcat.current_folder import guard
from humpcat.registration import register
from humpcat.version import __version__

if TYPE_CHECKING:
    from humpcat.corpora import CORPORA, load_corpus
    from humpcat.domain_adaptation import METHODS
    from humpcat.evaluation import Predictions
    from humpcat.features.exact_padding import make_padding_exact
    from humpcat.features.sets import feature_set
    from humpcat.few_shot.adapting import adapt
    from humpcat.inference.pipeline import pipeline
    from humpcat.models.humpcat.configuration import HumpCatConfig
    from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
    from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
    from humpcat.models.vacnn.configuration import VacnnConfig
    from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
    from humpcat.models.vacnn.modeling import VacnnForAudioClassification
    from humpcat.training.evaluating import evaluate
    from humpcat.training.source import train

__all__ = [
    "CORPORA",
    "METHODS",
    "HumpCatConfig",
    "HumpCatFeatureExtractor",
    "HumpCatForAudioClassification",
    "Predictions",
    "VacnnConfig",
    "VacnnFeatureExtractor",
    "VacnnForAudioClassification",
    "__version__",
    "adapt",
    "evaluate",
    "feature_set",
    "load_corpus",
    "make_padding_exact",
    "pipeline",
    "train",
]

# Imported when asked for, so that `import humpcat` pulls in neither torch nor transformers.
_PLACES = {
    "CORPORA": "humpcat.corpora",
    "METHODS": "humpcat.domain_adaptation",
    "HumpCatConfig": "humpcat.models.humpcat.configuration",
    "HumpCatFeatureExtractor": "humpcat.models.humpcat.feature_extraction",
    "HumpCatForAudioClassification": "humpcat.models.humpcat.modeling",
    "Predictions": "humpcat.evaluation",
    "VacnnConfig": "humpcat.models.vacnn.configuration",
    "VacnnFeatureExtractor": "humpcat.models.vacnn.feature_extraction",
    "VacnnForAudioClassification": "humpcat.models.vacnn.modeling",
    "adapt": "humpcat.few_shot.adapting",
    "evaluate": "humpcat.training.evaluating",
    "feature_set": "humpcat.features.sets",
    "load_corpus": "humpcat.corpora",
    "make_padding_exact": "humpcat.features.exact_padding",
    "pipeline": "humpcat.inference.pipeline",
    "train": "humpcat.training.source",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'humpcat' has no attribute '{name}'")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__


guard()
register()
