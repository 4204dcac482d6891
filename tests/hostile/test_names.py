"""What others named is shown as it is, and never obeyed by a terminal or taken for a formula."""

import io
from pathlib import Path

import pytest
import soundfile
from matplotlib.figure import Figure

from humpcat import audio
from humpcat.command import reporting_errors
from humpcat.figures import plain_text, save_figure

NAMES = ["a\x1b[2Jb.wav", "two\nlines.wav", "\u202ekcab.wav", "caf\udce9.wav", "bell\x07.wav"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_file_name_is_harmless_in_a_terminal(
    name: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_bytes(b"no audio")
    # As strict as standard output is.
    with io.TextIOWrapper(io.BytesIO(), encoding=encoding) as stream:
        monkeypatch.setattr("sys.stderr", stream)
        with pytest.raises(SystemExit, match="1"):
            reporting_errors(audio.load)(str(tmp_path / name))
        stream.flush()
        shown = stream.buffer.getvalue().decode(encoding)
    assert shown.startswith("error: ")
    assert shown.endswith("\n")
    assert shown[:-1].isprintable()


def test_a_label_in_dollars_is_no_formula(tmp_path: Path) -> None:
    with plain_text():
        figure = Figure()
        axes = figure.subplots()
        axes.set_title(r"$\frac$")
        axes.set_xticks([0, 1], [r"$\bad{", "$"])
    files = save_figure(figure, tmp_path, "labels")
    assert all(file.stat().st_size for file in files)
    assert r"$\frac$" in files[0].read_text()


def test_the_picture_of_a_corpus_shows_labels_as_they_are(tmp_path: Path) -> None:
    from humpcat.corpora import own_corpus
    from humpcat.corpora.doctor import check
    from humpcat.corpora.doctor.report import save

    for speaker in ("$s_1$", "s2"):
        for label in (r"$\frac$", "sad"):
            folder = tmp_path / "clips" / speaker / label
            folder.mkdir(parents=True)
            samples = [0.1 * ((index * 7 + len(speaker + label)) % 13 - 6) / 6 for index in range(8000)]
            soundfile.write(folder / "a.wav", samples, 16_000)
    corpus = own_corpus(tmp_path / "clips", speaker_level=1)
    assert save(check(corpus, corpus.find()), tmp_path / "out")


def test_a_label_that_looks_like_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from humpcat.cli import app

    label = "[red]x[/bold]"
    for speaker in ("s1", "s2"):
        samples = [0.1 * ((index * 7 + len(speaker)) % 13 - 6) / 6 for index in range(8000)]
        for name in ("a", "b"):
            soundfile.write(tmp_path / f"{speaker}{name}.wav", samples, 16_000)
    rows = "".join(
        f"{speaker}{name}.wav,{label if name == 'a' else 'sad'},{speaker}\n"
        for speaker in ("s1", "s2")
        for name in "ab"
    )
    (tmp_path / "clips.csv").write_text(f"path,label,speaker\n{rows}")
    done = CliRunner().invoke(app, ["check", "own", str(tmp_path / "clips.csv"), "--label-space", "own"])
    assert not isinstance(done.exception, Exception), done.exception
    assert label in done.output
