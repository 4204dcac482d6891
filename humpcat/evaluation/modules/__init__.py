"""Metrics for the ``evaluate`` library, loaded from this folder and never from a network."""

from pathlib import Path
from typing import TYPE_CHECKING

from humpcat.cache import kept_in
from humpcat.errors import SettingsError

if TYPE_CHECKING:
    import evaluate

_FOLDER = Path(__file__).parent


def load_metric(name: str = "ser_scores") -> "evaluate.EvaluationModule":
    """Load one of the metrics that come with humpcat.

    Args:
        name: a folder beside this file.

    Returns:
        A metric of the ``evaluate`` library. ``ser_scores`` has
        ``compute(predictions=..., references=..., classes=...)`` over class names, which gives ``wa``, ``uar``,
        ``macro_f1``, ``n``, ``absent``, ``by_class`` (precision, recall and F1) and ``confusion``.
        ``ser_calibration`` takes one probability a class as predictions and gives ``ece``, ``brier``, ``nll``,
        ``aurc``, ``n``, ``bins`` and ``binning``.

    Raises:
        SettingsError: there is no such metric.
        HumpcatError: the folder that HF_HOME names, where the library keeps a copy of it, cannot be written.
    """
    path = _FOLDER / name / f"{name}.py"
    if not path.is_file():
        known = ", ".join(sorted(folder.parent.name for folder in _FOLDER.glob("*/[!_]*.py")))
        raise SettingsError(f"metric '{name}' is unknown: choose one of {known}.")
    # Imported here: evaluate brings torch and transformers along, which evaluation itself does without.
    import evaluate
    from huggingface_hub.constants import HF_HOME

    # The whole path, for a bare name would be looked up on the hub. In memory, for a run leaves no cache files.
    with kept_in(Path(HF_HOME), variable="HF_HOME"):
        return evaluate.load(str(path), module_type="metric", keep_in_memory=True)
