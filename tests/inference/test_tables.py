import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from humpcat.errors import SettingsError
from humpcat.inference import tables
from humpcat.inference.tables import ENDINGS, table_in

FLAG = {"name": "clipped", "reason": "12 % of its samples"}


def record(name: str) -> dict[str, Any]:
    return {"file": name, "scores": {"sadness": 0.25, "anger": 0.75}, "flags": [FLAG] if name == "b.wav" else []}


@pytest.mark.parametrize("ending", ENDINGS)
def test_all_rows_are_in_the_file(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "PARQUET_ROWS", 2)
    path = tmp_path / "new" / f"answers{ending}"
    with table_in(path) as write:
        for name in ("a.wav", "b.wav", "c, d.wav"):
            write(record(name))
    if ending == ".jsonl":
        assert [json.loads(line) for line in path.read_text().splitlines()][1] == record("b.wav")
    elif ending == ".parquet":
        rows = pq.read_table(path).to_pylist()
        shares = {"label": "anger", "score": 0.75, "p_anger": 0.75, "p_sadness": 0.25}
        assert rows[2] == {"file": "c, d.wav", **shares, "flags": ""}
    else:
        lines = path.read_text().splitlines()
        between = "," if ending == ".csv" else "\t"
        assert lines[0] == between.join(["file", "label", "score", "p_anger", "p_sadness", "flags"])
        assert lines[2] == between.join(["b.wav", "anger", "0.75", "0.75", "0.25", "clipped: 12 % of its samples"])
        assert len(lines) == 4


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_was_answered_before_an_interruption_is_there(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"answers{ending}"

    def interrupted() -> None:
        with table_in(path) as write:
            write(record("a.wav"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    found = pq.read_table(path)["file"].to_pylist() if ending == ".parquet" else path.read_text()
    assert "a.wav" in found


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(SettingsError, match=r"ends in '.xlsx', expected one of .csv, .tsv, .jsonl, .parquet"),
        table_in(tmp_path / "answers.xlsx"),
    ):
        pass
    assert not (tmp_path / "answers.xlsx").exists()
