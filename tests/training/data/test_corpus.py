"""Recipes on one's own data and on saved splits."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from humpcat.corpora.asked import corpus_of
from humpcat.errors import CorpusError, LeakageError, SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import SPEAKER_DEPENDENT, Split
from humpcat.training.settings import DataSettings

from ..making import World, data_settings, finetune, train, vowel, write

LABELS = {"złość": "anger", "radość": "happiness", "neutral": "neutral", "smutek": "sadness"}
MAPPED = [f"{label}={emotion}" for label, emotion in LABELS.items()]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Five speakers' folders with a folder a label, in Polish."""
    for number, speaker in enumerate(("ala", "ewa", "jan", "ola", "piotr")):
        for label, emotion in LABELS.items():
            for take in (1, 2):
                clip = vowel(emotion, speaker=20 + number, take=take)
                write(tmp_path / "nagrania" / speaker / label / f"{take}.wav", clip)
    return tmp_path / "nagrania"


def test_a_folder_with_speakers_is_adapted_to_without_sharing_them(world: World, clips: Path, tmp_path: Path) -> None:
    data = data_settings(world, labels=MAPPED, speaker_level=1)
    summary = finetune(world, tmp_path / "out", data=data, lang="pl", corpus=str(clips), baseline=False)
    assert summary.guarantee.startswith("speaker-disjoint test; ")
    predictions = Predictions.read(tmp_path / "out/predictions.parquet")
    assert set(predictions.values("language")) == {"pl"}
    split = Split.load(tmp_path / "out/draw-0/split.json")
    heard = {clip_id.split("/")[1] for clip_id in (*split.adapt, *split.valid)}
    assert len(heard) == 2
    assert not heard & {clip_id.split("/")[1] for clip_id in split.test}


def test_without_speakers_every_result_says_so(
    world: World, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    data = data_settings(world, labels=MAPPED)
    summary = finetune(world, tmp_path / "out", data=data, lang="pl", corpus=str(clips), baseline=False)
    stamp = f"{SPEAKER_DEPENDENT}: who speaks is not known"
    assert summary.guarantee.startswith(stamp)
    assert (tmp_path / "out/results.md").read_text().startswith(f"Guarantee: {stamp}")
    assert Split.load(tmp_path / "out/draw-0/split.json").guarantee.startswith(stamp)
    assert "warning: nagrania: NO SPEAKER IS KNOWN" in capsys.readouterr().out


def test_a_table_is_trained_on_and_found_again_by_fine_tuning(world: World, clips: Path, tmp_path: Path) -> None:
    table = tmp_path / "lista.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["plik", "emocja", "kto"])
        for path in sorted(clips.rglob("*.wav")):
            writer.writerow([path.relative_to(tmp_path), path.parts[-2], path.parts[-3]])
    own = data_settings(world, labels=MAPPED, columns=["path=plik", "label=emocja", "speaker=kto"])
    train(world, tmp_path / "source", data=own, source={"corpus": str(table), "lang": "pl", "valid_share": 0.2})
    summary = finetune(world, tmp_path / "out", source=str(tmp_path / "source"), baseline=False)
    assert summary.guarantee.startswith("speaker-disjoint test; ")


def test_audio_in_another_folder_is_found_again_from_anywhere(
    world: World, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "lists/lista.csv"
    table.parent.mkdir()
    lines = [f"{path.relative_to(clips)};{path.parts[-2]};{path.parts[-3]}" for path in sorted(clips.rglob("*.wav"))]
    table.write_text("\n".join(["sep=;", "path;label;speaker", *lines]), encoding="utf-8")
    own = data_settings(world, labels=MAPPED, audio_folder=clips.name)
    monkeypatch.chdir(tmp_path)
    train(world, tmp_path / "source", data=own, source={"corpus": str(table), "lang": "pl", "valid_share": 0.2})
    monkeypatch.chdir(table.parent)
    summary = finetune(world, tmp_path / "out", source=str(tmp_path / "source"), baseline=False)
    assert summary.guarantee.startswith("speaker-disjoint test; ")


def test_labels_as_they_are_train_a_source_and_adapt_it(world: World, clips: Path, tmp_path: Path) -> None:
    own = data_settings(world, label_space="own", speaker_level=1)
    train(world, tmp_path / "source", data=own, source={"corpus": str(clips), "lang": "pl", "valid_share": 0.2})
    saved = json.loads((tmp_path / "source/settings.json").read_text())
    assert saved["label_space"] == "own:neutral+radość+smutek+złość"
    finetune(
        world,
        tmp_path / "out",
        data=data_settings(world, label_space="own", speaker_level=1, allow_leakage=True),
        source=str(tmp_path / "source"),
        corpus=str(clips),
        baseline=False,
        lang="pl",
    )
    predictions = Predictions.read(tmp_path / "out/predictions.parquet")
    assert list(predictions.classes) == ["neutral", "radość", "smutek", "złość"]


def test_a_class_in_an_unknown_word_stops_a_run(world: World, clips: Path, tmp_path: Path) -> None:
    for folder in sorted(clips.glob("*/smutek")):
        folder.rename(folder.with_name("zzz"))
    with pytest.raises(CorpusError, match=r"nagrania: 10 of 40 clips have labels that are not understood \(zzz 10\)"):
        finetune(world, tmp_path / "out", data=data_settings(world, speaker_level=1), lang="pl", corpus=str(clips))


def test_a_saved_split_is_used_as_it_is(world: World, tmp_path: Path) -> None:
    drawn = Split.load(world.target / "draw-1/split.json")
    saved = replace(drawn, name="by hand", guarantee="speaker-disjoint test", notes=())
    saved.save(tmp_path / "one.json")
    saved.save(tmp_path / "two.json")
    summary = finetune(
        world, tmp_path / "out", splits=[str(tmp_path / "one.json"), str(tmp_path / "two.json")], baseline=False
    )
    assert summary.draws == 2
    used = Split.load(tmp_path / "out/draw-1/split.json")
    assert (used.name, used.adapt, used.test) == ("by hand", saved.adapt, saved.test)


def test_a_saved_split_that_leaks_is_refused(world: World, tmp_path: Path) -> None:
    drawn = Split.load(world.target / "draw-0/split.json")
    replace(drawn, adapt=drawn.adapt[1:], test=(*drawn.test, drawn.adapt[0])).save(tmp_path / "split.json")
    with pytest.raises(LeakageError, match="test speakers was seen"):
        finetune(world, tmp_path / "out", splits=[str(tmp_path / "split.json")])


@pytest.mark.parametrize(
    ("name", "language", "own", "error", "sentence"),
    [
        ("emodb", "fr", {}, SettingsError, "--corpus emodb with --lang fr: it is in de: leave out one."),
        (
            "nowhere",
            None,
            {},
            CorpusError,
            "'nowhere' is neither a corpus nor a file or folder here: check the path, or ",
        ),
        ("no/such/folder", None, {}, CorpusError, "no/such/folder: no such file or folder: check the path."),
        (
            ".",
            None,
            {"columns": ["path"]},
            SettingsError,
            "--columns path: expected pairs such as --columns path=file.",
        ),
        (
            ".",
            None,
            {"labels": ["wut"]},
            SettingsError,
            "--labels wut: expected pairs such as --labels froh=happiness.",
        ),
    ],
)
def test_careless_names(name: str, language: str | None, own: dict, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error) as caught:
        corpus_of(name, DataSettings(**own), language)
    assert str(caught.value).startswith(sentence)
