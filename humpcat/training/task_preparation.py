"""Make a target and its source model ready, and refuse before any work all that can be refused then."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from accelerate import Accelerator

from humpcat.corpora.labels import OWN, name_of_space
from humpcat.errors import CorpusError, SettingsError
from humpcat.files import resolved
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.scopes import CLOSED_FORM
from humpcat.models.losses import classifier_for
from humpcat.protocols.situations import load_tidy
from humpcat.run_folder import refuse_foreign, require_writable
from humpcat.training.checkpoint import require_same_settings
from humpcat.training.data.corpus import target_of
from humpcat.training.idle import Idle, require_effect
from humpcat.training.settings import NO_ALIGNMENT, AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.source_model import SourceModel
from humpcat.training.task import Task, files_of, folder_of, prepared_target
from humpcat.training.trainable import chosen_scope, require_alignable


def prepare(
    settings: TargetSettings,
    data: DataSettings,
    optimization: AdaptationSettings,
    accelerator: Accelerator,
    rules: Sequence[Idle] = (),
) -> Task:
    """Read a source model, and make the features of its target and of the source's clips where these are used.

    All that can be known before any feature is made is checked first.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        CorpusError: a corpus is not there, or no clip of it has a class.
        SettingsError: what was asked for does not go with the source model, or would do nothing.
        AudioError: too many clips are unusable.
    """
    require_alignable(optimization.align, settings.normalization, settings.source_per_batch)
    if data.label_space == OWN:
        data = replace(data, label_space=name_of_space(OWN, [target_of(settings, data)]) or OWN)
    origin = SourceModel(Path(settings.source), data, accelerator, settings.encoder, settings.corpora)
    corpus = target_of(settings, origin.data)
    _require_own_folder(settings, corpus.name)
    hears = settings.self_training and settings.normalization != "source"
    scope = chosen_scope(optimization.scope, origin.config, optimization.align, self_training=hears)
    optimization = replace(optimization, scope=scope)
    require_effect(rules, settings, data, optimization)
    out = folder_of(settings, corpus.name)
    require_writable(out)
    if settings.resume:
        require_same_settings(out, (settings, origin.data, optimization))
    for path in settings.splits or ():
        load_tidy(path)
    _require_loss(optimization.loss or origin.trained["loss"], origin.config)
    _require_source(origin, settings, optimization)
    prepared = prepared_target(settings, corpus, origin, accelerator)
    task = Task(settings, optimization, accelerator, origin, corpus.name, prepared)
    if task.reads_source:
        # Now, and not in the middle of the first draw.
        origin.clips()
    for note in task.notes:
        accelerator.print(f"note: {note}")
    return task


def _require_own_folder(settings: TargetSettings, corpus: str) -> None:
    out = folder_of(settings, corpus)
    if resolved(out) == resolved(settings.source):
        raise SettingsError(f"out {out}: is the folder of the source model, name one of its own.")
    if not settings.resume:
        refuse_foreign(out, files_of(settings))


def _require_source(origin: SourceModel, settings: TargetSettings, optimization: AdaptationSettings) -> None:
    """Refuse before any work begins what the source model cannot serve."""
    scope, missing = optimization.scope, origin.missing
    if scope in CLOSED_FORM and optimization.align == NO_ALIGNMENT:
        if missing is not None or not settings.source_per_batch:
            origin.require_memory()
        return
    if origin.new_head:
        raise SettingsError(
            f"--label-space {origin.space.name} with --scope {scope}: the source tells {', '.join(origin.classes)} "
            "apart, and gradients need source clips of the same classes: choose --scope summary, which fits a new "
            "head, or leave out --label-space."
        )
    if missing is not None and settings.source_per_batch:
        others = " or --source-per-batch 0" if optimization.align == NO_ALIGNMENT else " without --align"
        raise CorpusError(
            f"--scope {scope} mixes source clips into every batch, and these are not at hand: {missing} Expected them "
            f"beside the target: name their folder by --data-dir, or choose --scope summary{others}."
        )


def _require_loss(name: str, config: HumpCatConfig) -> None:
    """Refuse a loss that the source's classifier cannot serve."""
    # Cross-entropy serves either classifier.
    if classifier_for(name) == "cosine" != config.classifier:
        raise SettingsError(
            f"--loss {name} with a {config.classifier} classifier: a margin is one of cosines: train the source with "
            f"--loss {name} too, or fine-tune with cross-entropy."
        )
