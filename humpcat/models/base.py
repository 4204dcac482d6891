"""What every classifier of humpcat can do beside classifying: be loaded whole or not at all, be told from others."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from transformers import PreTrainedModel

from humpcat.errors import CheckpointError, KeywordError, SettingsError
from humpcat.features.encoder_checkpoint import not_finite
from humpcat.features.precision import change_costly, in_full
from humpcat.files import is_path, share_as_usual
from humpcat.hub import CONFIGURATION, NotFoundError, local_folder, locate
from humpcat.keywords import keywords_of, refuse_unknown
from humpcat.models.card import CARD, corpora_seen, encoder_training, write_card
from humpcat.safe_checkpoint import in_words, refuse_unsafe
from humpcat.writing import writing

_KEYWORDS = (
    "attn_implementation",
    "cache_dir",
    "config",
    "device_map",
    "dtype",
    "force_download",
    "local_files_only",
    "output_loading_info",
    "revision",
    "token",
)
"""What ``from_pretrained`` is asked for, beside settings of the configuration."""


def locate_model(name: str, revision: str | None = None, files: Sequence[str] = CONFIGURATION) -> str:
    """Return where a model is to be loaded from: a folder, or its name if only the hub has it.

    Args:
        name: a folder or hub name.
        revision: branch, tag or commit of a hub name.
        files: what is needed beside its weights.

    Raises:
        CheckpointError: it cannot be found.
    """
    try:
        return locate(name, revision, files)
    except NotFoundError as reason:
        mend = "" if is_path(name) else ", or go online once"
        raise CheckpointError(f"{name}: {reason}: name the folder of a saved model{mend}.") from None


class AudioClassifier(PreTrainedModel):
    """A classifier of clips; subclasses answer a ``ModelOutput`` with ``logits`` and ``embedding``.

    They hold a buffer ``temperature``, by which logits are divided outside of training.

    In half precision are only the parts that cost time, :attr:`half_parts`, whatever ``dtype``, ``.to`` or ``.half``
    ask for, and of these only linear maps and convolutions (:mod:`humpcat.features.precision`): what lies above is
    small, and its sums are not for half precision.

    Attributes:
        folder: where the model was loaded from on this machine; None for a new one.
        half_parts: names of the modules that can be in half precision.
        parts_dtype: type that these parts were last cast to.
    """

    folder: Path | None = None
    half_parts: ClassVar[tuple[str, ...]] = ()
    parts_dtype: torch.dtype = torch.float32

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Any:
        """Move or cast the model, as every way of doing that does in the end."""
        self.parts_dtype = fn(torch.zeros((), dtype=self.parts_dtype)).dtype
        for name, module in self.named_children():
            if name in self.half_parts:
                # An encoder knows which of its own layers bear it.
                own = type(module)._apply is not nn.Module._apply
                module._apply(fn) if own else change_costly(module, fn)
            else:
                module._apply(partial(in_full, fn))
        return super()._apply(partial(in_full, fn), recurse=False)

    def choose_trained(self) -> None:
        """Say which weights are trained, by their ``requires_grad``; all of them unless a subclass says otherwise."""

    def freeze_fitted(self) -> None:
        """Freeze what is fitted in other ways than by gradients; nothing unless a subclass says otherwise."""

    def training_logits(self, outputs: Any) -> Tensor:
        """Return the logits that gradients train; those of the answer unless a subclass says otherwise.

        Args:
            outputs: what the model answered in training mode.
        """
        logits: Tensor = outputs.logits
        return logits

    def weights_hash(self) -> str:
        """Return 16 hexadecimal digits that equal weights and settings share."""
        digest = hashlib.blake2b(json.dumps(self.hashed_settings(), sort_keys=True).encode(), digest_size=8)
        for key, value in sorted(self.own_weights(self.state_dict()).items()):
            digest.update(key.encode())
            digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def hashed_settings(self) -> dict[str, Any]:
        """Return the settings that :meth:`weights_hash` looks at; all of them unless a subclass says otherwise."""
        settings: dict[str, Any] = self.config.to_diff_dict()
        return settings

    def own_weights(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the weights that are stored with the model; all of them unless a subclass says otherwise.

        Args:
            state: all weights by their names.
        """
        return dict(state)

    def save_pretrained(self, save_directory: str | Path, *, card: bool = True, **kwargs: Any) -> None:
        """Save configuration and weights as safetensors, and a card unless there is one.

        Args:
            save_directory: the folder; made if it does not exist.
            card: whether a missing README.md is written, with the metadata that the hub reads.
            **kwargs: as for ``PreTrainedModel.save_pretrained``; with ``push_to_hub=True, repo_id="me/mine"`` all that
                lies in the folder is pushed, the card and an encoder that was saved with the model too.
        """
        pushed, repo = kwargs.pop("push_to_hub", False), kwargs.pop("repo_id", None)
        kwargs["state_dict"] = self.own_weights(kwargs.get("state_dict") or self.state_dict())
        folder = Path(save_directory)
        with writing(folder, needed=sum(weight.nbytes for weight in kwargs["state_dict"].values())):
            folder.mkdir(parents=True, exist_ok=True)
            super().save_pretrained(save_directory, **kwargs)
            share_as_usual(folder)
        if card and not (folder / CARD).exists():
            corpora = corpora_seen(folder) or corpora_seen(self.folder)
            trained_on = encoder_training(folder) or encoder_training(self.folder)
            write_card(folder, self.config, corpora, trained_on=trained_on)
        if pushed:
            from huggingface_hub import HfApi

            # Not left to transformers, which would push before all of it is there.
            api = HfApi(token=kwargs.get("token"))
            api.upload_folder(repo_id=api.create_repo(repo or folder.name, exist_ok=True).repo_id, folder_path=folder)

    @classmethod
    def from_pretrained(cls, name: str | Path, *args: Any, **kwargs: Any) -> Any:
        """Load a checkpoint; every weight must be there, and none beside.

        Args:
            name: a folder or hub name.
            *args: as for ``PreTrainedModel.from_pretrained``.
            **kwargs: as for ``PreTrainedModel.from_pretrained``; weights that are stored in half precision are
                loaded in single precision unless ``dtype`` says otherwise.

        Raises:
            KeywordError: a keyword is unknown.
            SettingsError: ``dtype`` is no type of floats.
            CheckpointError: it cannot be found, or weights are missing, surplus, of other shapes, or not safetensors.
        """
        place = locate_model(str(name), kwargs.get("revision"))
        folder = Path(place)
        # Without config.json transformers would go on with the default configuration.
        configured = "config" in kwargs or (folder / "config.json").is_file()
        if folder.is_dir() and not (configured and list(folder.glob("*.safetensors"))):
            there = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
            raise CheckpointError(
                f"{name}: found {', '.join(there) or 'nothing'}, expected "
                "config.json and model.safetensors: pickled weights are not loaded; name the folder of a saved model."
            )
        refuse_unsafe(place, CheckpointError, kwargs.get("revision"))
        wants_report = kwargs.pop("output_loading_info", False)
        # The name that transformers gave it before.
        dtype = _dtype_of(kwargs.pop("dtype", kwargs.pop("torch_dtype", None)))
        kwargs["dtype"] = torch.float32
        options = {
            "trust_remote_code": False,
            "use_safetensors": True,
            "output_loading_info": True,
            "ignore_mismatched_sizes": True,
        }
        with in_words(str(name), CheckpointError):
            try:
                model, report = super().from_pretrained(place, *args, **(kwargs | options))
            except KeywordError:
                raise
            except SettingsError as error:
                raise CheckpointError(f"{folder / 'config.json'}: {error}") from None
            except TypeError as error:
                # What neither transformers nor the configuration knows ends up in the model's constructor.
                if unknown := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
                    refuse_unknown("from_pretrained", [unknown[1]], {*_KEYWORDS, *keywords_of(cls.config_class)})
                raise
            except SafetensorError as error:
                raise CheckpointError(f"{name}: its weights are damaged ({error}): save or copy it again.") from None
        for key, found, expected in sorted(report["mismatched_keys"]):
            raise CheckpointError(
                f"{name}: weight {key} has the shape {tuple(found)}, expected {tuple(expected)}: "
                "the checkpoint is damaged or of another configuration; save or copy it again."
            )
        for kind, keys in (("missing", report["missing_keys"]), ("unknown to this model", report["unexpected_keys"])):
            if keys:
                raise CheckpointError(
                    f"{name}: {len(keys)} weights are {kind}, such as {sorted(keys)[0]}: "
                    "the checkpoint is damaged or of another configuration; save or copy it again."
                )
        broken = not_finite(model.state_dict())
        if broken:
            raise CheckpointError(f"{name}: weight {broken} holds NaN or infinity: save or copy it again.")
        if not model.temperature > 0:
            raise CheckpointError(
                f"{name}: temperature {model.temperature.item():g}: expected more than 0; save or copy it again."
            )
        if dtype != torch.float32:
            model.to(dtype)
        # Loading puts new parameters in place of those that were chosen when the model was made.
        model.choose_trained()
        model.folder = local_folder(str(name), kwargs.get("revision"))
        return (model, report) if wants_report else model


def _dtype_of(wanted: torch.dtype | str | None) -> torch.dtype:
    """Return a type of floats by its name, single precision where none was asked for."""
    found = getattr(torch, wanted.removeprefix("torch."), None) if isinstance(wanted, str) else wanted
    if wanted in (None, "auto"):
        return torch.float32
    if not isinstance(found, torch.dtype) or not found.is_floating_point or found.itemsize < 2:
        raise SettingsError(f"dtype {wanted!r}: expected float32, float16 or bfloat16.")
    return found
