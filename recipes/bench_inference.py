#!/usr/bin/env python
"""Measure how fast humpcat's pipeline answers clips, beside the audio classification of transformers.

    python recipes/bench_inference.py --data-dir DATA
    python recipes/bench_inference.py --data-dir DATA --corpus emodb --clips 40
    python recipes/bench_inference.py --data-dir DATA --encoder WHISPER

Both have an encoder of HuBERT-base's architecture with random weights, which are as fast as trained ones, on the
processor, and begin with samples. Ours finds the speech, computes MFCC and prosody as well, and fuses all three;
theirs is HubertForSequenceClassification. Each is asked in single precision and, where the processor has it, in
bfloat16, by the dtype that its pipeline takes. Clips are spread over the lengths of a corpus. All ways stand in the
same run and take turns; the shortest time of each counts. Ratios are to the better of theirs in single precision, and
to the better of theirs in bfloat16. The latency is the median time of one call with one clip of 4 s, joined of the
corpus' clips. With --encoder our model on that encoder is measured too. OUT/bench_inference.json holds all figures.
"""

import argparse
import copy
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import HubertConfig, HubertForSequenceClassification, Wav2Vec2FeatureExtractor, pipeline

from humpcat import audio
from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.benchmarks.spread import spread_clips
from humpcat.benchmarks.timing import machine_line, medians, save_figures, shortest, speed_table, take_turns
from humpcat.cli import reporting_errors
from humpcat.device import fastest_dtype
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import default_layers
from humpcat.inference.pipeline import HumpCatPipeline
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in

CLASSES = {"anger": 0, "happiness": 1, "neutral": 2, "sadness": 3}
SIZES = (1, 8)
"""Clips a batch."""
LATENCY_SECONDS = 4
THEIRS, OURS = "transformers, HuBERT-base", "humpcat, HuBERT-base"
HALF = "bfloat16"
PROCESSOR = torch.device("cpu")


def theirs(model: HubertForSequenceClassification, dtype: torch.dtype) -> Any:
    """Return transformers' pipeline of a model in a precision."""
    prepare = Wav2Vec2FeatureExtractor(return_attention_mask=True)
    cast = copy.deepcopy(model).to(dtype)
    return pipeline("audio-classification", model=cast, feature_extractor=prepare, device=PROCESSOR, dtype=dtype)


def ours(encoder: SpeechEncoder, dtype: torch.dtype) -> HumpCatPipeline:
    """Return the pipeline of a new model that stands on an encoder, in a precision."""
    layers = default_layers(encoder.depth)
    model = HumpCatForAudioClassification(
        HumpCatConfig(encoder_layers=layers, encoder_width=encoder.width, label2id=CLASSES)
    )
    model.encoder = copy.deepcopy(encoder).requires_grad_(False)
    extractor = HumpCatFeatureExtractor()
    return HumpCatPipeline(model=model.eval().to(dtype), feature_extractor=extractor, device=PROCESSOR)


def systems(encoder: str | None) -> dict[str, Any]:
    """Return what answers clips, by its name."""
    torch.manual_seed(0)
    plain = HubertForSequenceClassification(HubertConfig(num_labels=len(CLASSES))).eval()
    same = SpeechEncoder.from_config(plain.config)
    same.model.load_state_dict(plain.hubert.state_dict())
    precisions = {"": torch.float32}
    if fastest_dtype(PROCESSOR) == torch.bfloat16:
        precisions[f", {HALF}"] = torch.bfloat16
    found: dict[str, Any] = {THEIRS + suffix: theirs(plain, dtype) for suffix, dtype in precisions.items()}
    found |= {OURS + suffix: ours(same, dtype) for suffix, dtype in precisions.items()}
    if encoder is not None:
        own = SpeechEncoder.from_pretrained(encoder)
        found |= {f"humpcat, {Path(encoder).name}{suffix}": ours(own, dtype) for suffix, dtype in precisions.items()}
    return found


def answer(system: Any, waveforms: Sequence[Waveform], size: int) -> None:
    system([{"array": waveform, "sampling_rate": SAMPLING_RATE} for waveform in waveforms], batch_size=size)


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="cremad", help="whose clips")
    parser.add_argument("--clips", type=number_in(COUNTS), default=300, help="clips, spread over the lengths")
    parser.add_argument("--encoder", help="folder or hub name of an encoder that our model is measured on too")
    parser.add_argument("--turns", type=number_in(COUNTS), default=2, help="how often each way is measured")
    parser.add_argument("--calls", type=number_in(COUNTS), default=20, help="calls that a latency is the median of")
    parser.add_argument("--out", type=Path, default=Path("runs/bench_inference"), help="folder of the figures")
    arguments = parser.parse_args()
    require_writable(arguments.out)
    paths = spread_clips(arguments.corpus, arguments.data_dir, arguments.clips)
    waveforms = [audio.load(path) for path in paths.values()]
    seconds = sum(map(len, waveforms)) / SAMPLING_RATE
    # Repeated where all clips together are shorter.
    one = np.resize(np.concatenate(waveforms), LATENCY_SECONDS * SAMPLING_RATE)

    found = systems(arguments.encoder)
    ways = {
        f"{name}, {f'batches of {size}' if size > 1 else 'one by one'}": partial(answer, system, waveforms, size)
        for name, system in found.items()
        for size in SIZES
    }
    best = shortest(take_turns(ways, arguments.turns))
    calls = {name: partial(answer, system, [one], 1) for name, system in found.items()}
    latency = medians(take_turns(calls, arguments.calls))

    better: dict[str, float] = {}
    for name, took in best.items():
        if name.startswith(THEIRS):
            heading = f"times as fast as the better of theirs, {HALF if HALF in name else 'float32'}"
            better[heading] = min(took, better.get(heading, took))
    threads = torch.get_num_threads()
    print(machine_line())
    print(f"{len(paths)} clips, {seconds:.0f} s of audio, {threads} threads")
    print("\n".join(speed_table(best, "real-time factor", seconds, better)))
    print(f"\nlatency of one clip of {LATENCY_SECONDS} s, median of {arguments.calls} calls")
    print("\n".join(speed_table(latency, "seconds", 1, {"times as fast as theirs": latency[THEIRS]})))
    figures = {"clips": len(paths), "seconds_of_audio": seconds, "threads": threads, "seconds": best}
    save_figures(arguments.out, "bench_inference", figures | {"latency": latency, "calls": arguments.calls})


if __name__ == "__main__":
    main()
