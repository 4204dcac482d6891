"""Everything of a source training that comes before the model: checks, a tuned encoder, clips, their split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.corpora import CORPORA, Corpus, LabelSpace, label_space
from humpcat.corpora.labels import name_of_space
from humpcat.distortions import DISTORTIONS
from humpcat.errors import ProtocolError, SettingsError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import resolve_layers
from humpcat.features.trained_on import TrainedOn, trained_on
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.losses import classifier_for
from humpcat.protocols import SPEAKER_DEPENDENT, Guarantee, Ledger, Split, check_split, check_unseen, source_split
from humpcat.protocols.guarantee import standardised_by
from humpcat.protocols.guard import require_usable
from humpcat.run_folder import refuse_foreign, remove, require_writable
from humpcat.training.checkpoint import (
    CHECKPOINTS,
    MODEL_FILES,
    RESULT_FILES,
    SPLIT,
    claim,
    require_same_settings,
    require_same_split,
)
from humpcat.training.data.corpus import corpora_of
from humpcat.training.data.distorted_copies import with_copies
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.prepared_corpus import (
    PreparedCorpus,
    absolute,
    extract_shared,
    extractors_for,
    prepare_corpora,
    with_toys,
)
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.encoder_tuning import state_below, state_clips, tune_encoder
from humpcat.training.idle import SOURCE_RULES, require_effect
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings


@dataclass(frozen=True)
class SourceRun:
    """A source training that was checked as far as can be before work begins.

    Attributes:
        source: corpora and folder, by absolute paths.
        data: where corpora and features lie, by absolute paths.
        network: encoder and network.
        optimization: how to fit.
        accelerator: device, precision, processes.
        corpora: the corpora, each of which is there.
        encoder: the encoder, which :func:`tune` changes in place.
        config: configuration of the model; :func:`tune` writes the tuned encoder's hash into it.
        trained_on: what the encoder was trained on before.
    """

    source: SourceSettings
    data: DataSettings
    network: NetworkSettings
    optimization: OptimizationSettings
    accelerator: Accelerator
    corpora: Sequence[Corpus]
    encoder: SpeechEncoder
    config: HumpCatConfig
    trained_on: TrainedOn

    @property
    def settings(self) -> tuple[Any, ...]:
        """All settings, as they are saved beside the model."""
        return self.source, self.data, self.network, self.optimization

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return label_space(self.data.label_space, self.source.corpora or ())

    @property
    def out(self) -> Path:
        """Folder of the run."""
        return Path(self.source.out)


def checked(
    source: SourceSettings,
    data: DataSettings,
    network: NetworkSettings,
    optimization: OptimizationSettings,
    accelerator: Accelerator,
) -> SourceRun:
    """Check what can be known before work begins, and load the encoder; the run's folder is not touched.

    Raises:
        SettingsError: a setting would do nothing, is unknown, or a resumed run was begun with another.
        CorpusError: a corpus is not there.
        EncoderError: the encoder is not there.
    """
    require_effect(SOURCE_RULES, source, data, network, optimization)
    if data.toy:
        data, network = with_toys(data, network, accelerator)
    data = replace(
        data,
        data_dir=absolute(data.data_dir) if data.data_dir else None,
        audio_folder=absolute(data.audio_folder) if data.audio_folder else None,
    )
    network = replace(network, encoder=absolute(network.encoder))
    folders = [absolute(folder) for folder in source.corpora or ()]
    known = CORPORA.including(*folders)
    names = [name if name in known else absolute(name) for name in source.corpus]
    source = replace(source, corpus=names, corpora=folders or None)
    corpora = corpora_of(source.corpus, data, source.lang, folders)
    data = replace(data, label_space=name_of_space(data.label_space, corpora) or data.label_space)
    if source.resume:
        require_same_settings(Path(source.out), (source, data, network, optimization))
    elif source.out:
        refuse_foreign(source.out, (*RESULT_FILES, *MODEL_FILES))
    require_writable(source.out)
    if source.split is not None:
        Split.load(source.split)
    _require_distortions(source)
    _require_left_out(source, [corpus.name for corpus in corpora])
    space = label_space(data.label_space, folders)
    for corpus in corpora:
        corpus.find(data.data_dir)
    set_seed(optimization.seed)
    encoder = SpeechEncoder.from_pretrained(network.encoder, network.encoder_revision).to(accelerator.device)
    config = network_config(network, encoder, space)
    hashes = (config.encoder_hash, encoder.weights_hash(rounded=True))
    before = trained_on(network.encoder, network.encoder_revision, hashes)
    return SourceRun(source, data, network, optimization, accelerator, corpora, encoder, config, before)


def tune(run: SourceRun) -> None:
    """Tune the encoder in place on the very clips that the model will be trained on, and name its new weights."""
    prepared = prepare_corpora(
        run.corpora, run.space, run.data, [state_below(run.config, run.encoder)], run.accelerator
    )
    split = _split(run, prepared)
    _begin(run, split, resume=run.source.resume)
    tune_encoder(
        run.encoder,
        run.config,
        state_clips(prepared, split.train, run.space.classes),
        run.optimization,
        run.accelerator,
        run.out / "checkpoints/encoder",
        resume=run.source.resume,
    )
    run.config.encoder_hash = run.encoder.weights_hash()
    # A resumed run, which may have had nothing left to tune, goes on with the same random numbers.
    set_seed(run.optimization.seed)


def prepare(run: SourceRun) -> PreparedCorpus:
    """Scan the corpora, and make the features of all clips that have a class, those that are not stored yet.

    Raises:
        CorpusError: no clip of a corpus has a class.
        AudioError: too many clips are unusable.
    """
    extractors = extractors_for(run.config, run.encoder)
    return prepare_corpora(run.corpora, run.space, run.data, extractors, run.accelerator)


def make_split(run: SourceRun, prepared: PreparedCorpus) -> PreparedSplit:
    """Read or draw who trains, validates and tests, guard it, and begin the run in its folder.

    Until here nothing in the folder was touched; now the states of an earlier run there are removed, unless this one
    is resumed.

    Raises:
        ProtocolError: there are too few speakers or sessions, or clips of a split that was read are not there.
        LeakageError: test material stands in the training clips too.
        SettingsError: a resumed run was begun with another split.
    """
    split = _split(run, prepared)
    # A run that has tuned its encoder has begun.
    _begin(run, split, resume=run.source.resume or run.config.tuned_layers > 0)
    return PreparedSplit.of_source(prepared, split, run.space.classes)


def learnt_parts(run: SourceRun, clips: PreparedSplit) -> list[ClipDataset]:
    """Return the training clips of each corpus, with distorted copies if these are asked for.

    Raises:
        AudioError: too many copies are unusable.
    """
    parts = clips.parts("train", run.source.normalization)
    if not run.source.distorted_copies:
        return parts
    extractors = extractors_for(run.config, run.encoder)
    return [
        with_copies(
            part,
            clips.prepared.rows,
            run.source.distortions,
            run.source.distorted_copies,
            run.optimization.seed,
            lambda files: extract_shared(files, extractors, run.data, run.accelerator),
        )
        for part in parts
    ]


def network_config(network: NetworkSettings, encoder: SpeechEncoder, space: LabelSpace) -> HumpCatConfig:
    """Return the configuration of a new model on an encoder."""
    settings: dict[str, Any] = {
        "encoder": network.encoder,
        "encoder_revision": network.encoder_revision,
        "encoder_hash": encoder.weights_hash(),
        "encoder_normalize": encoder.normalize,
        "encoder_layers": resolve_layers(network.encoder_layers, encoder.depth),
        "encoder_width": encoder.width,
        "pooling": network.pooling,
        "encoder_config": encoder.model.config.to_dict() if network.tuned_layers else None,
        "tuned_layers": network.tuned_layers,
        "classifier": classifier_for(network.loss),
        "label2id": {name: index for index, name in enumerate(space.classes)},
        "id2label": dict(enumerate(space.classes)),
    }
    for name in ("streams", "summary_streams", "stem", "fusion"):
        if (chosen := getattr(network, name)) is not None:
            settings[name] = chosen
    if not network.paper:
        return HumpCatConfig(**settings)
    if network.encoder_layers is None:
        settings["encoder_layers"] = [encoder.depth]
    return HumpCatConfig.paper(**settings)


def _require_left_out(source: SourceSettings, names: Sequence[str]) -> None:
    """Refuse corpora to leave out that are not there, and fewer than say anything of one another."""
    if source.left_out is None:
        return
    unknown = sorted(set(source.left_out) - set(names))
    if unknown:
        raise SettingsError(f"--left-out {unknown[0]}: is none of the corpora {', '.join(names)}.")
    if len(set(source.left_out)) < 2:
        raise SettingsError(
            f"--left-out {' '.join(source.left_out)}: one corpus says nothing of another: name two or more."
        )


def _require_distortions(source: SourceSettings) -> None:
    known = [DISTORTIONS[name].name for name in dict.fromkeys(source.distortions)]
    if source.distorted_copies > len(known):
        raise SettingsError(
            f"--distorted-copies {source.distorted_copies}: each copy has a distortion of its own, and --distortions "
            f"names {len(known)}: name more, or ask for fewer copies."
        )


def _split(run: SourceRun, prepared: PreparedCorpus) -> Split:
    """Read or draw the split, and guard it; one that says itself that it is SPEAKER-DEPENDENT is taken as it is."""
    rows, source = list(prepared.rows.values()), run.source
    if source.split is not None:
        split = Split.load(source.split)
    else:
        shares = {"valid_share": source.valid_share, "test_share": source.test_share}
        split = source_split(rows, seed=run.optimization.seed, ids=prepared.classes, **shares)
    require_usable(split, prepared.rows, prepared.features.bad, "train")
    if not split.test and (len(run.corpora) == 1 or run.network.paper):
        raise ProtocolError(
            f"split '{split.name}': 'test' is empty, expected one clip or more, or several corpora, each of which is "
            "answered by what the linear branch learns from the others: name clips that test."
        )
    allowed = run.data.allow_leakage or split.speaker_dependent
    split = check_split(rows, split, prepared.features.fingerprints, allow_leakage=allowed)
    # What the encoder has heard leaks whatever the split says of itself.
    heard = check_unseen(Ledger(encoder=run.trained_on), rows, split.test, allow_leakage=run.data.allow_leakage)
    if heard is not None:
        clauses = Guarantee.parse(heard).clauses
        split = split.stamped(str(Guarantee.parse(split.guarantee).stamped(SPEAKER_DEPENDENT).adding(*clauses)))
    return split.standardised(standardised_by("speaker") if source.normalization == "speaker" else None)


def _begin(run: SourceRun, split: Split, *, resume: bool) -> None:
    """Write settings and split into the run's folder; without resume, remove the states of a run before."""
    if resume:
        require_same_split(split, run.out)
    claim(run.out, run.settings, run.accelerator, resume=resume, names=(*RESULT_FILES, *MODEL_FILES))
    if run.accelerator.is_main_process:
        if not resume:
            remove(run.out, CHECKPOINTS)
        split.save(run.out / SPLIT)
    run.accelerator.wait_for_everyone()
