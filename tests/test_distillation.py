"""A student learns from a teacher, goes on after it was killed, and is an encoder as any other."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from humpcat.audio import SAMPLING_RATE
from humpcat.distillation import batches, comparing, synthetic, training
from humpcat.distillation.augmentation import PAUSE_SHARE, mixed, paused, recorded
from humpcat.distillation.batches import Draws, held_out
from humpcat.distillation.clips import Clips, decoded, kept
from humpcat.distillation.comparing import Labelled, uar
from humpcat.distillation.invented_words import VOICES, sentence
from humpcat.distillation.objective import Scale, distance
from humpcat.distillation.settings import AudioSettings, DistillationSettings, StudentSettings
from humpcat.distillation.student import LARGEST, Student, make_student
from humpcat.distillation.teacher import Teacher
from humpcat.distillation.training import distill
from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.speech import SPEECH_LEVEL
from humpcat.features.toy_encoder import make_toy_encoder
from tests.voices import voice

SMALL = {"width": 16, "feed_forward": 32, "heads": 2, "stem": 8}
CLIPS = 12


@pytest.fixture(scope="module", name="clips")
def _clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    waveforms = ((f"toy/{number}", voice(number)) for number in range(CLIPS))
    return kept("toy", {}, waveforms, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module", name="teacher")
def _teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_encoder(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(name="settings")
def _settings(teacher: Path, clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DistillationSettings:
    """Return the settings of a run of six steps, which logs and saves after every second."""
    monkeypatch.setattr(training, "audio_to_learn", lambda audio, seed: [clips])
    monkeypatch.setattr(training, "LOGGED", 2)
    monkeypatch.setattr(training, "SCALE_BATCHES", 2)
    return DistillationSettings(
        teacher=str(teacher),
        out=str(tmp_path / "out"),
        steps=6,
        warm_up=2,
        seconds=0.5,
        batch_seconds=2.0,
        save_minutes=1e-9,
    )


def learn(settings: DistillationSettings, kind: str = "whisper") -> Path:
    return distill(settings, StudentSettings(student=kind, **SMALL), AudioSettings())


def log_of(settings: DistillationSettings) -> list[dict]:
    return [json.loads(line) for line in Path(settings.out, "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_a_run_that_was_killed_goes_on_to_the_same_weights(settings, kind, monkeypatch, tmp_path):
    whole = load_file(learn(settings, kind) / "model.safetensors")
    broken = replace(settings, out=str(tmp_path / "broken"))
    step, made = training._Run._step, []

    def killed(run):
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append(run.done)
        return step(run)

    with monkeypatch.context() as patch:
        patch.setattr(training._Run, "_step", killed)
        with pytest.raises(KeyboardInterrupt):
            learn(broken, kind)
    # What a run that is killed while it writes its log leaves.
    with Path(broken.out, "log.jsonl").open("a") as file:
        file.write('{"step": 6, "lo')
    resumed = load_file(learn(replace(broken, resume=True), kind) / "model.safetensors")
    assert made == [0, 1, 2, 3, 4]
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    timed = ("seconds_a_step",)
    assert [{k: v for k, v in line.items() if k not in timed} for line in log_of(broken)] == [
        {k: v for k, v in line.items() if k not in timed} for line in log_of(settings)
    ]


def test_another_seed_gives_other_weights(settings):
    first = load_file(learn(settings) / "model.safetensors")
    other = load_file(learn(replace(settings, seed=1)) / "model.safetensors")
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_it_learns(settings, monkeypatch):
    monkeypatch.setattr(training, "LOGGED", 40)
    learn(replace(settings, steps=120, warm_up=10, learning_rate=1e-2, save_minutes=60))
    lines = log_of(settings)
    assert [line["step"] for line in lines] == [40, 80, 120]
    assert lines[-1]["loss"] < 0.9 * lines[0]["loss"]
    # Who answers every clip with the teacher's mean has a cosine of 0.
    assert lines[-1]["held_out"]["pooled_cosine"] > 0.3


def test_a_run_may_end_sooner_or_later(settings):
    learn(settings)
    learn(replace(settings, resume=True, steps=4))
    assert [line["step"] for line in log_of(settings)] == [2, 4, 6]
    learn(replace(settings, resume=True, steps=8))
    assert [line["step"] for line in log_of(settings)] == [2, 4, 6, 8]


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_what_was_saved_is_an_encoder_as_any_other(settings, kind):
    folder = learn(settings, kind)
    stored = load_file(folder / "model.safetensors")
    assert {value.dtype for value in stored.values() if value.is_floating_point()} == {torch.float16}
    encoder = SpeechEncoder.from_pretrained(folder)
    assert (encoder.depth, encoder.width) == (3, SMALL["width"])
    clips = [torch.from_numpy(voice(number)) for number in (0, 3)]
    clips.append(clips[0][:1_700])
    with torch.no_grad():
        together, mask = encoder.encode_together(clips, (2, 3))
        for place, clip in enumerate(clips):
            (alone,) = encoder.encode_speech([clip], (2, 3))
            assert int(mask[place].sum()) == alone.shape[1]
            torch.testing.assert_close(together[:, place, : alone.shape[1]], alone, atol=1e-4, rtol=1e-4)


def test_the_state_of_another_run_is_refused(settings):
    learn(settings)
    with pytest.raises(CheckpointError, match="is the state of a run with other settings, audio or teacher"):
        learn(replace(settings, resume=True, learning_rate=0.1))
    state = Path(settings.out, "state.safetensors")
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="is damaged"):
        learn(replace(settings, resume=True))


def test_what_somebody_else_wrote_stays(settings):
    Path(settings.out).mkdir()
    Path(settings.out, "log.jsonl").write_text("mine")
    with pytest.raises(SettingsError, match=r"holds log\.jsonl, which humpcat did not write"):
        learn(settings)


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (StudentSettings, {"student": "bert"}, "--student 'bert' is unknown: choose whisper or hubert."),
        (StudentSettings, {"width": 30}, "--width 30: cannot be parted among 4 attention heads: choose a multiple."),
        (DistillationSettings, {"teacher_layers": []}, "--teacher-layers: names none"),
        (DistillationSettings, {"warm_up": 10, "steps": 10}, "--warm-up 10: expected fewer than --steps 10."),
        (DistillationSettings, {"copies": 0}, "--copies 0: expected a whole number from 1 to 64."),
        (AudioSettings, {"leave_out": ["ravdess"]}, "--leave-out ravdess: is not among --corpus cremad emodb mesd."),
        (
            AudioSettings,
            {"corpus": ["emodb"], "leave_out": ["emodb"]},
            "--leave-out: leaves no audio to learn from",
        ),
    ],
)
def test_a_wrong_setting_is_refused(kind, given, sentence):
    with pytest.raises(SettingsError) as refused:
        kind(**given)
    assert str(refused.value).startswith(sentence)


def test_a_corpus_that_is_left_out_is_not_learnt_from():
    assert AudioSettings(leave_out=["emodb"]).learnt_from == ["cremad", "mesd"]


def test_a_layer_that_the_teacher_lacks_is_refused(teacher):
    with pytest.raises(SettingsError, match="--teacher-layers 5: the teacher has hidden states 0 to 4"):
        Teacher(SpeechEncoder.from_pretrained(teacher), [2, 5], torch.device("cpu"))


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_the_default_students_are_small_enough_to_ship(kind):
    student = make_student(StudentSettings(student=kind), depth=3, seed=0)
    assert sum(parameter.numel() for parameter in student.parameters()) <= LARGEST
    with pytest.raises(SettingsError, match="expected at most 4000000: choose less"):
        make_student(StudentSettings(student=kind, width=512), depth=3, seed=0)


def test_a_student_hears_more_than_where_it_is():
    student = make_student(StudentSettings(student="whisper", **SMALL), depth=1, seed=0)
    with torch.no_grad():
        (state,) = student.encode_speech([torch.from_numpy(voice(0))], [0])[0]
        places = student.model.embed_positions.weight[: len(state)]
    assert state.std() > 2 * places.std()
    assert float(student.model.embed_positions.weight.max()) == pytest.approx(0.25)


def test_heads_are_there_only_where_widths_differ():
    encoder = make_student(StudentSettings(student="whisper", **SMALL), depth=2, seed=0)
    assert not list(Student(encoder, [1, 2], SMALL["width"], seed=0).heads.parameters())
    assert len(list(Student(encoder, [1, 2], 64, seed=0).heads.parameters())) == 4


def test_a_step_is_drawn_from_its_number_alone(clips):
    draws = Draws([clips], seconds=0.5, batch_seconds=4.0, copies=2, seed=0)
    first = draws(3)
    draws(4)
    again, other = draws(3), draws(5)
    assert all(torch.equal(one, two) for one, two in zip(first.student, again.student, strict=True))
    assert not torch.equal(first.student[0][:1600], other.student[0][:1600])
    assert len(first.student) == 2 * len(first.teacher)
    for copy in (0, 1):
        heard = first.student[copy * len(first.teacher) :]
        assert all(len(one) == len(two) for one, two in zip(first.teacher, heard, strict=False))


def test_what_is_held_out_is_never_drawn(clips, monkeypatch):
    drawn: list[int] = []
    part = Clips.part
    monkeypatch.setattr(Clips, "part", lambda self, place, *rest: drawn.append(place) or part(self, place, *rest))
    draws = Draws([clips], seconds=0.5, batch_seconds=4.0, copies=1, seed=0)
    for step in range(20):
        draws(step)
    assert set(drawn) == set(range(CLIPS)) - held_out(clips)
    assert len(held_out(clips)) == batches.HELD_OUT_LEAST


def test_too_few_clips_are_refused(clips):
    with pytest.raises(AudioError, match="toy: 3 usable clips, expected at least 4"):
        held_out(replace(clips, ids=clips.ids[:3]))


def test_another_recording_keeps_the_time_and_the_level():
    generator = np.random.default_rng(0)
    clean = mixed(voice(1), lambda: voice(2), np.random.default_rng(1))
    others = [recorded(clean, generator) for _ in range(20)]
    assert all(len(other) == len(clean) and other.dtype == np.float32 for other in others)
    levels = [other.std() for other in others]
    assert 0.3 * SPEECH_LEVEL < min(levels) < max(levels) < 2 * SPEECH_LEVEL
    assert sum(not np.allclose(other / other.std(), clean / clean.std(), atol=1e-3) for other in others) > 10


def test_a_pause_parts_a_crop_and_changes_nothing_of_it():
    generator, crop = np.random.default_rng(0), voice(1)[: 50 * FRAME_SAMPLES]
    others = [paused(crop, generator) for _ in range(200)]
    longer = [other for other in others if len(other) > len(crop)]
    assert len(longer) == pytest.approx(200 * PAUSE_SHARE, rel=0.4)
    for other in longer:
        place = next(at for at in range(0, len(crop), FRAME_SAMPLES) if other[at] != crop[at])
        after = place + len(other) - len(crop)
        assert np.array_equal(np.concatenate([other[:place], other[after:]]), crop)
        assert place % FRAME_SAMPLES == len(other) % FRAME_SAMPLES == 0
        assert 0.2 * SAMPLING_RATE <= after - place <= 2 * SAMPLING_RATE
        assert 0 < other[place:after].std() < 0.04 * crop.std()


@pytest.mark.parametrize("kind", ["whisper", "hubert"])
def test_a_student_hears_a_crop_anywhere_within_the_longest_stretch(kind):
    encoder = make_student(StudentSettings(student=kind, **SMALL), depth=2, seed=0)
    student, clips = Student(encoder, [2], 8, seed=0), [torch.from_numpy(voice(0))]
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    with torch.no_grad():
        first, late, last = (student(clips, place)[0] for place in (0.0, 0.4, 1.0))
        (alone,) = encoder.encode_speech(clips, [2])
    torch.testing.assert_close(student.heads[0](alone), first[:, 0], atol=1e-4, rtol=1e-4)
    # Positions of HuBERT's kind are relative to one another.
    assert torch.equal(first, late) == torch.equal(late, last) == (kind == "hubert")
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())


def test_what_a_place_alone_says_is_taken_away():
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(1, 200, 40, 3, generator=generator)
    ramp = torch.linspace(-4, 4, 40)[:, None]
    mask = torch.ones(200, 40, dtype=torch.bool)
    mask[100:, 30:] = False
    scale = Scale.of([(states[:, :100] + ramp, mask[:100]), (states[:, 100:] + ramp, mask[100:])])
    torch.testing.assert_close(scale.mean[0], ramp.expand(40, 3), atol=0.4, rtol=0)
    assert scale.deviation.sub(1).abs().max() < 0.05
    found = scale.standardise(states + ramp)
    assert found[:, mask].mean().abs() < 0.05
    # Beyond the places that were seen, as at the last.
    assert scale.standardise(torch.cat([states + ramp, states + 4], 2))[:, :100].mean().abs() < 0.2


def test_distances_see_real_frames_only():
    states = torch.randn(2, 3, 20, 4)
    mask = torch.ones(3, 20, dtype=torch.bool)
    mask[1, 12:] = False
    scale = Scale.of([(states, mask)])
    target = scale.standardise(states)
    spoilt = target.clone()
    spoilt[:, 1, 12:] = 100
    found = distance(spoilt, target, mask, scale)
    assert float(found.frames) == 0
    assert float(found.pooled) < 1e-8
    assert float(found.pooled_cosine) == pytest.approx(1)
    # The mean over a clip, moved by one of its own deviations in each value, is a squared error of 1.
    moved = target + (scale.pooled_deviation / scale.deviation)[:, None, None]
    assert float(distance(moved, target, mask, scale).pooled) == pytest.approx(1, rel=1e-4)


def test_clips_are_decoded_once_and_bad_ones_told(tmp_path, monkeypatch):
    import soundfile

    paths = {}
    for number in range(3):
        paths[f"a/{number}"] = str(tmp_path / f"{number}.wav")
        soundfile.write(paths[f"a/{number}"], voice(number), 16_000)
    first = decoded("a", paths, tmp_path / "cache")
    monkeypatch.setattr("humpcat.audio.load", lambda path: pytest.fail("decoded again"))
    again = decoded("a", paths, tmp_path / "cache")
    monkeypatch.undo()
    assert first.ids == again.ids == ("a/0", "a/1", "a/2")
    assert all(np.array_equal(first[place], again[place]) for place in range(3))
    assert 0.2 * SPEECH_LEVEL < first[0].std() < 2 * SPEECH_LEVEL
    Path(paths["a/1"]).write_bytes(b"no audio")
    with pytest.raises(AudioError, match="a: 1 of 3 clips are unusable, at most 5% may be"):
        decoded("a", paths, tmp_path / "cache")
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.suffix == ".part"]


def test_a_probe_is_standardised_by_its_sources_alone():
    generator = np.random.default_rng(0)

    def corpus(shift: float) -> Labelled:
        classes = np.repeat([0, 1], 50)
        values = generator.normal(size=(100, 1, 4)) + 6 * classes[:, None, None] + shift
        return Labelled(values, classes)

    sources = {"one": corpus(0), "two": corpus(0)}
    assert uar(sources, corpus(0)) > 95
    # Standardised by its own values it would be as good as the others.
    assert uar(sources, corpus(-12)) == 50


def test_a_comparison_needs_a_corpus_to_learn_from(settings):
    with pytest.raises(SettingsError, match="--compare emodb: no other corpus is in --corpus"):
        comparing.compare(replace(settings, compare=["emodb"]), AudioSettings(corpus=["emodb"]))


def test_words_are_invented_for_every_voice():
    for name in VOICES:
        said = {sentence(name, np.random.default_rng(seed)) for seed in range(8)}
        assert len(said) > 4
        assert all(text.strip() and "<" not in text and "&" not in text for text in said)


def test_a_synthesiser_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SettingsError, match="--synthetic-hours 2: the program espeak-ng was not found"):
        synthetic.synthetic_speech(2, 0, tmp_path)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_synthetic_speech_is_made_once(tmp_path, monkeypatch):
    first = synthetic.synthetic_speech(0.005, 0, tmp_path)
    assert first.seconds > 9
    monkeypatch.setattr(synthetic, "say", lambda *_: pytest.fail("said again"))
    assert synthetic.synthetic_speech(0.005, 0, tmp_path).ids == first.ids
