#!/usr/bin/env python
"""Measure the feature store: reading back beside raw memory-mapping, and opening a store of a million clips.

    python recipes/bench_store.py --data-dir DATA
    python recipes/bench_store.py --data-dir DATA --corpus cremad --entries 10000000

Arrays have the shapes of HuBERT-base's hidden states of a corpus' clips (four layers, a step every 80 ms) and random
values. They are written to a store, to one flat file, and to a safetensors file a clip, and read back from each clip
by clip, in an order that is drawn anew, as copies in memory; the ways take turns and the shortest time of each counts.
The large store holds one small array a clip. It is opened by a process of its own, which has seen nothing of it.
OUT/bench_store.json holds all figures.
"""

import argparse
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file
from tqdm.auto import tqdm

from humpcat.benchmarks.timing import machine_line, save_figures, shortest, speed_table, take_turns
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

RAW = "one flat file, memory-mapped"
STEP_SECONDS = 0.08
Arrays = Mapping[str, npt.NDArray[np.float16]]


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="emodb", help="whose clips' lengths")
    parser.add_argument("--entries", type=number_in(COUNTS), default=1_000_000, help="clips of the large store")
    parser.add_argument("--turns", type=number_in(COUNTS), default=5, help="how often each way is measured")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_store"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    corpus = CORPORA[arguments.corpus]
    rows = corpus.scan(corpus.find(arguments.data_dir)).rows
    rng = np.random.default_rng(0)
    arrays = {
        f"{place:032x}": rng.normal(size=(4, int(row["duration"] / STEP_SECONDS) + 1, 768)).astype(np.float16)
        for place, row in enumerate(rows)
    }
    with TemporaryDirectory() as folder:
        ways = written(arrays, Path(folder))
        orders = iter([rng.permutation(list(arrays)) for _ in range(arguments.turns * len(ways))])
        readings = {name: partial(read_all, read, orders) for name, read in ways.items()}
        best = shortest(take_turns(readings, arguments.turns))
        for name, read in ways.items():
            assert all(np.array_equal(read(clip), array) for clip, array in arrays.items()), name
    megabytes = sum(array.nbytes for array in arrays.values()) / 1e6
    with TemporaryDirectory() as folder:
        files, seconds = large_store(Path(folder), arguments.entries)
    report(best, len(arrays), megabytes, arguments.entries, files, seconds, arguments.out)


def read_all(read: Callable[[str], npt.NDArray[np.float16]], orders: Iterator[Sequence[str]]) -> None:
    """Read all clips in the next order."""
    for clip in next(orders):
        read(clip)


def written(arrays: Arrays, folder: Path) -> dict[str, Callable[[str], npt.NDArray[np.float16]]]:
    """Write arrays in each way, and return what reads one of them."""
    flat = folder / "flat.bin"
    places: dict[str, tuple[int, tuple[int, ...]]] = {}
    with flat.open("wb") as file:
        for clip, array in arrays.items():
            places[clip] = (file.tell() // 2, array.shape)
            file.write(array.tobytes())
            save_file({"hidden": array}, folder / f"{clip}.safetensors")
    store = FeatureStore(folder / "store")
    with store.writer(Mfcc()) as writer:
        for clip, array in arrays.items():
            writer.put(clip, {"hidden": array})
    mapped, entries = np.memmap(flat, np.float16, "r"), store.entries(Mfcc())

    def raw(clip: str) -> npt.NDArray[np.float16]:
        start, shape = places[clip]
        return np.array(mapped[start : start + int(np.prod(shape))]).reshape(shape)

    def stored(clip: str) -> npt.NDArray[np.float16]:
        found = entries[clip].read("hidden")
        assert found is not None
        return found["hidden"]

    return {
        RAW: raw,
        "humpcat's store": stored,
        "one safetensors file a clip": lambda clip: load_file(folder / f"{clip}.safetensors")["hidden"],
    }


def large_store(folder: Path, entries: int) -> tuple[int, float]:
    """Write a store of so many clips; return its files and the seconds in which another process opens it."""
    store = FeatureStore(folder)
    with store.writer(Mfcc()) as writer:
        for clip in tqdm(range(entries), desc="entries"):
            writer.put(f"{clip:032x}", {"pooled": np.full(16, clip, dtype=np.float32)})
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return len(list(store.folder(Mfcc()).iterdir())), pool.apply(seconds_to_open, (folder, entries))


def seconds_to_open(folder: Path, entries: int) -> float:
    """Return the seconds from nothing to the entries of a store, of which some are then read."""
    start = time.perf_counter()
    found = FeatureStore(folder).entries(Mfcc())
    seconds = time.perf_counter() - start
    assert len(found) == entries
    for clip in range(0, entries, max(1, entries // 100)):
        arrays = found[f"{clip:032x}"].read()
        assert arrays is not None
        assert arrays["pooled"][0] == np.float32(clip)
    return seconds


def report(
    best: dict[str, float], clips: int, megabytes: float, entries: int, files: int, seconds: float, out: Path
) -> None:
    """Print a table and write the figures."""
    print(machine_line())
    print(f"{clips} clips, {megabytes:.0f} MB")
    against = {"times as fast as memory-mapping": best[RAW]}
    print("\n".join(speed_table(best, "seconds a GB", megabytes / 1000, against)))
    print(f"{entries} entries in {files} files: opened in {seconds:.2f} s")
    figures = {
        "clips": clips,
        "megabytes": megabytes,
        "seconds": best,
        "entries": entries,
        "files": files,
        "seconds_to_open": seconds,
    }
    save_figures(out, "bench_store", figures)


if __name__ == "__main__":
    main()
