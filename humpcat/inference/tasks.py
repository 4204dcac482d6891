"""What transformers makes for a task that humpcat's models answer: our pipeline for ours, its own for all others."""

from typing import Any

from transformers import AudioClassificationPipeline

from humpcat.models.base import AudioClassifier


class AudioClassification(AudioClassificationPipeline):
    """Stands in transformers' list of tasks; no object is of this class.

    transformers asks the class which parts of a checkpoint it needs, and then calls it.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a :class:`~humpcat.inference.classifier.HumpCatPipeline` for our models, else transformers' own.

        Args:
            *args: as for transformers' pipelines, the model first.
            **kwargs: as for transformers' pipelines.
        """
        if not isinstance(kwargs["model"] if "model" in kwargs else args[0], AudioClassifier):
            return AudioClassificationPipeline(*args, **kwargs)
        # Imported for our own models only.
        from humpcat.inference.pipeline import HumpCatPipeline

        return HumpCatPipeline(*args, **kwargs)
