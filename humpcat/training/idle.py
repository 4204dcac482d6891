"""Settings that would do nothing beside others: a run with one of them is refused, not made in silence."""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from humpcat.corpora import CORPORA
from humpcat.errors import SettingsError
from humpcat.models.humpcat.scopes import DISTILLED
from humpcat.protocols.situations import SITUATIONS
from humpcat.training.settings import NO_ALIGNMENT, OwnDataSettings, flag


@dataclass(frozen=True)
class Idle:
    """Some settings, and where they do nothing.

    Attributes:
        names: the settings.
        where: what makes them idle, as the end of a sentence.
        holds: whether that is so, of all settings by their names.
    """

    names: tuple[str, ...]
    where: str
    holds: Callable[[Any], bool]


def require_effect(rules: Iterable[Idle], *settings: Any) -> None:
    """Refuse settings that were changed and would do nothing.

    Raises:
        SettingsError: a setting has not its default and would do nothing.

    Example:
        >>> from humpcat.training.settings import SourceSettings
        >>> rule = Idle(("valid_share",), "with --split", lambda settings: settings.split is not None)
        >>> require_effect([rule], SourceSettings(split="fold.json", valid_share=0.2))
        Traceback (most recent call last):
        humpcat.errors.SettingsError: --valid-share 0.2: does nothing with --split: leave it out.
    """
    every = SimpleNamespace(**{name: value for part in settings for name, value in vars(part).items()})
    defaults = {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for part in settings
        for field in fields(part)
    }
    for rule in rules:
        changed = [name for name in rule.names if name in defaults and getattr(every, name) != defaults[name]]
        if changed and rule.holds(every):
            value = getattr(every, changed[0])
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            raise SettingsError(f"{flag(changed[0])} {shown}: does nothing {rule.where}: leave it out.")


def _all_registered(settings: Any) -> bool:
    known = CORPORA.including(*(settings.corpora or ()))
    named = settings.corpus if hasattr(settings, "corpus") else settings.data
    names = [named] if isinstance(named, str) else named or []
    return all(name in known for name in names)


def _reads_hidden(settings: Any) -> bool:
    """Whether anything reads the encoder's hidden states: the fusion, or the linear branch, which --paper lacks."""
    summary = [] if settings.paper else settings.summary_streams or ["hidden"]
    return "hidden" in (settings.streams or ["hidden"]) or "hidden" in summary


def in_closed_form(settings: Any) -> bool:
    """Return whether a target is adapted to without a gradient step."""
    return settings.scope == "summary" and settings.align == NO_ALIGNMENT


_OWN_DATA = Idle(
    tuple(field.name for field in fields(OwnDataSettings)),
    "with registered corpora, for it says how to read your own data",
    _all_registered,
)

SOURCE_RULES = (
    Idle(("data_dir", "encoder"), "with --toy, which brings its own", lambda settings: settings.toy),
    Idle(
        ("encoder_revision",),
        "with an encoder in a folder, which has no revisions",
        lambda settings: settings.toy or Path(settings.encoder).exists(),
    ),
    _OWN_DATA,
    Idle(
        ("lang",),
        "with several registered corpora, for it says what is spoken in your own data",
        lambda settings: len(settings.corpus) > 1 and _all_registered(settings),
    ),
    Idle(("valid_share", "test_share"), "with --split", lambda settings: settings.split is not None),
    Idle(
        ("encoder_layers", "tuned_layers"),
        "where neither --streams nor --summary-streams has hidden",
        lambda settings: not _reads_hidden(settings),
    ),
    Idle(
        ("stem",), "where --streams has no hidden", lambda settings: "hidden" not in (settings.streams or ["hidden"])
    ),
    Idle(
        ("summary_streams", "stretches"), "with --paper, which has no linear branch", lambda settings: settings.paper
    ),
    Idle(
        ("stretches",),
        "where --summary-streams has no hidden",
        lambda settings: "hidden" not in (settings.summary_streams or ["hidden"]),
    ),
    Idle(("distortions",), "without --distorted-copies", lambda settings: not settings.distorted_copies),
    Idle(
        ("with_encoder",),
        "with --tuned-layers, which saves the encoder anyway",
        lambda settings: settings.tuned_layers,
    ),
)
"""Where settings of :func:`humpcat.training.source.train_source` do nothing."""

OWN_RULES = (
    _OWN_DATA,
    Idle(
        ("data_dir",),
        "with data of your own, which is named by its path",
        lambda settings: hasattr(settings, "data_dir") and not _all_registered(settings),
    ),
)
"""Where settings of ``humpcat.adapt`` and ``humpcat.evaluate`` do nothing."""

GRADIENTS = (
    *("epochs", "batch_size", "accumulation", "learning_rate", "weight_decay", "label_smoothing", "balanced"),
    *("mask", "averaging", "patience", "loss", "steps_per_epoch"),
)
"""Settings of gradient steps."""

NOT_DISTILLED = ("label_smoothing", "balanced", "patience", "loss")
"""Settings of gradient steps that distillation does not use: it has a loss of its own and nothing validates."""


def distilled(settings: Any) -> bool:
    """Return whether the fusion learns what the summary's regressions say."""
    return settings.scope == DISTILLED and settings.align == NO_ALIGNMENT


_CLOSED_FORM = (
    "with --scope summary, which is fitted in closed form (distilled, all, biases and head take gradient steps)"
)

TARGET_RULES = (
    Idle(("data_dir",), "with --toy, which brings its own", lambda settings: settings.toy),
    _OWN_DATA,
    Idle(GRADIENTS, _CLOSED_FORM, in_closed_form),
    # 0, which keeps the source's clips from being read, is understood by every scope.
    Idle(
        NOT_DISTILLED,
        "with --scope distilled and --baseline false, where the fusion learns answers and nothing validates",
        lambda settings: distilled(settings) and not settings.baseline,
    ),
    Idle(
        ("source_per_batch",),
        "with --scope summary or distilled, where no source clip is in a batch",
        lambda settings: (in_closed_form(settings) or distilled(settings)) and settings.source_per_batch,
    ),
    Idle(
        ("workers", "tensorboard"),
        "with --scope summary and --baseline false, where nothing is fitted by gradient steps",
        lambda settings: in_closed_form(settings) and not settings.baseline,
    ),
    Idle(("align_weight",), "with --align none", lambda settings: settings.align == NO_ALIGNMENT),
    Idle(("protocol", "share", "shots", "draws"), "with --splits", lambda settings: bool(settings.splits)),
    Idle(("shots",), "with --protocol speakers or clips", lambda settings: settings.protocol in ("speakers", "clips")),
    Idle(
        ("self_training",),
        "with --normalization source, where no clip is used without its label",
        lambda settings: settings.normalization == "source",
    ),
    Idle(
        ("situation",),
        "with this --normalization, which uses nothing that is otherwise in it",
        lambda settings: settings.normalization not in SITUATIONS[settings.situation].modes,
    ),
)
"""Where settings of :func:`humpcat.training.target.finetune_target` do nothing; the scope has its name already."""
