"""The feature store: arrays addressed by what they were computed from, on disk, safe for several processes.

One safetensors file for each clip and extractor, named by the hash of the audio bytes, in a folder named by the
extractor's settings. A file is written beside its place and renamed into it, so a reader sees all of it or
nothing, and two writers of the same clip do no harm.

Each file says which clip and extractor it belongs to and holds a checksum of every array, so that a file that was
damaged or put in another's place is never taken for the clip's own.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from humpcat.cache import kept_in, require_writable, store_folder
from humpcat.features.base import Arrays, Extractor
from humpcat.files import write_bytes
from humpcat.keywords import named_keywords

_CHECKSUM = "crc32 "


@named_keywords
class FeatureStore:
    """Arrays of clips on disk.

    Args:
        root: folder of the store; made when first written to. Below the cache folder by default.

    Example:
        >>> import numpy as np, tempfile
        >>> from humpcat.features.mfcc import Mfcc
        >>> store = FeatureStore(tempfile.mkdtemp())
        >>> store.put(Mfcc(), "00ff", {"mfcc": np.zeros((50, 40), dtype=np.float32)})
        >>> store.get(Mfcc(), "00ff")["mfcc"].shape
        (50, 40)
    """

    def __init__(self, root: str | Path | None = None) -> None:
        self.root = Path(root) if root is not None else store_folder()
        self._named_by = "--store" if root is not None else None

    def require_place(self) -> None:
        """Make sure that there is a store, or that one can be made: before a corpus is read, let alone computed.

        A store that is there and cannot be written serves as long as all is in it.

        Raises:
            WritingError: there is none and it cannot be made; the sentence names the variable or the setting.
        """
        if not self.root.is_dir():
            self.require_writable()

    def require_writable(self) -> None:
        """Make sure that arrays can be written, before they are computed.

        Raises:
            WritingError: they cannot; the sentence names the variable or the setting that says where.
        """
        require_writable(self.root, self._named_by)

    def path(self, extractor: Extractor, fingerprint: str) -> Path:
        """Return where the arrays of a clip lie, or would lie.

        Args:
            extractor: what computes them.
            fingerprint: hash of the audio, see :func:`humpcat.audio.fingerprint`.
        """
        return self.root / extractor.key() / fingerprint[:2] / f"{fingerprint}.safetensors"

    def get(self, extractor: Extractor, fingerprint: str) -> Arrays | None:
        """Return the arrays of a clip, None if they are not there or their file is damaged or another clip's."""
        return read_arrays(self.path(extractor, fingerprint))

    def put(self, extractor: Extractor, fingerprint: str, arrays: Arrays) -> None:
        """Write the arrays of a clip.

        Args:
            extractor: what computed them.
            fingerprint: hash of the audio.
            arrays: the arrays by name.

        Raises:
            WritingError: they cannot be written.
        """
        with kept_in(self.root, self._named_by):
            self._write(extractor, fingerprint, arrays)

    def has(self, extractor: Extractor, fingerprint: str) -> bool:
        """Return whether the arrays of a clip are there, whole and its own."""
        return self.get(extractor, fingerprint) is not None

    def _write(self, extractor: Extractor, fingerprint: str, arrays: Arrays) -> None:
        path = self.path(extractor, fingerprint)
        folder = self.root / extractor.key()
        description = folder / "extractor.json"
        if not description.exists():
            text = {"name": extractor.name, "version": extractor.version, "settings": dict(extractor.settings())}
            write_bytes(description, json.dumps(text, indent=2).encode())
        # safetensors copies memory as it lies, whatever the strides of an array.
        laid_out = {name: np.asarray(array, order="C") for name, array in arrays.items()}
        write_bytes(path, save(laid_out, metadata=_origin(path) | _checksums(laid_out)))


def read_arrays(path: Path, only: str | None = None) -> Arrays | None:
    """Return what a store file holds, None if it is missing, damaged, or another clip's or extractor's.

    Args:
        path: as :meth:`FeatureStore.path` gives it.
        only: name of a single array to read; the others stay on disk. Nothing is returned if it is not there.
    """
    # Anything may lie there; a pipe would be waited for.
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            names = [name for name in file.keys() if only in (None, name)]  # noqa: SIM118
            arrays = {name: file.get_tensor(name) for name in names}
            said = file.metadata() or {}
    # A type that NumPy lacks is told by whatever error looking it up gives.
    except (OSError, SafetensorError, ValueError, TypeError, KeyError, AttributeError):
        return None
    expected = _origin(path) | _checksums(arrays)
    whole = only is not None or {key for key in said if key.startswith(_CHECKSUM)} <= set(expected)
    return arrays if whole and all(said.get(key) == value for key, value in expected.items()) else None


def _origin(path: Path) -> dict[str, str]:
    return {"clip": path.stem, "extractor": path.parent.parent.name}


def _checksums(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, str]:
    # A damage is to be found, not an attack: a cyclic checksum costs a fraction of reading the file. The same bytes of
    # another type or shape are other values.
    return {
        f"{_CHECKSUM}{name}": f"{zlib.crc32(array.tobytes()):08x} {array.dtype.str} {array.shape}"
        for name, array in arrays.items()
    }
