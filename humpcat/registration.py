"""Make transformers know humpcat's models, without importing transformers before somebody else does."""

from types import ModuleType

import wrapt


def register() -> None:
    """Register with the Auto classes and the pipelines of transformers, now or as soon as these are imported.

    Only the configuration is registered here; model and feature extractor register themselves, and are imported
    when the first configuration is made, which every Auto class begins with.
    """
    wrapt.register_post_import_hook(_configuration, "transformers.models.auto.configuration_auto")
    wrapt.register_post_import_hook(_pipeline, "transformers.pipelines")


def _configuration(module: ModuleType) -> None:
    from humpcat.models.humpcat.configuration import HumpCatConfig

    module.AutoConfig.register(HumpCatConfig.model_type, HumpCatConfig, exist_ok=True)


def _pipeline(module: ModuleType) -> None:
    # By name: transformers imports a pipeline's class when the pipeline is first asked for.
    tasks = module.PIPELINE_REGISTRY.supported_tasks
    tasks["audio-classification"]["impl"] = "humpcat.inference.pipeline.HumpCatPipeline"
