"""Hostile entries of the feature store: those of other clips, damaged bytes, and headers that say something else."""

import json
import os
import shutil
import struct
from pathlib import Path
from random import Random

import soundfile

from humpcat import audio
from humpcat.features.extraction import heard
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore

from .audio import RATE, voice
from .case import ANSWERED, EITHER, Case, Cases
from .checkpoints import changed_weights
from .damage import damaged


class StoreCases(Cases):
    """A store of two clips, the first of which has a damaged entry."""

    kind = "stores"

    def prepare(self) -> None:
        self.clips = {name: self.folder / f"{name}.wav" for name in ("first", "second")}
        self.good = self.folder / "good"
        store, mfcc = FeatureStore(self.good), Mfcc()
        for place, path in enumerate(self.clips.values()):
            soundfile.write(path, voice(0.3 + place / 10), RATE)
            store.put(mfcc, audio.fingerprint(path), mfcc.extract([heard(mfcc, audio.load(path))])[0])

    def make(self, number: int, random: Random) -> Case:
        folder = self.folder / f"store{number}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.good, folder)
        first, second = (FeatureStore(folder).path(Mfcc(), audio.fingerprint(path)) for path in self.clips.values())
        how = _damage(first, second, random)
        # What somebody put there is not removed.
        return Case(f"{number} {how}", folder, self.kind, EITHER if how == "folder" else ANSWERED)


def _damage(entry: Path, other: Path, random: Random) -> str:
    content = entry.read_bytes()
    chosen = random.randrange(8)
    if chosen == 0:
        entry.write_bytes(other.read_bytes())
        return "another clip's", ANSWERED
    if chosen == 1:
        return _put_something_else(entry, random)
    if chosen in (2, 3):
        how, left = damaged(content, other.read_bytes(), random)
    elif chosen == 4:
        how, left = _relabelled(content, random)
    else:
        how, left = changed_weights(content, random)
    entry.write_bytes(left)
    return how


def _put_something_else(entry: Path, random: Random) -> str:
    entry.unlink()
    how = random.choice(("pipe", "folder", "link to itself", "link to nothing", "nothing", "empty"))
    if how == "pipe":
        os.mkfifo(entry)
    elif how == "folder":
        entry.mkdir()
    elif how == "link to itself":
        entry.symlink_to(entry.name)
    elif how == "link to nothing":
        entry.symlink_to("missing.safetensors")
    elif how == "empty":
        entry.write_bytes(b"")
    return how


def _relabelled(content: bytes, random: Random) -> tuple[str, bytes]:
    """Keep every byte of the arrays and say that they are of another type or shape, or not there."""
    size = struct.unpack("<Q", content[:8])[0]
    header, data = json.loads(content[8 : 8 + size]), content[8 + size :]
    name = next(key for key in header if key != "__metadata__")
    how = random.choice(("I32", "U32", "turned", "flat", "no arrays"))
    if how in ("I32", "U32"):
        header[name]["dtype"] = how
    elif how == "no arrays":
        header, data = {"__metadata__": header["__metadata__"]}, b""
    else:
        shape = header[name]["shape"]
        header[name]["shape"] = shape[::-1] if how == "turned" else [shape[0] * shape[1]]
    text = json.dumps(header).encode()
    return f"arrays said to be {how}", struct.pack("<Q", len(text)) + text + data
