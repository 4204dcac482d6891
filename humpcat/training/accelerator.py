"""The accelerator that a recipe runs under: device, precision and processes as `accelerate launch` set them."""

from accelerate import Accelerator
from accelerate.utils import ProjectConfiguration
from transformers.utils import logging

from humpcat.training.settings import OptimizationSettings


def make_accelerator(settings: OptimizationSettings, out: str) -> Accelerator:
    """Return the accelerator of a run.

    Args:
        settings: accumulation of gradients, and whether TensorBoard is written.
        out: folder of the run.
    """
    # Loading a few MB needs no bar of its own between those of the epochs.
    logging.disable_progress_bar()
    accelerator = Accelerator(
        gradient_accumulation_steps=settings.accumulation,
        log_with="tensorboard" if settings.tensorboard else None,
        project_config=ProjectConfiguration(project_dir=out, logging_dir=f"{out}/tensorboard"),
    )
    if settings.tensorboard:
        accelerator.init_trackers("humpcat")
    return accelerator
