"""Settings that nobody reads: refused in code, kept where a file holds them, unless misspelt."""

import json

import pytest

from humpcat.errors import KeywordError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor

KINDS = [
    (HumpCatConfig, "config.json", "hiden_size", "hidden_size"),
    (VacnnConfig, "config.json", "atention", "attention"),
    (HumpCatFeatureExtractor, "preprocessor_config.json", "steams", "streams"),
    (VacnnFeatureExtractor, "preprocessor_config.json", "descrbe", "describe"),
]


@pytest.mark.parametrize(("kind", "file", "misspelt", "meant"), KINDS)
def test_settings_that_nobody_reads(kind, file, misspelt, meant, tmp_path):
    with pytest.raises(KeywordError, match=f"{kind.__name__}: keyword 'nonsense' is unknown"):
        kind(nonsense=5)
    with pytest.raises(KeywordError, match=f"'{misspelt}' is unknown: did you mean '{meant}'"):
        kind(**{misspelt: 1})

    kind().save_pretrained(tmp_path)
    saved = json.loads((tmp_path / file).read_text())
    (tmp_path / file).write_text(json.dumps(saved | {"remark": "ours", "_private": 1}))
    read = kind.from_pretrained(tmp_path)
    assert read.remark == "ours"
    read.save_pretrained(tmp_path / "again")
    assert json.loads((tmp_path / "again" / file).read_text())["remark"] == "ours"

    (tmp_path / file).write_text(json.dumps(saved | {misspelt: 1}))
    with pytest.raises(KeywordError, match=f"'{misspelt}' is unknown: did you mean '{meant}'"):
        kind.from_pretrained(tmp_path)


def test_what_transformers_reads_passes():
    config = VacnnConfig(num_labels=3, name_or_path="mine", dtype="float32")
    assert (config.num_labels, config.name_or_path) == (3, "mine")
