"""Damage planted in small trees, and what the doctor says of it."""

import shutil
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from humpcat.corpora import CORPORA, Corpus, own_corpus
from humpcat.corpora.doctor import Checkup, Finding, Severity, check
from humpcat.corpora.doctor.measures import CLIPPED_RUN, measure, measure_all
from humpcat.corpora.doctor.report import show
from humpcat.corpora.scan import Utterance
from humpcat.errors import AudioError, CorpusError

EMODB = CORPORA["emodb"]
RATE = 16_000
LABELS = "WLEAFNT"
SPEAKERS = ("03", "08")


class Tiny(type(EMODB)):
    """EmoDB's names, with counts that a small tree can have."""

    expected = dict.fromkeys(LABELS, len(SPEAKERS))
    expected_speakers = dict.fromkeys(SPEAKERS, len(LABELS))
    quirks = {"03a01Wa": "silent in the original"}


class Nameless(Tiny):
    """The same without speakers."""

    expected_speakers = None

    def utterance(self, path: Path) -> Utterance | None:
        known = super().utterance(path)
        return None if known is None else Utterance(key=known.key, label=known.label, speaker=None)


TINY: Corpus = Tiny()


def voice(seed: int, seconds: float = 0.3) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE)).clip(-3, 3)


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    root = tmp_path / "emodb" / "wav"
    root.mkdir(parents=True)
    names = [f"{speaker}a01{label}a" for speaker in SPEAKERS for label in LABELS]
    for seed, name in enumerate(names):
        soundfile.write(root / f"{name}.wav", voice(seed), RATE)
    return root


def said(checkup: Checkup) -> list[tuple[Finding, Severity, list[str]]]:
    return [(remark.kind, remark.severity, [Path(file).name for file in remark.files]) for remark in checkup.findings]


def test_healthy(root):
    checkup = check(TINY, root)
    assert (checkup.headline, checkup.findings, checkup.healthy) == ("healthy", (), True)
    assert len(checkup.usable) == 14
    assert checkup.minutes == pytest.approx(14 * 0.3 / 60)
    assert checkup.durations == pytest.approx({"min": 0.3, "median": 0.3, "max": 0.3})
    assert checkup.table == {speaker: dict.fromkeys(LABELS, 1) for speaker in SPEAKERS}
    assert [(amount.clips, amount.published) for amount in checkup.labels.values()] == [(2, 2)] * 7
    assert [(amount.clips, amount.published) for amount in checkup.speakers.values()] == [(7, 7)] * 2


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (np.zeros(RATE), "digital zero throughout, expected at least -70 dBFS"),
        (np.full(RATE, 0.5), "the same value throughout, expected at least -70 dBFS"),
        (voice(99) * 1e-3, "a level of -80 dBFS, expected at least -70 dBFS"),
        (
            np.concatenate([np.zeros(97 * 100), voice(98)[:300]]),
            "97.0 % of its samples are digital zero, expected less than 95 %",
        ),
    ],
    ids=["zero", "constant", "noise", "almost all zero"],
)
def test_silent(root, samples, found):
    file = root / "08a01Wa.wav"
    soundfile.write(file, samples, RATE)
    (remark,) = check(TINY, root).findings
    assert (remark.kind, remark.severity, remark.files) == (Finding.SILENT, Severity.ERROR, (str(file),))
    assert remark.sentence == f"{file}: is silent: {found}: copy it again or leave it out."


def test_known_quirk_is_a_note(root):
    file = root / "03a01Wa.wav"
    soundfile.write(file, np.zeros(RATE), RATE)
    checkup = check(TINY, root)
    assert checkup.healthy
    assert checkup.headline == "healthy, 1 note"
    (remark,) = checkup.findings
    assert remark.kind == Finding.KNOWN
    assert remark.sentence == (
        f"{file}: is silent: digital zero throughout; known: silent in the original, no damage of this copy."
    )


def test_clipped_is_a_note(root):
    file = root / "08a01Wa.wav"
    soundfile.write(file, (voice(5) * 20).clip(-1, 1), RATE)
    (remark,) = check(TINY, root).findings
    assert (remark.kind, remark.severity) == (Finding.CLIPPED, Severity.NOTE)
    assert remark.sentence.startswith(f"{file}: ")
    assert remark.sentence.endswith(
        " % of its samples are clipped, expected less than 0.1 %: look for a copy with less gain."
    )


@pytest.mark.parametrize(("run", "share"), [(CLIPPED_RUN - 1, 0.0), (CLIPPED_RUN, CLIPPED_RUN / 1000)])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_U8", "ULAW", "ALAW", "FLOAT"])
def test_clipped_samples_are_runs_at_full_scale(tmp_path, run, share, subtype):
    samples = np.full(1000, 0.25)
    samples[100 : 100 + run] = 1
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype=subtype)
    assert measure(str(tmp_path / "a.wav")).clipped == pytest.approx(share)


def test_one_clipped_channel_is_seen(tmp_path):
    samples = np.zeros((1000, 2))
    samples[100:150, 1] = 1
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    measures = measure(str(tmp_path / "a.wav"))
    assert (measures.channels, measures.peak) == (2, pytest.approx(1, abs=1e-4))
    assert measures.clipped == pytest.approx(50 / 2000)


def test_measures(tmp_path):
    sine = np.sin(np.arange(RATE) * 2 * np.pi * 100 / RATE) / 2
    soundfile.write(tmp_path / "a.wav", sine, RATE, subtype="PCM_24")
    measures = measure(str(tmp_path / "a.wav"))
    assert (measures.sampling_rate, measures.channels, measures.coding) == (RATE, 1, "WAV PCM_24")
    assert (measures.duration, measures.peak) == (1.0, pytest.approx(0.5, abs=1e-6))
    # A sine has its amplitude's level less 3.01 dB.
    assert measures.level == pytest.approx(20 * np.log10(0.5) - 3.0103, abs=1e-3)


def test_measures_of_many_keep_their_order(root):
    paths = [str(path) for path in sorted(root.iterdir())]
    bad = str(root / "none.wav")
    found = measure_all([bad, *paths])
    assert found[0] == f"{bad}: no such file: check the path."
    assert found[1:] == [measure(path) for path in paths]
    with pytest.raises(AudioError):
        measure(bad)


def test_unusable_files_are_errors(root):
    soundfile.write(root / "03a01La.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    (root / "03a01Ea.wav").write_bytes(b"")
    (root / "03a01Aa.wav").write_bytes((root / "03a01Aa.wav").read_bytes()[:5000])
    soundfile.write(root / "03a01Fa.wav", voice(1, 0.01), RATE)
    ogg = root / "03a01Na.opus"
    (root / "03a01Na.wav").unlink()
    soundfile.write(ogg, voice(1, 2), RATE, format="OGG", subtype="OPUS")
    ogg.write_bytes(ogg.read_bytes()[:-700])
    checkup = check(TINY, root)
    reasons = {
        Path(remark.files[0]).name: remark.sentence
        for remark in checkup.findings
        if remark.kind == Finding.UNUSABLE and remark.severity == Severity.ERROR
    }
    assert set(reasons) == {"03a01La.wav", "03a01Ea.wav", "03a01Aa.wav", "03a01Fa.wav", "03a01Na.opus"}
    assert all(sentence.count(str(root)) == 1 for sentence in reasons.values())
    for name, words in {"La.wav": "NaN", "Ea.wav": "empty", "Aa.wav": "cut off", "Na.opus": "cut off"}.items():
        assert words in reasons[f"03a01{name}"]
    assert "lasts 10.0 ms" in reasons["03a01Fa.wav"]
    assert len(checkup.usable) == 9
    assert checkup.speakers["03"].clips == 2
    assert not checkup.healthy


def test_same_audio_with_another_label(root):
    shutil.copy(root / "03a01Wa.wav", root / "03a01Fa.wav")
    (remark,) = check(TINY, root).findings
    assert (remark.kind, remark.severity) == (Finding.IDENTICAL, Severity.ERROR)
    assert remark.sentence == (
        f"{root}/03a01Fa.wav: is the same audio under 2 ids (emodb/03a01Fa, emodb/03a01Wa; labels F, W), "
        "expected one: find out which is right and leave the others out."
    )


def test_flac_copy_of_a_wav_with_another_speaker(root):
    samples, rate = soundfile.read(root / "03a01Ta.wav")
    (root / "08a01Ta.wav").unlink()
    soundfile.write(root / "08a01Ta.flac", samples, rate)
    (remark,) = check(TINY, root).findings
    assert remark.kind == Finding.IDENTICAL
    assert [Path(file).name for file in remark.files] == ["03a01Ta.wav", "08a01Ta.flac"]
    assert "; speakers 03, 08), expected one" in remark.sentence


def test_mixed_rates_and_channels_are_notes(root):
    soundfile.write(root / "08a01Ta.wav", np.stack([voice(50), voice(51)], axis=1), 44_100)
    checkup = check(TINY, root)
    assert said(checkup) == [(Finding.RATES, Severity.NOTE, []), (Finding.CHANNELS, Severity.NOTE, [])]
    rates, channels = (remark.sentence for remark in checkup.findings)
    assert rates.startswith("emodb: clips with different sampling rates (13 of 16000 Hz, 1 of 44100 Hz), expected one")
    assert channels.startswith("emodb: clips with different numbers of channels (13 of mono, 1 of 2 channels)")


def test_missing_speaker(root):
    for file in root.glob("08*"):
        file.unlink()
    checkup = check(TINY, root)
    assert {(remark.kind, remark.severity) for remark in checkup.findings} == {(Finding.COUNTS, Severity.ERROR)}
    assert "emodb: nothing of speaker 08 found." in [remark.sentence for remark in checkup.findings]
    assert checkup.speakers["08"].clips == 0
    assert checkup.table["08"] == dict.fromkeys(LABELS, 0)


def test_foreign_and_repeated_files_are_notes(root):
    soundfile.write(root / "holiday.wav", voice(1), RATE)
    (root / "copy").mkdir()
    shutil.copy(root / "03a01Wa.wav", root / "copy" / "03a01Wa.wav")
    checkup = check(TINY, root)
    assert said(checkup) == [
        (Finding.REPEATED, Severity.NOTE, ["03a01Wa.wav"]),
        (Finding.FOREIGN, Severity.NOTE, ["holiday.wav"]),
    ]
    assert checkup.findings[1].sentence == (f"{root}/holiday.wav: is not named as emodb names its files: left out.")


def test_unknown_speakers_are_said_aloud(root):
    checkup = check(Nameless(), root)
    assert checkup.healthy
    (remark,) = checkup.findings
    assert (remark.kind, remark.severity, len(remark.files)) == (Finding.SPEAKERS, Severity.NOTE, 14)
    assert remark.sentence.startswith("emodb: THE SPEAKERS OF 14 OF 14 CLIPS ARE NOT KNOWN")
    assert list(checkup.speakers) == ["not known"]


def test_folder_without_the_corpus(tmp_path):
    with pytest.raises(CorpusError, match=r"nothing in .* is named as its owner names it"):
        check(TINY, tmp_path)


def test_ratings_are_reported_where_there_are_some(tmp_path):
    (tmp_path / "clips").mkdir()
    for number in (1, 2, 3):
        soundfile.write(tmp_path / f"clips/{number}.wav", voice(number), RATE)
    (tmp_path / "t.csv").write_text(
        "path,label,arousal,valence\nclips/1.wav,sad,0.2,1\nclips/2.wav,joy,0.6,\nclips/3.wav,joy,n/a,2\n"
    )
    corpus = own_corpus(tmp_path / "t.csv")
    checkup = check(corpus, corpus.find())
    assert checkup.ratings == {
        "arousal": {"clips": 2, "min": 0.2, "mean": pytest.approx(0.4), "max": 0.6},
        "valence": {"clips": 2, "min": 1.0, "mean": 1.5, "max": 2.0},
    }
    assert checkup.to_dict()["utterances"][2]["arousal"] is None
    console = Console(width=120, file=StringIO())
    show(checkup, console)
    assert "arousal: mean 0.40, 0.20 to 0.60, of 2 clips" in console.file.getvalue()


def test_without_ratings_nothing_is_said_of_them(root):
    checkup = check(CORPORA["emodb"], root)
    assert checkup.ratings == {}
    assert "arousal" not in checkup.to_dict()["utterances"][0]
