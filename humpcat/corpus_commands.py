"""The commands of `humpcat` that look at corpora and train nothing: list them, explain their labels, check a copy."""

from pathlib import Path
from typing import Annotated

import typer

from humpcat.command import (
    AudioFolder,
    Columns,
    CommandWithPairs,
    CorpusFolders,
    LabelLevel,
    LabelPattern,
    Labels,
    Part,
    SpeakerLevel,
    SpeakerPattern,
    reporting_errors,
)
from humpcat.errors import HumpcatError
from humpcat.shown import console, print_json

app = typer.Typer()


@app.command()
@reporting_errors
def corpora(
    names: Annotated[
        list[str] | None, typer.Argument(help="Corpora to show a page on; all in a table by default.")
    ] = None,
    data_dir: Annotated[
        str | None, typer.Option(help="Folder that holds the corpora; $HUMPCAT_DATA by default.")
    ] = None,
    folders: CorpusFolders = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
) -> None:
    """List the corpora that humpcat reads, or show a page on some: owner, licence, layouts, classes, speakers."""
    from humpcat.corpora import CORPORA
    from humpcat.corpora.overview import overview, remarks, to_dict, to_table
    from humpcat.corpora.page import show_page

    known = CORPORA.including(*(folders or ()))
    entries = overview([known[name] for name in names] if names else list(known), data_dir)
    if as_json:
        print_json(to_dict(entries), indent=1)
        return
    terminal = console()
    if names:
        for number, entry in enumerate(entries):
            terminal.print("\n" * bool(number), end="")
            show_page(entry, terminal)
        return
    terminal.print(to_table(entries, terminal.width), soft_wrap=True)
    for line in remarks(entries, data_dir):
        print(line)


@app.command()
@reporting_errors
def labels(
    corpus: Annotated[
        str | None,
        typer.Argument(
            help="Name of a corpus, as 'humpcat corpora' lists it; without it, the words for emotions; or a language, "
            "as for --lang."
        ),
    ] = None,
    label_space: Annotated[
        str | None, typer.Option(help="Classes, as --label-space of the recipes names them; 'four' by default.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Language of the words, such as tr; all by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
    folders: CorpusFolders = None,
) -> None:
    """Show the words by which labels of your own are understood, or what becomes of the labels of a corpus.

    Of a corpus: which class each label falls into, and what is left out, with the published counts.
    """
    from dataclasses import asdict

    from humpcat.corpora import CORPORA
    from humpcat.corpora import label_space as space_of
    from humpcat.corpora.label_table import to_table
    from humpcat.corpora.labels import account, name_of_space
    from humpcat.corpora.own.word_table import has_language, to_dict, to_text

    every = CORPORA.including(*(folders or ()))
    if corpus is not None and corpus not in every and lang is None and has_language(corpus):
        corpus, lang = None, corpus
    idle = {"--lang": lang} if corpus is not None else {"--label-space": label_space, "--corpora": folders}
    for flag, value in idle.items():
        if value not in (None, []):
            what = f"with corpus '{corpus}'" if corpus is not None else "without a corpus"
            shown = " ".join(map(str, value)) if isinstance(value, list) else value
            raise HumpcatError(f"{flag} {shown}: does nothing {what}: leave it out.")
    if corpus is None:
        if as_json:
            print_json(to_dict(lang), indent=1)
        else:
            print(to_text(lang))
        return
    known, wanted = every[corpus], label_space or "four"
    rows = account(space_of(name_of_space(wanted, [known]) or wanted), known.labels, known.expected)
    if as_json:
        print_json([asdict(row) for row in rows], indent=1)
    else:
        console().print(to_table(rows))


@app.command(cls=CommandWithPairs)
@reporting_errors
def check(
    corpus: Annotated[str, typer.Argument(help="Name of a corpus as 'humpcat corpora' lists it, or 'own'.")],
    path: Annotated[Path, typer.Argument(help="Its folder; or a folder, table or data set of your own.")],
    columns: Columns = None,
    labels: Labels = None,
    speaker_level: SpeakerLevel = None,
    speaker_pattern: SpeakerPattern = None,
    label_level: LabelLevel = None,
    label_pattern: LabelPattern = None,
    audio_folder: AudioFolder = None,
    part: Part = None,
    label_space: Annotated[
        str | None, typer.Option(help="'own' takes your labels as they are, whatever they mean.")
    ] = None,
    folders: CorpusFolders = None,
    out: Annotated[Path | None, typer.Option(help="Folder for check.json, check.svg and check.png.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON instead.")] = False,
) -> None:
    """Decode every clip of a corpus and say whether the copy is whole and its audio sound.

    Exit status: 0 if it is healthy (notes do not count), 1 if errors were found or it could not be checked.
    """
    from humpcat.corpora import CORPORA, Corpus, own_corpus
    from humpcat.corpora.doctor import check as examine
    from humpcat.corpora.doctor.report import save, show
    from humpcat.corpora.labels import is_own
    from humpcat.corpora.own.pairs import pairs
    from humpcat.run_folder import require_writable

    own = {
        "--columns": columns,
        "--labels": labels,
        "--speaker-level": speaker_level,
        "--speaker-pattern": speaker_pattern,
        "--label-level": label_level,
        "--label-pattern": label_pattern,
        "--audio-folder": audio_folder,
        "--part": part,
        "--label-space": label_space,
    }
    idle = [flag for flag, value in own.items() if value is not None]
    if corpus != "own" and idle:
        raise HumpcatError(
            f"{idle[0]} with corpus '{corpus}': says how your own data are read, and nothing of a registered corpus: "
            "leave it out, or name the corpus 'own'."
        )
    every = CORPORA.including(*(folders or ()))
    if label_space is not None and not is_own(label_space):
        raise HumpcatError(
            f"--label-space {label_space}: expected own, which takes your labels as they are, whatever they mean: "
            "leave it out, for all labels are counted without."
        )
    known: Corpus = (
        every[corpus]
        if corpus != "own"
        else own_corpus(
            path,
            columns=pairs("columns", columns),
            labels=pairs("labels", labels),
            speaker_level=speaker_level,
            speaker_pattern=speaker_pattern,
            label_level=label_level,
            label_pattern=label_pattern,
            audio_folder=audio_folder,
            own_classes=is_own(label_space),
            split=part,
        )
    )
    if out:
        # Before an hour of decoding, not after it.
        require_writable(out)
    checkup = examine(known, known.find() if corpus == "own" else path)
    files = save(checkup, out) if out else []
    if as_json:
        print_json(checkup.to_dict(), indent=1)
    else:
        show(checkup, console())
        for file in files:
            print(f"wrote {file}")
    if not checkup.healthy:
        raise SystemExit(1)
