"""Why an answer: what contributed adds up, over streams and over time, and what cannot be explained is refused."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import humpcat
from humpcat.cli import app
from humpcat.errors import AudioError, CheckpointError, KeywordError, SettingsError
from humpcat.inference.pipeline import HumpCatPipeline, pipeline
from humpcat.inference.why.drawing import draw
from humpcat.inference.why.explanation import Explanation
from humpcat.inference.why.text import to_text
from humpcat.models.humpcat.terms import shares_of_frames
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification

from ..training.making import World, vowel, write

RATE = 16_000
LAYERS = ("encoder layer 2", "encoder layer 3")
OF_FRAMES = ("mfcc", "prosody")


def given(clip: np.ndarray) -> dict:
    return {"array": clip, "sampling_rate": RATE}


CLIP = given(vowel("anger", speaker=1, take=1))


@pytest.fixture(scope="module")
def mini() -> HumpCatPipeline:
    return pipeline(device="cpu")


@pytest.fixture
def toy(world: World) -> HumpCatPipeline:
    """Return a model whose fusion has a say, as have all streams of its summary."""
    made = pipeline(world.target / "draw-0", device="cpu")
    made.model.calibrate(torch.tensor([0.7, 0.4]), 1.3, 0.5)
    with torch.no_grad():
        made.model.summary.weight.add_(0.01 * torch.randn(made.model.summary.weight.shape))
    return made


def centred_logits(classifier: HumpCatPipeline, clip: dict) -> dict[str, float]:
    found = {row["label"]: row["score"] for row in classifier(clip, function_to_apply="none")}
    mean = sum(found.values()) / len(found)
    return {name: value - mean for name, value in found.items()}


def check_sums(classifier: HumpCatPipeline, clip: dict, found: Explanation) -> None:
    for name, value in centred_logits(classifier, clip).items():
        assert sum(term[name] for term in found.contributions.values()) == pytest.approx(value, abs=1e-4)
        assert found.logits[name] == pytest.approx(value, abs=1e-4)
    for term in found.contributions.values():
        assert sum(term.values()) == pytest.approx(0, abs=1e-9)
    timed = sum(found.contributions[term][found.label] for term in found.timed)
    assert sum(each.value for each in found.over_time) == pytest.approx(timed, abs=1e-4)
    answer = classifier(clip)
    assert found.label == answer[0]["label"]
    assert found.scores == pytest.approx({row["label"]: row["score"] for row in answer}, abs=1e-5)
    assert list(found.scores) == [row["label"] for row in answer]


def test_terms_of_the_model_that_ships_add_up(mini: HumpCatPipeline) -> None:
    found = mini.explain(CLIP)
    assert tuple(found.contributions) == (*LAYERS, "bias")
    assert (found.timed, found.notes) == (LAYERS, ())
    check_sums(mini, CLIP, found)
    assert max(abs(value) for value in found.contributions[LAYERS[0]].values()) > 0.01


def test_terms_of_a_model_whose_fusion_has_a_say_add_up(toy: HumpCatPipeline) -> None:
    found = toy.explain(CLIP)
    layers = [f"encoder layer {layer}" for layer in toy.model.config.encoder_layers]
    assert list(found.contributions) == [*layers, "mfcc", "functionals", "prosody", "bias", "fusion"]
    assert found.timed == (*layers, *OF_FRAMES)
    assert all(max(map(abs, term.values())) > 1e-4 for term in found.contributions.values())
    check_sums(toy, CLIP, found)
    (note,) = found.notes
    assert note.endswith(" alone: functionals and fusion cannot be divided into shares of frames.")


def test_attention_over_time_is_of_the_steps_that_the_fusion_reads(
    toy: HumpCatPipeline, mini: HumpCatPipeline
) -> None:
    found = toy.explain(CLIP)
    assert list(found.attention) == ["encoder", "prosody and mfcc"]
    for steps in found.attention.values():
        assert sum(each.value for each in steps) == pytest.approx(len(steps))
        assert all(before.end == after.start for before, after in pairwise(steps))
        assert steps[0].start == found.over_time[0].start
        assert steps[-1].end == pytest.approx(found.over_time[-1].end, abs=0.08)
        assert max(each.value for each in steps) > min(each.value for each in steps)
    # What nothing is asked of is read everywhere alike.
    with torch.no_grad():
        for layer in toy.model.encoder_cat.back:
            layer.attention.in_proj_weight.zero_()
    alike = toy.explain(CLIP)
    assert [each.value for each in alike.attention["encoder"]] == pytest.approx([1] * len(alike.attention["encoder"]))
    assert "Where the fusion looked, of encoder: everywhere alike\n" in to_text("", alike)
    assert "Where the fusion looked, of encoder: " in to_text("", found)
    # Of a fusion that has no say it does not matter where it looks.
    assert mini.explain(CLIP).attention == {}


def test_a_term_is_what_is_missing_without_it(toy: HumpCatPipeline) -> None:
    before, first = centred_logits(toy, CLIP), toy.explain(CLIP).contributions
    width = toy.model.config.encoder_width
    with torch.no_grad():
        toy.model.summary.weight[:, :width] = 0
    after, second = centred_logits(toy, CLIP), toy.explain(CLIP).contributions
    name = next(iter(first))
    assert name not in second
    for label, value in first[name].items():
        assert before[label] - after[label] == pytest.approx(value, abs=1e-4)


def test_a_fusion_alone_has_no_curve(toy: HumpCatPipeline) -> None:
    toy.model.calibrate(torch.tensor([1.0, 0.0]))
    found = toy.explain(CLIP)
    assert (list(found.contributions), found.over_time, found.timed) == (["fusion"], [], ())
    assert found.notes == ("There is no curve over time: fusion cannot be divided into shares of frames.",)
    check_sums(toy, CLIP, found)
    assert "When, of" not in to_text("clip", found)


def test_the_frames_that_differ_from_the_average_have_the_contribution(mini: HumpCatPipeline) -> None:
    mean, spread = mini.model.standardizer.get_buffer("pooled")
    states = mean[:, None].repeat(1, 20, 1)
    states[:, 7] += spread
    inputs = {"lengths": torch.tensor([20 * 320])}
    for shares in shares_of_frames(mini.model, inputs, states).values():
        assert shares.shape == (20, 4)
        assert (shares.abs().max(1).values > 1e-4).nonzero().flatten().tolist() == [7]


def test_the_curve_lies_where_the_speech_does(mini: HumpCatPipeline) -> None:
    speech = CLIP["array"]
    silence = np.zeros(RATE, dtype=np.float32)
    alone, later = mini.explain(CLIP), mini.explain(given(np.concatenate([silence, speech, silence])))
    assert len(alone.over_time) == len(later.over_time)
    for one, other in zip(alone.over_time, later.over_time, strict=True):
        assert other.start - one.start == pytest.approx(1, abs=0.03)
        assert other.value == pytest.approx(one.value, abs=1e-2)
    for stretch, after in zip(later.over_time, later.over_time[1:], strict=False):
        assert stretch.end == pytest.approx(after.start)
        assert stretch.end - stretch.start == pytest.approx(0.1)
    assert all(1 <= time <= 1 + len(speech) / RATE for time, _ in later.f0)


def test_times_after_a_long_pause_are_those_of_the_recording(mini: HumpCatPipeline) -> None:
    speech = CLIP["array"]
    pause = np.zeros(3 * RATE, dtype=np.float32)
    found = mini.explain(given(np.concatenate([speech, pause, speech])))
    check_sums(mini, given(np.concatenate([speech, pause, speech])), found)
    seconds = len(speech) / RATE
    for stretches in (found.over_time, *found.attention.values()):
        assert stretches[-1].end == pytest.approx(2 * seconds + 3, abs=0.1)
        # One stretch lies over what was left out of the pause, and all touch.
        assert sum(each.end - each.start > 2 for each in stretches) == 1
        assert all(after.start == pytest.approx(each.end) for each, after in pairwise(stretches))
    assert all(time < seconds or time > seconds + 3 for time, _ in found.f0)
    assert found.prosody["pause_mean_seconds"] == pytest.approx(3, abs=0.2)
    assert found.prosody["speech_seconds"] == pytest.approx(2 * seconds + 3, abs=0.1)


def test_prosody_is_that_of_the_recording(mini: HumpCatPipeline) -> None:
    loud, quiet = mini.explain(CLIP), mini.explain(given(0.1 * CLIP["array"]))
    assert loud.prosody["intensity_mean_dbfs"] - quiet.prosody["intensity_mean_dbfs"] == pytest.approx(20, abs=0.2)
    assert loud.prosody["f0_median_hz"] == pytest.approx(quiet.prosody["f0_median_hz"], rel=0.01)
    assert 180 < loud.prosody["f0_median_hz"] < 260
    assert (loud.against_speaker, loud.flags) == ({}, ())


def test_beside_other_clips_of_the_speaker(mini: HumpCatPipeline) -> None:
    calm = [given(vowel("sadness", speaker=1, take=take)) for take in range(4)]
    found = mini.explain(CLIP, reference=calm)
    higher = found.against_speaker["f0_median_semitones"]
    # 230 beside 120 Hz, each clip a little higher or lower.
    assert higher.difference == pytest.approx(12 * np.log2(230 / 120), abs=2)
    assert higher.clips == 4
    assert higher.z is not None
    assert higher.z > 3
    assert found.against_speaker["intensity_mean_dbfs"].difference > 6
    assert not {"f0_median_hz", "pause_count", "speech_seconds"} & set(found.against_speaker)
    assert found.scores == mini.explain(CLIP).scores
    alone = mini.explain(CLIP, reference=calm[0]).against_speaker["f0_median_semitones"]
    assert (alone.z, alone.clips) == (None, 1)
    heard = mini.listener()
    heard(calm)
    by_listener = mini.explain(CLIP, reference=heard).against_speaker
    assert set(by_listener) == {"f0_median_semitones", "syllables_per_second", "voiced_share"}
    for name, other in by_listener.items():
        assert other.difference == pytest.approx(found.against_speaker[name].difference, abs=1e-3)
        z = found.against_speaker[name].z
        assert other.z == (None if z is None else pytest.approx(z, rel=1e-2))


def test_what_cannot_be_explained_is_refused(mini: HumpCatPipeline, tmp_path: Path) -> None:
    silence = given(np.zeros(RATE, dtype=np.float32))
    with pytest.raises(AudioError, match=r"^the clip: no speech was found in it, so that there is nothing to explain"):
        mini.explain(silence)
    path = write(tmp_path / "silent.wav", silence["array"])
    with pytest.raises(AudioError, match=r"^reference .*silent.wav: no speech was found"):
        mini.explain(CLIP, reference=[CLIP, path])
    with pytest.raises(AudioError, match=r"has \d+ s of speech, which are heard in windows .* at most 29 s"):
        mini.explain(given(np.tile(CLIP["array"], 100)))
    with pytest.raises(SettingsError, match="reference: holds no clips"):
        mini.explain(CLIP, reference=[])
    with pytest.raises(SettingsError, match="reference: the listener has heard no speech"):
        mini.explain(CLIP, reference=mini.listener())
    with pytest.raises(SettingsError, match="one clip is explained at a time: choose a channel"):
        mini.explain(CLIP, channel="each")
    with pytest.raises(SettingsError, match="list of clips: one clip is explained at a time"):
        mini.explain([CLIP])
    with pytest.raises(KeywordError, match="did you mean 'reference'"):
        mini.explain(CLIP, refrence=[CLIP])


def test_a_model_without_streams_is_refused(tmp_path: Path) -> None:
    VacnnForAudioClassification(
        VacnnConfig(widths=[8, 8, 16], groups=4, hidden_size=8, label2id={"anger": 0, "neutral": 1})
    ).save_pretrained(tmp_path)
    VacnnFeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="VacnnForAudioClassification has no streams whose contributions add"):
        humpcat.pipeline(tmp_path, device="cpu").explain(CLIP)


def test_the_command_prints_and_draws(tmp_path: Path) -> None:
    runner = CliRunner()
    path = write(tmp_path / "clip.wav", CLIP["array"])
    others = [write(tmp_path / f"calm/{take}.wav", vowel("sadness", speaker=1, take=take)) for take in range(3)]
    plot = tmp_path / "why.png"
    done = runner.invoke(app, ["explain", str(path), "--reference", str(others[0].parent), "--plot", str(plot)])
    assert (done.exit_code, done.stderr) == (0, "")
    for word in ("encoder layer 2", "When, of ", "bias", "sum", "most for ", "f0_median_hz", "of 3"):
        assert word in done.stdout
    assert plot.read_bytes().startswith(b"\x89PNG")
    done = runner.invoke(app, ["explain", str(path), "--json"])
    found = json.loads(done.stdout)
    assert found["file"] == str(path)
    assert set(found["contributions"]) == {*LAYERS, "bias"}
    assert set(found["over_time"][0]) == {"start", "end", "value"}
    done = runner.invoke(app, ["explain", str(path), "--plot", str(tmp_path / "why.doc")])
    assert done.exit_code == 1
    assert "ends in '.doc', expected one of .svg, .png" in done.stderr


def test_a_picture_of_what_has_no_curve(toy: HumpCatPipeline, tmp_path: Path) -> None:
    toy.model.calibrate(torch.tensor([1.0, 0.0]))
    picture = draw("a $x$ clip", toy.explain(CLIP), tmp_path / "why.svg").read_text(encoding="utf-8")
    assert "a $x$ clip" in picture
    assert picture == draw("a $x$ clip", toy.explain(CLIP), tmp_path / "again.svg").read_text(encoding="utf-8")
