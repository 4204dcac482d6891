"""The corpus that the documentation adds is found, scanned and reported like any other, with no other file touched."""

import re
from pathlib import Path

import humpcat.corpora.catalog
from humpcat.corpora import Corpus
from humpcat.errors import CorpusError
from humpcat.registry import Registry

PAGE = Path(__file__).parents[2] / "docs" / "corpora.md"
MOST_LINES = 60


def test_the_documented_corpus_works_and_is_short(tmp_path, monkeypatch, write_clips):
    match = re.search(r"<!-- example corpus -->\s*```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    assert len(match[1].splitlines()) < MOST_LINES
    folder = tmp_path / "added"
    folder.mkdir()
    (folder / "demos.py").write_text(match[1], encoding="utf-8")
    monkeypatch.setattr(humpcat.corpora.catalog, "__path__", [*humpcat.corpora.catalog.__path__, str(folder)])

    corpora: Registry[Corpus] = Registry("humpcat.corpora.catalog", "corpus", CorpusError)
    assert set(humpcat.corpora.CORPORA.names()) | {"demos"} == set(corpora.names())
    demos = corpora["demos"]
    paths = ["wav_DEMoS/PR_f_05_rab04a.wav", "wav_DEMoS/NP_m_12_col01.wav", "wav_DEMoS/holiday.wav"]
    scan = demos.scan(write_clips("DEMoS", paths))
    assert scan.rows["id"] == ["demos/NP_m_12_col01", "demos/PR_f_05_rab04a"]
    assert scan.rows["emotion"] == [None, "anger"]
    assert scan.rows["gender"] == ["male", "female"]
    assert [Path(problem.path).name for problem in scan.problems] == ["holiday.wav"]
    assert scan.warnings == ["demos: 2 speakers found, 68 published."]
