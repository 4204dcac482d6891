"""Hostile entries of the feature store: those of other clips, damaged bytes, and headers that say something else."""

import os
import shutil
import struct
from pathlib import Path
from random import Random
from typing import Any

import soundfile

from humpcat import audio
from humpcat.features.computing import heard
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore
from tests.stores import put, rewrite

from .audio import RATE, voice
from .case import ANSWERED, EITHER, Case, Cases
from .damage import SIZES, damaged


class StoreCases(Cases):
    """A store of two clips, the first of which has a damaged entry."""

    kind = "stores"

    def prepare(self) -> None:
        self.clips = {name: self.folder / f"{name}.wav" for name in ("first", "second")}
        self.good = self.folder / "good"
        store, mfcc = FeatureStore(self.good), Mfcc()
        for place, path in enumerate(self.clips.values()):
            soundfile.write(path, voice(0.3 + place / 10), RATE)
            put(store, mfcc, audio.fingerprint(path), mfcc.extract([heard(mfcc, audio.load(path))])[0])

    def make(self, number: int, random: Random) -> Case:
        folder = self.folder / f"store{number}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.good, folder)
        entries = FeatureStore(folder).entries(Mfcc())
        first, second = (entries[audio.fingerprint(path)].shard for path in self.clips.values())
        how = _damage(first, second, random)
        # What somebody put there is not removed.
        return Case(f"{number} {how}", folder, self.kind, EITHER if how == "folder" else ANSWERED)


def _damage(entry: Path, other: Path, random: Random) -> str:
    content = entry.read_bytes()
    chosen = random.randrange(8)
    if chosen == 0:
        entry.write_bytes(other.read_bytes())
        return "another clip's"
    if chosen == 1:
        return _put_something_else(entry, random)
    if chosen == 2:
        return _relabelled(entry, random)
    how, left = damaged(content, other.read_bytes(), random) if chosen in (3, 4) else _numbers(content, random)
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
        entry.symlink_to("missing.arrow")
    elif how == "empty":
        entry.write_bytes(b"")
    return how


def _relabelled(entry: Path, random: Random) -> str:
    """Keep every byte of the arrays and say that they are of another type, shape or clip, or not there."""
    how = random.choice(("<i4", "<u4", "|O", "turned", "flat", "huge", "no arrays", "no name", "another clip's"))

    def change(row: dict[str, Any]) -> None:
        array = row["arrays"][0]
        if how == "no arrays":
            row["arrays"].clear()
        elif how == "no name":
            array["name"] = None
        elif how == "another clip's":
            row["clip"] = "0" * 32
        elif how in ("turned", "flat", "huge"):
            shape = array["shape"]
            array["shape"] = {"turned": shape[::-1], "flat": [shape[0] * shape[1]], "huge": [2**62, 2]}[how]
        else:
            array["type"] = how

    rewrite(entry, change)
    return f"arrays said to be {how}"


def _numbers(content: bytes, random: Random) -> tuple[str, bytes]:
    """Put a telling number anywhere; sizes and places stand between the arrays and in the footer."""
    changed, value = bytearray(content), random.choice(SIZES)
    place = 4 * random.randrange(len(content) // 4)
    changed[place : place + 4] = struct.pack("<I", value)
    return f"{value:x} at {place}", bytes(changed[: len(content)])
