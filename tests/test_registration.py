import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .training.making import World, make_world

HUMPCAT_FIRST = """
import humpcat
from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification, pipeline
"""
TRANSFORMERS_FIRST = """
from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForAudioClassification, pipeline
import humpcat
"""
USE = """
import json, sys
import numpy as np
folder, clip, scratch = sys.argv[1:]
config = AutoConfig.from_pretrained(folder)
extractor = AutoFeatureExtractor.from_pretrained(folder)
model = AutoModelForAudioClassification.from_pretrained(folder)
kinds = [type(item).__name__ for item in (config, extractor, model)]
classifier = pipeline("audio-classification", model=folder, device="cpu")
answer, listed = classifier(clip), classifier([clip, clip], top_k=1)
same = pipeline("speech-emotion-recognition", model=folder, device="cpu")(clip) == answer
"""
FOREIGN = """
import torch
from transformers import AudioClassificationPipeline, Wav2Vec2Config, Wav2Vec2FeatureExtractor
from transformers import Wav2Vec2ForSequenceClassification
torch.manual_seed(0)
small = Wav2Vec2Config(
    hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(16,) * 7,
    num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4, classifier_proj_size=8, num_labels=3,
)
Wav2Vec2ForSequenceClassification(small).save_pretrained(scratch)
Wav2Vec2FeatureExtractor().save_pretrained(scratch)
foreign = pipeline("audio-classification", model=scratch, device="cpu")
samples = np.random.default_rng(0).normal(size=16_000).astype(np.float32)
raw, given = foreign(samples), foreign({"raw": samples, "sampling_rate": 16_000})
inputs = foreign.feature_extractor(samples, sampling_rate=16_000, return_tensors="pt")
with torch.no_grad():
    expected = foreign.model(**inputs).logits.softmax(-1)[0].sort(descending=True).values.tolist()
many = foreign([samples, samples[:8000]], batch_size=2)
foreign_answers = [raw, given, many[0], [{"score": score} for score in expected]]
foreign_kinds = [
    type(foreign) is AudioClassificationPipeline,
    type(pipeline("audio-classification", model=foreign.model, feature_extractor=foreign.feature_extractor))
    is AudioClassificationPipeline,
    type(pipeline("speech-emotion-recognition", model=scratch)) is AudioClassificationPipeline,
]
"""
LOCAL = """
print(json.dumps({"kinds": kinds, "answer": answer, "listed": listed, "pipeline": type(classifier).__name__,
                  "same": same, "foreign": globals().get("foreign_answers"),
                  "foreign_kinds": globals().get("foreign_kinds")}))
"""


@pytest.mark.parametrize("first", ["humpcat", "transformers"])
def test_transformers_knows_our_models_whoever_is_imported_first(
    first: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world: World = make_world(tmp_path_factory)
    begin, end = (HUMPCAT_FIRST, "") if first == "humpcat" else (TRANSFORMERS_FIRST, FOREIGN)
    clip = next(world.data.rglob("*.wav"))
    arguments = [str(world.target / "draw-0"), str(clip), str(tmp_path / "foreign")]
    done = subprocess.run(
        [sys.executable, "-c", begin + USE + end + LOCAL, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["kinds"] == ["HumpCatConfig", "HumpCatFeatureExtractor", "HumpCatForAudioClassification"]
    assert said["pipeline"] == "HumpCatPipeline"
    assert said["same"]
    from humpcat.inference.pipeline import pipeline

    ours = pipeline(world.target / "draw-0", device="cpu")(clip)
    assert [row["label"] for row in said["answer"]] == [row["label"] for row in ours]
    assert [row["score"] for row in said["answer"]] == pytest.approx([row["score"] for row in ours], abs=1e-5)
    assert [[row["label"] for row in answer] for answer in said["listed"]] == [[ours[0]["label"]]] * 2
    if said["foreign"]:
        assert said["foreign_kinds"] == [True] * 3
        values = [[row["score"] for row in answer] for answer in said["foreign"]]
        for other in values[:3]:
            assert other == pytest.approx(values[3], abs=1e-5)
