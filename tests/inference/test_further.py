"""What is asked for beside labels and scores: vectors, time stamps, and sentences in place of what cannot be used."""

import io
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.inference.embedding import NO_EMBEDDING, as_row, embed_each, require_encoder
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.inference.windows import cut

from ..training.making import World, vowel

RATE = 16_000


def silence() -> dict:
    return {"array": np.zeros(RATE, np.float32), "sampling_rate": RATE}


def test_a_vector_is_the_mean_of_the_encoder_s_hidden_states(classifier: HumpCatPipeline, files: list[Path]) -> None:
    config = classifier.model.config
    (clip,) = classifier.clips_of(files[0])
    states = classifier.model.load_encoder().encode_speech([torch.from_numpy(clip.waveform)], config.encoder_layers)
    vector = classifier.embed(files[0])
    assert vector.dtype == np.float32
    assert vector.shape == (len(config.encoder_layers) * config.encoder_width,)
    assert vector == pytest.approx(states[0].mean(dim=1).numpy().ravel(), abs=1e-5)


def test_the_same_vector_alone_and_in_company(classifier: HumpCatPipeline, files: list[Path]) -> None:
    alone = np.stack([classifier.embed(path) for path in files])
    assert np.abs(alone[0] - alone[1]).max() > 0.01
    for batch_size in (1, 3):
        assert np.abs(classifier.embed(files, batch_size=batch_size) - alone).max() < 1e-5
    assert np.abs(classifier.embed(path for path in files) - alone).max() < 1e-5


def test_a_long_clip_s_vector_is_the_mean_over_its_windows(classifier: HumpCatPipeline) -> None:
    long = np.tile(np.concatenate([vowel("anger", speaker=6, take=3), vowel("sadness", speaker=6, take=3)]), 36)
    (clip,) = classifier.clips_of(given := {"array": long, "sampling_rate": RATE})
    windows = [torch.from_numpy(window.waveform) for window in cut(0, clip.waveform)]
    assert len(windows) > 1
    parts = classifier.model.load_encoder().encode_speech(windows, classifier.model.config.encoder_layers)
    assert classifier.embed(given) == pytest.approx(torch.cat(parts, dim=1).mean(dim=1).numpy().ravel(), abs=1e-4)


def test_what_has_no_speech_has_no_vector(classifier: HumpCatPipeline, files: list[Path]) -> None:
    with pytest.raises(AudioError, match=f"clip 1: {NO_EMBEDDING}"):
        classifier.embed([files[0], silence()])
    answer = classifier(silence(), return_embeddings=True)
    assert answer["embedding"] is None
    assert answer["answer"][0]["flags"]


def test_vectors_beside_answers(classifier: HumpCatPipeline, files: list[Path]) -> None:
    both = classifier(files, return_embeddings=True, top_k=2)
    for plain, each, vector in zip(classifier(files, top_k=2), both, classifier.embed(files), strict=True):
        assert set(each) == {"answer", "embedding"}
        assert [row["label"] for row in each["answer"]] == [row["label"] for row in plain]
        assert [row["score"] for row in each["answer"]] == pytest.approx([row["score"] for row in plain], abs=1e-5)
        assert each["embedding"] == pytest.approx(vector, abs=1e-5)


def test_time_stamps_beside_answers(classifier: HumpCatPipeline, files: list[Path]) -> None:
    found = classifier(files[0], return_timestamps=True)
    assert set(found) == {"answer", "segments"}
    assert found["segments"] == [each.to_dict() for each in classifier.segments(files[0])]
    assert classifier(io.BytesIO(files[0].read_bytes()), return_timestamps=True)["segments"] == found["segments"]
    assert classifier(silence(), return_timestamps=True)["segments"] == []
    with pytest.raises(SettingsError, match="return_timestamps: gives the segments of one channel"):
        classifier(files[0], return_timestamps=True, channel="each")


def test_one_bad_item_is_reported_and_the_others_go_on(
    classifier: HumpCatPipeline, files: list[Path], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.wav"
    empty.write_bytes(b"")
    given = [files[0], empty, files[1], tmp_path / "none.wav"]
    with pytest.raises(AudioError, match=r"empty\.wav"):
        classifier(given)
    found = classifier(given, on_error="report", return_embeddings=True)
    assert [set(each) for each in found] == [{"answer", "embedding"}, {"error"}] * 2
    assert "empty.wav" in found[1]["error"]
    assert "none.wav" in found[3]["error"]
    stream = classifier((path for path in given), on_error="report")
    assert [isinstance(each, dict) for each in stream] == [False, True, False, True]
    assert classifier(empty, on_error="report") == {"error": found[1]["error"]}
    with pytest.raises(SettingsError, match="on_error 'skip': expected raise or report"):
        classifier(given, on_error="skip")


def test_embedding_goes_on_after_a_bad_file(classifier: HumpCatPipeline, files: list[Path], tmp_path: Path) -> None:
    found = list(embed_each([files[0], tmp_path / "none.wav", silence(), files[1]], classifier))
    assert [isinstance(each, str) for each in found] == [False, True, True, False]
    assert found[2] == NO_EMBEDDING
    with pytest.raises(SettingsError, match="channel 'each'"):
        list(embed_each(files, classifier, channel="each"))


def test_a_model_without_an_encoder_has_no_vectors(classifier: HumpCatPipeline) -> None:
    with pytest.raises(CheckpointError, match="a model of the class Linear reads no encoder"):
        require_encoder(torch.nn.Linear(1, 1))


def test_a_row_for_parquet() -> None:
    row = as_row({"file": "a.wav", "embedding": [0.5, 2.0]}, columns=False)
    assert row["embedding"].dtype == np.float32


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_embed_writes_a_row_a_file(world: World, files: list[Path], tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"vectors{ending}"
    named = [*map(str, files), str(tmp_path / "none.wav")]
    done = CliRunner().invoke(app, ["embed", *named, "--model", str(world.target / "draw-0"), "--out", str(out)])
    assert done.exit_code == 1
    assert f"left out: {tmp_path / 'none.wav'}: no such file" in done.stderr
    read = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".jsonl": partial(pd.read_json, lines=True)}[ending]
    table = read(out)
    assert table["file"].tolist() == [str(path) for path in files]
    vectors = table.drop(columns="file").to_numpy() if ending == ".csv" else np.stack(table["embedding"])
    expected = pipeline(world.target / "draw-0", device="cpu").embed(files)
    assert vectors == pytest.approx(expected, abs=1e-5)


def test_embed_refuses_an_ending_before_it_loads_anything(files: list[Path]) -> None:
    done = CliRunner().invoke(app, ["embed", str(files[0]), "--model", "/no/such/model", "--out", "vectors.txt"])
    assert done.exit_code == 1
    assert "vectors.txt: ends in '.txt', expected one of .csv, .tsv, .jsonl, .parquet" in done.stderr
