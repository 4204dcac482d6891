import pytest

from humpcat.corpora.tables import read_table
from humpcat.errors import CorpusError


def write(tmp_path, content):
    file = tmp_path / "labels.csv"
    file.write_bytes(content)
    return file


def test_names_of_columns_are_read_with_tolerance(tmp_path):
    file = write(tmp_path, b"\xef\xbb\xbffile name, EMO_CLASS ,Rest\r\n a.wav , N ,1\r\n\r\nb.wav,A,2\r\n")
    assert read_table(file, ("FileName", "EmoClass")) == [
        {"FileName": "a.wav", "EmoClass": "N"},
        {"FileName": "b.wav", "EmoClass": "A"},
    ]


def test_windows_1252_quotes_and_breaks_within_a_cell(tmp_path):
    file = write(tmp_path, b'Text,Who\n"It\x92s, well,\nme",Joey\n')
    assert read_table(file, ("Text", "Who")) == [{"Text": "It’s, well,\nme", "Who": "Joey"}]


def test_row_cut_short_has_empty_values(tmp_path):
    assert read_table(write(tmp_path, b"A,B\n1\n"), ("A", "B")) == [{"A": "1", "B": ""}]


@pytest.mark.parametrize(("content", "found"), [(b"A,C\n1,2\n", "A, C"), (b"", "nothing")])
def test_missing_column(tmp_path, content, found):
    file = write(tmp_path, content)
    with pytest.raises(CorpusError) as caught:
        read_table(file, ("A", "B"))
    assert str(caught.value) == (
        f"{file}: column '{'B' if content else 'A'}' is missing (found {found}), expected A, B: "
        "take the table as its owner gives it."
    )
