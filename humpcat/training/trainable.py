"""Which scope and which alignment are meant, and whether a source model can serve them."""

from humpcat.domain_adaptation.alignment import DISTANCES
from humpcat.errors import SettingsError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.scopes import CLOSED_FORM, DISTILLED, SCOPES
from humpcat.training.settings import NO_ALIGNMENT


def chosen_scope(
    scope: str | None, config: HumpCatConfig, align: str = NO_ALIGNMENT, *, self_training: bool = False
) -> str:
    """Return the scope that is meant, by its name.

    By default it is "distilled" where clips are learnt from without their labels, "summary" where they are not, and
    "all" where the model has no summary or is aligned.

    Raises:
        SettingsError: the scope is unknown, or nothing would change.
    """
    if scope is None:
        closed = DISTILLED if self_training else "summary"
        return closed if config.statistics and align == NO_ALIGNMENT else "all"
    if scope not in SCOPES:
        raise SettingsError(f"--scope {scope} is unknown: choose one of {', '.join(SCOPES)}.")
    if scope == DISTILLED and not self_training:
        raise SettingsError(
            "--scope distilled where no clip is learnt from without its label: there is nothing that the fusion could "
            "learn: choose --scope summary, or --normalization corpus or speaker with self-training."
        )
    if scope in CLOSED_FORM and not config.statistics:
        others = ", ".join(name for name in SCOPES if name not in CLOSED_FORM)
        raise SettingsError(
            f"--scope {scope}: the source model has no linear branch, so nothing would change: choose one of {others}."
        )
    if align != NO_ALIGNMENT and scope in (*CLOSED_FORM, "head"):
        raise SettingsError(
            f"--scope {scope} with --align {align}: no weight below the classifier would change, so nothing could be "
            "aligned: choose all or biases."
        )
    return scope


def require_alignable(align: str, normalization: str, source_per_batch: int = 1) -> None:
    """Refuse to align a model where it may use no target clip without its label, or no source clip.

    Raises:
        SettingsError: it cannot be aligned, or the alignment is unknown.
    """
    if align == NO_ALIGNMENT:
        return
    if align not in DISTANCES:
        raise SettingsError(f"--align {align} is unknown: choose one of {NO_ALIGNMENT}, {', '.join(DISTANCES)}.")
    if normalization == "source":
        raise SettingsError(
            f"--align {align} with --normalization source: there no target clip is used without its label: choose "
            "--normalization corpus or speaker, or --align none."
        )
    if not source_per_batch:
        raise SettingsError(
            f"--align {align} with --source-per-batch 0: an alignment needs source clips beside those of the target: "
            "choose 1 or more, or --align none."
        )
