"""Find a model's frozen encoder: beside the model, where it was, in the hub's cache, in folders of encoders."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from huggingface_hub import constants, snapshot_download

from humpcat.errors import EncoderError, HumpcatError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.encoder_settings import WAVEFORM_MODELS
from humpcat.files import absence, is_folder, is_path, read_json, resolved
from humpcat.hub import local_folder, name_of_snapshot
from humpcat.pretrained import NAMES, pretrained

BESIDE = "encoder"
"""Folder within a model's own that holds its encoder, where it was saved with it."""

VARIABLE = "HUMPCAT_ENCODERS"
"""Environment variable: folders whose subfolders are encoders, parted as those of ``PATH`` are."""

_CONFIGURATION = "config.json"


@dataclass(frozen=True)
class EncoderReference:
    """What a model says of its frozen encoder.

    Attributes:
        place: hub name or folder.
        revision: branch, tag or commit of a hub name.
        hash: hash of its weights, see :meth:`SpeechEncoder.weights_hash`; None where it is not known.
        width: size of a hidden state.
    """

    place: str
    revision: str | None
    hash: str | None
    width: int

    def is_of(self, encoder: SpeechEncoder) -> bool:
        """Return whether an encoder has the weights that the model was trained with."""
        # The second only where the first differs: a model may have been trained on a copy in half precision.
        return self.hash in (None, encoder.weights_hash()) or self.hash == encoder.weights_hash(rounded=True)


def load_given(wanted: EncoderReference, place: str) -> tuple[SpeechEncoder, EncoderReference]:
    """Load the encoder that a user named.

    Args:
        wanted: what the model says of it.
        place: hub name or folder.

    Returns:
        The encoder, and where it is now.

    Raises:
        EncoderError: it cannot be found, or its weights are not those that the model was trained with.
    """
    now = replace(wanted, place=str(Path(place).resolve()) if is_folder(place) else place, revision=None)
    encoder = SpeechEncoder.from_pretrained(place)
    if not wanted.is_of(encoder):
        raise _another(encoder, place, wanted)
    return encoder, now


def find_encoder(wanted: EncoderReference, model: Path | None) -> tuple[SpeechEncoder, EncoderReference]:
    """Load a model's encoder, from this machine if it is there.

    Looked at in turn: the folder ``encoder`` of the model; the place that the model names; what comes with humpcat,
    the hub's cache and the folders of ``HUMPCAT_ENCODERS``, by the hash of the weights; last the hub.

    Args:
        wanted: what the model says of its encoder.
        model: the model's folder; None for one that was not loaded from a folder.

    Returns:
        The encoder, and where it is now.

    Raises:
        EncoderError: it cannot be found, or its weights are not those that the model was trained with.
    """
    refusal: EncoderError | None = None
    for now in _named(wanted, model):
        encoder = SpeechEncoder.from_pretrained(now.place, now.revision)
        if wanted.is_of(encoder):
            # A name of the hub says more than the folder beside this model.
            return encoder, now if is_path(wanted.place) else wanted
        refusal = refusal or _another(encoder, now.place, wanted)
    for folder in _alike(wanted):
        try:
            encoder = SpeechEncoder.from_pretrained(folder)
        # Looked at because it lies there, not because somebody named it.
        except EncoderError:
            continue
        if wanted.is_of(encoder):
            place, revision = name_of_snapshot(folder) or (str(folder), None)
            return encoder, replace(wanted, place=place, revision=revision)
    if refusal is not None:
        raise refusal
    encoder = SpeechEncoder.from_pretrained(wanted.place, wanted.revision)
    if not wanted.is_of(encoder):
        raise _another(encoder, wanted.place, wanted)
    return encoder, wanted


def absolute_place(place: str, model: str, folder: Path | None, revision: str | None = None) -> str:
    """Return the place of an encoder as it holds from anywhere.

    Args:
        place: as a saved model names it: "./encoder" and "../encoder" are meant from the model's folder.
        model: folder or hub name of the model.
        folder: where the model is on this machine.
        revision: branch, tag or commit of a hub name.
    """
    if folder is None or not place.startswith(("./", "../")):
        return place
    if not is_folder(model) and not is_folder(folder / place):
        # Loading a model fetches its own files only.
        try:
            folder = Path(snapshot_download(model, revision=revision, allow_patterns=[f"{BESIDE}/*"]))
        except OSError:
            return place
    return os.path.normpath(folder / place)


def portable_place(place: str, revision: str | None, folder: Path, *, stored: bool) -> tuple[str, str | None]:
    """Return place and revision of an encoder as a model that is saved shall name them.

    Args:
        place: hub name or folder.
        revision: branch, tag or commit of a hub name.
        folder: where the model is saved.
        stored: whether the encoder is saved within that folder.

    Returns:
        The hub's name and commit where the encoder is the hub's; else "./encoder" where it is saved with the model, a
        path from the model's folder where it lies beside it, and the absolute path elsewhere.
    """
    if not is_folder(place):
        cached = local_folder(place, revision)
        found = cached and name_of_snapshot(cached)
        return place, found[1] if found else revision
    path = resolved(place)
    named = name_of_snapshot(path)
    if named:
        return named
    if stored:
        return f"./{BESIDE}", None
    model = resolved(folder)
    if path.is_relative_to(model):
        return f"./{path.relative_to(model).as_posix()}", None
    if path.is_relative_to(model.parent):
        return f"../{path.relative_to(model.parent).as_posix()}", None
    return str(path), None


def _named(wanted: EncoderReference, model: Path | None) -> Iterator[EncoderReference]:
    """Yield the places on this machine that the model itself leads to."""
    if model is not None and (model / BESIDE / _CONFIGURATION).is_file():
        yield replace(wanted, place=str(model / BESIDE), revision=None)
    if local_folder(wanted.place, wanted.revision) is not None:
        yield wanted


def _alike(wanted: EncoderReference) -> Iterator[Path]:
    """Yield folders within humpcat, the hub's cache and ``HUMPCAT_ENCODERS`` that may hold the encoder."""
    if wanted.hash is None:
        return
    folders = [pretrained(name) / BESIDE for name in NAMES]
    folders += sorted(Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*"))
    for named in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        if not Path(named).is_dir():
            raise EncoderError(f"{VARIABLE} names {named}: {absence(named, lead='there is ')}: check the variable.")
        folders += sorted(path for path in Path(named).iterdir() if path.is_dir())
    yield from (folder for folder in folders if _may_be(folder, wanted.width))


def _may_be(folder: Path, width: int) -> bool:
    """Return whether a folder holds a speech encoder of a width, without loading it."""
    try:
        config = read_json(folder / _CONFIGURATION)
    except HumpcatError:
        return False
    widths = (config.get("hidden_size"), config.get("d_model"))
    return width in widths and config.get("model_type") in (*WAVEFORM_MODELS, "whisper")


def _another(encoder: SpeechEncoder, place: str, wanted: EncoderReference) -> EncoderError:
    return EncoderError(
        f"encoder {place}: its weights have the hash {encoder.weights_hash()}, the model was trained with "
        f"{wanted.hash}: point it to the encoder that it was trained with."
    )
