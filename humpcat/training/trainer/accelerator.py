"""The accelerator that a recipe runs under: device, precision and processes as `accelerate launch` set them."""

import os

import torch
from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration
from transformers.utils import logging

from humpcat.imports import import_extra
from humpcat.training.settings import OptimizationSettings


def make_accelerator(settings: OptimizationSettings, out: str) -> Accelerator:
    """Return the accelerator of a run.

    Raises:
        SettingsError: TensorBoard is asked for and not installed or broken.
    """
    # Accelerate would go on without a word and write nothing.
    if settings.tensorboard:
        import_extra("tensorboard", "tensorboard True", module="torch.utils.tensorboard")
    # Loading a few MB needs no bar of its own between those of the epochs.
    logging.disable_progress_bar()
    # Without this word, several processes without a GPU would each take themselves for the only one.
    several = "LOCAL_RANK" in os.environ
    accelerator = Accelerator(
        cpu=several and not torch.accelerator.is_available(),
        log_with="tensorboard" if settings.tensorboard else None,
        project_config=ProjectConfiguration(project_dir=out, logging_dir=f"{out}/tensorboard"),
    )
    if settings.tensorboard:
        accelerator.init_trackers("humpcat")
    return accelerator
