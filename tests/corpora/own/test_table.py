"""A table of clips."""

import json

import pytest
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import own_corpus
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError

HEADER = "path,label,speaker\n"
GOOD = HEADER + "clips/ana/angry/1.wav,angry,01\nclips/ben/sad/1.wav,Trauer,02\n"


def scan(*arguments, **settings):
    corpus = own_corpus(*arguments, **settings)
    return corpus.scan(corpus.find())


def triples(found):
    return list(zip(found.rows["id"], found.rows["emotion"], found.rows["speaker"], strict=True))


EXPECTED = [("table/clips/ana/angry/1", "anger", "01"), ("table/clips/ben/sad/1", "sadness", "02")]


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("table.csv", GOOD, "utf-8"),
        ("table.csv", GOOD, "utf-8-sig"),
        ("table.csv", GOOD.replace("\n", "\r\n").replace(",", ";"), "utf-8-sig"),
        ("table.csv", GOOD.replace("/", "\\"), "utf-8"),
        ("table.csv", GOOD.replace("\n", "\n\n"), "utf-8"),
        ("table.TSV", GOOD.replace(",", "\t"), "utf-8"),
        (
            "table.jsonl",
            '{"path": "clips/ana/angry/1.wav", "label": "angry", "speaker": "01"}\n\n'
            '{"speaker": "02", "path": "clips/ben/sad/1.wav", "label": "Trauer"}',
            "utf-8-sig",
        ),
    ],
)
def test_tables(clips, write_table, name, text, encoding):
    found = scan(write_table(name, text, encoding))
    assert triples(found) == EXPECTED
    assert (found.problems, found.warnings) == ([], [])


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("before", ["", "sep={}\n", '"sep={}"\r\n', "SEP={}\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators(clips, write_table, separator, before, encoding):
    text = before.format(separator) + GOOD.replace(",", separator)
    assert triples(scan(write_table("table.csv", text, encoding))) == EXPECTED


def test_what_stands_in_quotation_marks_separates_nothing(clips, write_table):
    table = write_table("table.csv", 'path;label;speaker;"a,b,c,d"\nclips/ana/angry/1.wav;angry;01;x\n')
    assert triples(scan(table)) == EXPECTED[:1]


def test_lines_are_counted_from_the_top_of_the_file(clips, write_table):
    (problem,) = scan(write_table("table.csv", "sep=;\n" + (GOOD + "gone.wav,sad,1\n").replace(",", ";"))).problems
    assert problem.reason.startswith("line 5 names gone.wav")


def test_bare_names_are_found_in_an_audio_folder(clips, write_table, tmp_path):
    (clips / "ana/angry/1.wav").rename(clips / "ana/angry/a1.wav")
    (clips / "ben/sad/1.wav").rename(clips / "ben/sad/b1.wav")
    table = write_table("table.csv", "path,label\na1.wav,angry\nb1,sad\n")
    with pytest.raises(CorpusError, match=r"names a1.wav, which is no file below .* \(--audio-folder names another"):
        scan(table)
    found = scan(table, audio_folder=clips)
    assert found.rows["path"] == [str(clips / "ana/angry/a1.wav"), str(clips / "ben/sad/b1.wav")]
    moved = write_table(
        "moved.csv", "path,label\nC:\\data\\ana\\sad\\1.wav,sad\n/x/ben/angry/1.wav,angry\n1.wav,sad\n"
    )
    found = scan(moved, audio_folder=clips)
    assert sorted(found.rows["path"]) == [str(clips / "ana/sad/1.wav"), str(clips / "ben/angry/1.wav")]
    assert [problem.reason for problem in found.problems] == [
        f"line 4 names 1.wav, which may be any of 2 files below {clips} (ana/sad/1.wav, ben/angry/1.wav): write one "
        "of these: left out."
    ]
    done = CliRunner().invoke(app, ["check", "own", str(table), "--audio-folder", str(clips)])
    assert "2 clips" in done.stdout


def test_names_in_other_capitals_and_with_the_ending_of_before(clips, write_table):
    (clips / "ana/angry/1.wav").rename(clips / "ana/angry/A1.WAV")
    (clips / "ben/sad/1.wav").rename(clips / "ben/sad/b1.wav")
    found = scan(write_table("table.csv", "path,label\na1.wav,angry\n/of/old/b1.mp3,sad\n"), audio_folder=clips)
    assert found.rows["path"] == [str(clips / "ana/angry/A1.WAV"), str(clips / "ben/sad/b1.wav")]


@pytest.mark.parametrize("above", ["\n\n", ",,\n", "# what was heard on Monday\n", "\n# heard\n\n"])
def test_what_stands_above_the_header(clips, write_table, above):
    table = write_table("table.csv", above + GOOD + "gone.wav,sad,1\n")
    found = scan(table)
    assert triples(found) == EXPECTED
    line = f"line {(above + GOOD).count(chr(10)) + 1} names gone.wav"
    assert found.problems[0].reason.startswith(line)


def test_a_header_may_begin_with_a_number_sign(clips, write_table):
    table = write_table("table.csv", "#" + GOOD)
    assert triples(scan(table, columns={"path": "#path"})) == EXPECTED


def test_labels_in_file_names(write_clips, write_table):
    root = write_clips("clips", ["s1_01_sad.wav", "s1_02_angry.wav", "s2_03_sad.wav"])
    found = scan(root, label_pattern=r"_([a-z]+)\.wav", speaker_pattern=r"(s\d)_")
    assert found.rows["emotion"] == ["sadness", "anger", "sadness"]
    assert found.rows["speaker"] == ["s1", "s1", "s2"]
    with pytest.raises(
        CorpusError, match=r"holds 3 audio files and no folders of labels: .* or say by --label-pattern"
    ):
        own_corpus(root)
    with pytest.raises(CorpusError, match="--label-pattern 'xy': has no group: put the part that names the label"):
        own_corpus(root, label_pattern="xy")
    table = write_table("t.csv", "path\nclips/s1_01_sad.wav\n")
    assert scan(table, label_pattern=r"_([a-z]+)\.wav").rows["label"] == ["sad"]
    done = CliRunner().invoke(app, ["check", "own", str(root), "--label-pattern", r"_([a-z]+)\.wav"])
    assert "anger" in done.stdout


@pytest.mark.parametrize("name", ["table.txt", "table.psv", "table.tab"])
def test_tables_of_other_endings(clips, write_table, name):
    assert triples(scan(write_table(name, GOOD.replace(",", "|")))) == EXPECTED


def test_a_list_in_json(clips, write_table):
    rows = [dict(zip(HEADER.strip().split(","), line.split(","), strict=True)) for line in GOOD.splitlines()[1:]]
    assert triples(scan(write_table("table.json", json.dumps(rows, indent=1)))) == EXPECTED


def test_labels_as_they_are(clips, write_table):
    text = HEADER + "".join(
        f"clips/{who}/{what}/1.wav,{what}-{who},{who}\n" for who in ("ana", "ben") for what in ("angry", "sad")
    )
    found = scan(
        write_table("table.csv", text),
        own_classes=True,
        labels={"angry-ana": "loud", "angry-ben": "loud", "sad-ana": None},
    )
    assert found.rows["label"] == ["loud", "sad-ana", "loud", "sad-ben"]
    assert [warning for warning in found.warnings if "emotion" in warning] == []
    with pytest.raises(CorpusError, match="--labels names gone, which no clip carries: check the spelling"):
        scan(clips, own_classes=True, labels={"gone": "x"})


def test_absolute_paths_and_an_audio_folder(clips, write_table):
    assert triples(scan(write_table("table.csv", GOOD.replace("clips/", f"{clips}/")))) == EXPECTED
    inside = GOOD.replace("clips/", "")
    elsewhere = clips.parent / "elsewhere"
    elsewhere.mkdir()
    table = write_table("elsewhere/table.csv", inside)
    short = [(id_.replace("clips/", ""), *rest) for id_, *rest in EXPECTED]
    assert triples(scan(table, audio_folder=clips)) == short
    absolute = write_table("elsewhere/table.csv", inside.replace("\n", f"\n{clips}/", 2))
    assert triples(scan(absolute, audio_folder=clips)) == short
    with pytest.raises(
        CorpusError, match=r"lies outside .*elsewhere, .* the folder that holds them by --audio-folder"
    ):
        scan(absolute)


def test_every_column(clips, write_table):
    table = write_table(
        "table.csv",
        "Datei,Gefühl,wer,mw,Sprache,Satz,Sitzung,Nr,Erregung\n"
        "clips/ana/angry/1.wav,Ärger,1,W,de,a01,S1,17,0.25\n"
        "clips/ben/sad/1.wav,sad,2,x,,,,18,\n",
    )
    columns = {
        "path": "Datei",
        "label": "Gefühl",
        "speaker": "wer",
        "gender": "mw",
        "language": "Sprache",
        "sentence": "Satz",
        "session": "Sitzung",
        "id": "Nr",
        "arousal": "Erregung",
    }
    corpus = own_corpus(table, columns=columns, language="nl", name="mine")
    found = corpus.scan(corpus.find())
    first, second = found.rows.remove_columns(["path", "duration"])
    assert first == {
        "arousal": 0.25,
        "valence": None,
        "id": "mine/17",
        "corpus": "mine",
        "label": "Ärger",
        "emotion": "anger",
        "speaker": "1",
        "gender": "female",
        "language": "de",
        "sentence": "a01",
        "session": "S1",
    }
    assert (second["gender"], second["language"], second["sentence"], second["session"]) == (None, "nl", None, "2")
    assert corpus.languages == ("nl", "de")
    assert found.warnings == [f"mine: {table}: gender x is left unknown, expected female or male."]


def test_speakers_from_the_paths_of_a_table(clips, write_table):
    table = write_table("table.csv", GOOD)
    assert scan(table, speaker_level=2).rows["speaker"][:] == ["ana", "ben"]
    assert scan(table, speaker_pattern="clips/(.)").rows["speaker"][:] == ["a", "b"]
    with pytest.raises(CorpusError) as caught:
        scan(table, speaker_level=2, columns={"speaker": "speaker"})
    assert str(caught.value) == "speakers are named in 2 ways (--columns speaker=..., --speaker-level): keep one."


def test_lines_that_cannot_be_used(clips, write_table):
    long = "a sentence where the path should be, " * 20
    table = write_table(
        "table.csv",
        GOOD
        + f'\nnowhere.wav,sad,03\nclips/ana/sad/1.wav, ,03\n,sad,03\nclips/ben/sad/1.wav,sad,03\n"{long}",sad,1\n',
    )
    found = scan(table)
    assert triples(found) == EXPECTED
    root, other = clips.parent, " (--audio-folder names another folder)"
    assert [(problem.path, problem.reason, problem.kind) for problem in found.problems] == [
        (str(table), f"line 5 names nowhere.wav, which is no file below {root}{other}: left out.", Kind.MISSING),
        (str(table), "line 6 has no label: left out.", Kind.UNLABELLED),
        (str(table), "line 7 names no audio file: left out.", Kind.MISSING),
        (str(table), f"line 9 names {long.strip()}, which is no file below {root}{other}: left out.", Kind.MISSING),
        (
            str(clips / "ben/sad/1.wav"),
            f"gives utterance table/clips/ben/sad/1 the speaker '03', which {clips / 'ben/sad/1.wav'} is given as "
            "'02': the first is taken; find out which is right.",
            Kind.CONFLICT,
        ),
    ]


def test_numbers_stay_as_they_are_written(clips, write_table):
    lines = [{"path": "clips/ana/sad/1.wav", "label": 1, "speaker": 7, "id": 1.50}]
    found = scan(write_table("table.jsonl", "\n".join(map(json.dumps, lines))), labels={1: "sadness"})
    assert triples(found) == [("table/1.5", "sadness", "7")]


@pytest.mark.parametrize(
    ("name", "text", "settings", "message"),
    [
        ("t.csv", "", {}, "{table}: has no column 'path', found nothing: name the one that holds it by "
         "--columns path=...."),
        ("t.csv", HEADER, {}, "{table}: holds no rows: describe one clip a row."),
        ("t.csv", "path,emotion\n", {}, "{table}: has no column 'label', found path, emotion: name the one that holds "
         "it by --columns label=emotion."),
        ("t.csv", GOOD, {"columns": {"speaker": "wer"}}, "{table}: has no column 'wer' for speaker, found path, "
         "label, speaker: check --columns speaker=wer."),
        ("t.csv", GOOD, {"columns": {"who": "speaker"}}, "--columns who=speaker: 'who' is unknown, expected one of "
         "path, label, speaker, gender, language, sentence, session, id, start, end, duration, span, arousal, "
         "valence."),
        ("t.csv", "path,label,label\n", {}, "{table}: has two columns 'label': rename one."),
        ("t.csv", "path,label\na.wav,sad,really\n", {}, "{table}: line 2 has more cells than the 2 columns of the "
         "first line: put text that holds the separator in quotation marks."),
        ("t.csv", GOOD, {"split": "train"}, "{table}: is a table, for which --part means nothing: leave it out."),
        ("t.csv", GOOD, {"label_level": 0}, "{table}: is a table, for which --label-level means nothing: leave it "
         "out."),
        ("t.jsonl", "path\n", {}, "{table}: line 1 is not JSON (Expecting value: line 1 column 1 (char 0)): write it "
         "again."),
        ("t.jsonl", "[1]\n", {}, "{table}: line 1 is not a JSON object, expected one object a line."),
        ("t.csv", HEADER + "a.wav,sad,1\n", {}, "corpus 't': none of its 1 clips can be used, the first: {table}: "
         "line 2 names a.wav, which is no file below {root} (--audio-folder names another folder): left out."),
    ],
)  # fmt: skip
def test_careless_uses(write_table, tmp_path, name, text, settings, message):
    table = write_table(name, text)
    with pytest.raises(CorpusError) as caught:
        scan(table, **settings)
    assert str(caught.value) == message.replace("{table}", str(table)).replace("{root}", str(tmp_path))


def test_clip_with_two_labels_is_no_mere_repeat(clips, write_table):
    found = scan(write_table("table.csv", GOOD + "clips/ben/sad/1.wav,angry,02\n"))
    assert triples(found) == EXPECTED
    (problem,) = found.problems
    clip = clips / "ben/sad/1.wav"
    assert (problem.path, problem.kind) == (str(clip), Kind.CONFLICT)
    assert problem.reason == (
        f"gives utterance table/clips/ben/sad/1 the label 'angry', which {clip} is given as 'Trauer': the first is "
        "taken; find out which is right."
    )


def test_columns_that_are_not_read_are_said(clips, write_table):
    table = write_table("table.csv", "path,label,Spk_ID,cut\nclips/ana/angry/1.wav,angry,ana,1-2\n")
    assert scan(table).warnings[0] == (
        f"table: {table}: nothing is read of columns Spk_ID, cut: --columns speaker=Spk_ID and the like name what a "
        "column tells."
    )
    with pytest.raises(CorpusError, match=r"--audio-folder .*gone: no such folder: check the path"):
        scan(table, audio_folder=clips / "gone")


def test_columns_in_any_case(clips, write_table):
    assert triples(scan(write_table("table.csv", GOOD.replace(HEADER, HEADER.title())))) == EXPECTED


def test_column_named_exactly_so_goes_first(clips, write_table):
    lines = ["Speaker,path,label,speaker", "x,clips/ana/angry/1.wav,angry,01", "x,clips/ben/sad/1.wav,Trauer,02"]
    assert triples(scan(write_table("table.csv", "\n".join(lines)))) == EXPECTED


def test_speakers_that_differ_by_case_only_are_said(clips, write_table):
    lines = [HEADER.strip(), "clips/ana/angry/1.wav,angry,Ana", "clips/ana/sad/1.wav,sad,ana"]
    (warning,) = scan(write_table("table.csv", "\n".join(lines))).warnings
    assert warning.startswith("table: speakers that differ by case or blanks only (Ana and ana) are taken for several")


def test_other_encodings(write_table):
    table = write_table("t.csv", "path,label\na.wav,Ärger\n", "cp1252")
    with pytest.raises(CorpusError) as caught:
        own_corpus(table)
    assert str(caught.value) == f"{table}: is not UTF-8: save it again as UTF-8."


def test_a_rating_in_words_is_told(clips, write_table):
    table = write_table(
        "table.csv",
        "path,label,speaker,arousal\nclips/ana/angry/1.wav,angry,1,high\nclips/ana/sad/1.wav,sad,1,n/a\n"
        "clips/ben/sad/1.wav,sad,2,2.5\n",
    )
    found = scan(table)
    assert found.rows["arousal"] == [None, None, 2.5]
    assert [warning for warning in found.warnings if "arousal" in warning] == [
        f"table: {table}: arousal high is left out, expected a number."
    ]
