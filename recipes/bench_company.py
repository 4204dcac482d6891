#!/usr/bin/env python
"""Measure how far the features of a clip depend on the clips that it is computed with, in bfloat16.

    python recipes/bench_company.py --data-dir DATA
    python recipes/bench_company.py --data-dir DATA --corpus cremad --clips 60 --encoder FOLDER

Clips in random order are encoded in padded batches of 1 to 16 under autocast to bfloat16, as a GPU does it, on
whichever device there is, and compared to the same clips one by one. A deviation is the difference of a value in
shares of the standard deviation of that value over all clips: of the steps of 80 ms, and of their mean over the clip.
A logistic regression learns emotions from the means of clips alone of other speakers, and is asked with each batch's.
The last row is what a feature store gets of a processor, which computes each clip alone, of all clips at once.
OUT/bench_company.json holds all figures.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm.auto import tqdm
from transformers import HubertConfig, HubertModel

from humpcat import audio
from humpcat.audio import Waveform
from humpcat.benchmarks.spread import clips_of_speakers
from humpcat.benchmarks.timing import machine_line, save_figures
from humpcat.cli import reporting_errors
from humpcat.device import default_device
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.features.base import Arrays
from humpcat.features.condensing import condense
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.features.speech import find_speech
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

SIZES, FOLDS, GROUP = (1, 2, 4, 8, 16), 5, 4


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="emodb", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=60, help="clips, drawn at random")
    parser.add_argument("--encoder", help="folder or hub name; HuBERT-base with random weights by default")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_company"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    rows = clips_of_speakers(arguments.corpus, arguments.data_dir, arguments.clips)
    extractor = HiddenStates(encoder_of(arguments.encoder), group=GROUP)
    extractor.dtype = torch.bfloat16
    found = measured(extractor, [find_speech(audio.load(row["path"])).waveform for row in rows])
    about: dict[str, Any] = {"corpus": arguments.corpus, "clips": len(rows), "device": default_device().type}
    about |= {"layers": list(extractor.layers), "threads": torch.get_num_threads()}
    about["encoder"] = arguments.encoder or "HuBERT-base's architecture with random weights, seed 0"
    report(compared(found, rows), about, arguments.out)


def encoder_of(name: str | None) -> SpeechEncoder:
    """Return the encoder on the device that there is."""
    torch.manual_seed(0)
    encoder = SpeechEncoder(HubertModel(HubertConfig())) if name is None else SpeechEncoder.from_pretrained(name)
    return encoder.to(default_device())


def measured(extractor: HiddenStates, clips: Sequence[Waveform]) -> dict[str, list[Arrays]]:
    """Return what each way gives of each clip."""
    found: dict[str, list[Arrays]] = {}
    for size in tqdm(SIZES, desc="sizes"):
        found[name_of(size)] = [
            arrays
            for first in range(0, len(clips), size)
            for arrays in together(extractor, clips[first : first + size])
        ]
    if extractor.in_threads:
        alone = [extractor.extract([clip])[0] for clip in clips]
        found["stored, alone"], found["stored, all at once"] = alone, extractor.extract(clips)
    return found


def name_of(size: int) -> str:
    """Return how batches of a size are called."""
    return "one by one" if size == 1 else f"batches of {size}"


@torch.no_grad()
def together(extractor: HiddenStates, clips: Sequence[Waveform]) -> list[Arrays]:
    """Return steps and means of clips in one padded batch, as a GPU computes them."""
    device = next(extractor.encoder.parameters()).device
    with torch.autocast(device.type, torch.bfloat16):
        waves = [torch.from_numpy(clip).to(device) for clip in clips]
        states = extractor.encoder.encode_speech(waves, extractor.layers, alone=False)
    condensed = [condense(state.float(), GROUP) for state in states]
    return [{"hidden": steps.cpu().numpy(), "pooled": mean.cpu().numpy()} for steps, mean in condensed]


def compared(found: dict[str, list[Arrays]], rows: list[Any]) -> dict[str, dict[str, float]]:
    """Return how far each way is from the clips alone that are computed as it is."""
    figures = {}
    for name, arrays in found.items():
        alone = found["stored, alone" if name.startswith("stored") else "one by one"]
        if arrays is alone:
            continue
        probed = probe(alone, arrays, rows)
        figures[name] = {"changed": probed[0], "moved": probed[1]}
        for key in ("hidden", "pooled"):
            off = deviations([one[key] for one in arrays], [one[key] for one in alone])
            figures[name] |= {f"largest_{key}": float(off.max()), f"mean_{key}": float(off.mean())}
    return figures


def deviations(found: list[npt.NDArray[Any]], alone: list[npt.NDArray[Any]]) -> npt.NDArray[np.float32]:
    """Return the differences of all values, in shares of the standard deviation that each has over all clips."""
    width = alone[0].shape[-1]
    asked, own = ([one.astype(np.float32).reshape(len(one), -1, width) for one in many] for many in (found, alone))
    spread = np.concatenate(own, axis=1).std(axis=1, keepdims=True)
    off: npt.NDArray[np.float32] = np.abs(np.concatenate(asked, axis=1) - np.concatenate(own, axis=1)) / spread
    return off


def probe(alone: list[Arrays], found: list[Arrays], rows: list[Any]) -> tuple[float, float]:
    """Return the share of answers that change, and by how much a probability moves at most."""
    learnt, asked = (np.stack([one["pooled"].ravel() for one in arrays]) for arrays in (alone, found))
    gold, speakers = np.array([row["emotion"] for row in rows]), [row["speaker"] for row in rows]
    changed, moved = 0, 0.0
    for train, test in GroupKFold(min(FOLDS, len(set(speakers)))).split(learnt, groups=speakers):
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=5000))
        classifier.fit(learnt[train], gold[train])
        before, after = (classifier.predict_proba(matrix[test]) for matrix in (learnt, asked))
        changed += int((before.argmax(axis=1) != after.argmax(axis=1)).sum())
        moved = max(moved, float(np.abs(before - after).max()))
    return changed / len(rows), moved


def report(figures: dict[str, dict[str, float]], about: dict[str, Any], out: Path) -> None:
    """Print a table and write the figures."""
    headings = ["largest, steps", "mean, steps", "largest, means", "mean, means"]
    table = [["way", *headings, "answers changed", "probability moved"]]
    for name, way in figures.items():
        off = [f"{way[f'{what}_{key}']:.1e}" for key in ("hidden", "pooled") for what in ("largest", "mean")]
        table.append([name, *off, f"{way['changed']:.1%}", f"{way['moved']:.4f}"])
    print(machine_line())
    print(", ".join(f"{name}: {value}" for name, value in about.items()))
    print("\n".join(markdown_table(table, padded=True)))
    save_figures(out, "bench_company", about | {"ways": figures})


if __name__ == "__main__":
    main()
