"""Make transformers know humpcat's models, without importing transformers before somebody else does."""

from importlib import import_module
from types import ModuleType
from typing import Any

import wrapt

from humpcat.broken_packages import ask_by_loading
from humpcat.pretrained import pretrained

TASK = "speech-emotion-recognition"
"""Our task of ``transformers.pipeline``, which also answers for "audio-classification" where the model is ours."""

_CONFIGURATIONS = {"humpcat": "HumpCatConfig", "vacnn": "VacnnConfig"}
"""Folder of each model below ``humpcat.models``, which is its ``model_type``, to its configuration class."""


def register() -> None:
    """Register with the Auto classes and the pipelines of transformers, now or as soon as these are imported.

    Only the configuration is registered here; model and feature extractor register themselves, and are imported
    when the first configuration is made, which every Auto class begins with.
    """
    # The second where transformers is imported before humpcat: its modules take the functions from there.
    for module in ("transformers.utils.import_utils", "transformers.utils"):
        wrapt.register_post_import_hook(ask_by_loading, module)
    wrapt.register_post_import_hook(_configuration, "transformers.models.auto.configuration_auto")
    wrapt.register_post_import_hook(_pipeline, "transformers.pipelines")


def _configuration(module: ModuleType) -> None:
    for folder, name in _CONFIGURATIONS.items():
        configuration = getattr(import_module(f"humpcat.models.{folder}.configuration"), name)
        module.AutoConfig.register(configuration.model_type, configuration, exist_ok=True)


def _pipeline(module: ModuleType) -> None:
    tasks = module.PIPELINE_REGISTRY.supported_tasks
    standard = tasks["audio-classification"]
    impl: Any = "humpcat.inference.tasks.AudioClassification"
    if not isinstance(standard["impl"], str):
        # Older versions hold the classes themselves, not their names.
        place, _, name = impl.rpartition(".")
        impl = getattr(import_module(place), name)
    tasks["audio-classification"] = standard | {"impl": impl}
    tasks[TASK] = standard | {"impl": impl, "default": {"model": (str(pretrained()), None)}}
