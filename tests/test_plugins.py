"""What others add to humpcat, in folders that the user names and in installed packages, all outside of its folder."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from humpcat.corpora import Corpus
from humpcat.errors import CorpusError, HumpcatError
from humpcat.registry import Registry

PAGE = Path(__file__).parents[1] / "docs" / "corpora.md"

FUSION = """
from humpcat.models.humpcat.fusion.base import FusionLayer


class Swapping(FusionLayer):
    name = "swapping"

    def forward(self, query, context, context_mask):
        return query + context.mean(1, keepdim=True)


EXPORT = (Swapping,)
"""
POOLING = """
from torch import nn


class First(nn.Module):
    name = "first"


EXPORT = (First,)
"""
STREAM = """
from humpcat.features.base import Extractor, frame_count
from humpcat.models.humpcat.configuration import GROUP
from humpcat.models.humpcat.streams.base import Stream, steps_of
import numpy as np
from torch import nn


class Loudness(Extractor):
    name, version = "loudness", 1

    def settings(self):
        return {}

    def extract(self, waveforms):
        frames = [waveform[: 320 * frame_count(len(waveform))].reshape(-1, 320) for waveform in waveforms]
        return [{"loudness": np.abs(clip).mean(1, keepdims=True)} for clip in frames]


class LoudnessStream(Stream):
    name, summary = "loudness", ("loudness_pooled",)

    def extractor(self, encoder=None, config=None):
        return Loudness()

    def shapes(self, config):
        return {"loudness": (1,)}

    def modules(self, config):
        return {"loudness_stream": nn.Linear(GROUP, config.hidden_size)}

    def sequence(self, network, read, frames):
        steps, mask = steps_of(read("loudness"), frames)
        return network.loudness_stream(steps), mask


EXPORT = (LoudnessStream(),)
"""
METHOD = """
import numpy as np

from humpcat.domain_adaptation import DomainAdaptationClassifier


class Majority(DomainAdaptationClassifier):
    name = "majority"

    def _fit(self, source, labels, target):
        self.shares_ = np.bincount(labels) / len(labels)

    def _proba(self, values):
        return np.tile(self.shares_, (len(values), 1))


EXPORT = (Majority,)
"""
FEATURES = """
from humpcat.features.sets import OfferedSet

EXPORT = (OfferedSet("mine", lambda encoder: encoder),)
"""
PROTOCOL = """
from humpcat.protocols import Protocol, Split


def halves(rows, classes, *, seed=0):
    ids = sorted(classes)
    return Split("halves", seed, "clip-level", adapt=tuple(ids[::2]), test=tuple(ids[1::2]))


EXPORT = (Protocol("halves", halves),)
"""
USE = """
import json

import numpy as np
import torch

from humpcat.corpora import CORPORA
from humpcat.domain_adaptation import METHODS
from humpcat.features.sets import feature_set
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.registries import POOLINGS
from humpcat.protocols import PROTOCOLS

config = HumpCatConfig(fusion="swapping", hidden_size=24, encoder_width=8, label2id={"a": 0, "b": 1},
                       streams=["mfcc", "loudness"], summary_streams=["loudness"])
model = HumpCatForAudioClassification(config).eval()
clips = [np.ones(4000, np.float32), np.ones(9000, np.float32)]
inputs = dict(HumpCatFeatureExtractor(config.extracted)(clips, sampling_rate=16_000))
inputs.pop("input_values")
hidden = {"hidden": torch.zeros(2, 4, 7, 8), "pooled": torch.zeros(2, 4, 8)}
assert model(**inputs, **hidden).logits.shape == (2, 2)
kinds = {type(module).__name__ for module in model.modules()}
majority = METHODS["majority"]().fit(np.eye(3), ["a", "a", "b"], np.eye(3))
streams = [name for name, _ in model.named_children() if name.endswith(("_stream", "_cat"))]
print(json.dumps([CORPORA["demos"].title, "Swapping" in kinds, streams, POOLINGS["first"].name,
                  feature_set("mine", "as given"), majority.predict(np.eye(3)).tolist(),
                  PROTOCOLS["halves"].splits([], {"a": "x", "b": "y"})[0].test, "emodb" in CORPORA]))
"""
USED = [
    "DEMoS: Database of Elicited Mood in Speech",
    True,
    ["mfcc_stream", "loudness_stream", "loudness_cat"],
    "first",
    "as given",
    ["a"] * 3,
    ["b"],
    True,
]


def documented_corpus():
    match = re.search(r"<!-- example corpus -->\s*```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return match[1]


def corpora(*folders):
    return Registry[Corpus]("humpcat.corpora.catalog", "corpus", CorpusError, group="humpcat.corpora", folders=folders)


def used(folder):
    """Return what a process finds that has plugins in a folder that is named, and in packages of somebody else."""
    paths = [str(folder / "site"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    done = subprocess.run(
        [sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HUMPCAT_PLUGINS": str(folder / "plugins"), "PYTHONPATH": os.pathsep.join(paths)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def modules():
    return {
        "corpora": documented_corpus(),
        "streams": STREAM,
        "fusions": FUSION,
        "poolings": POOLING,
        "methods": METHOD,
        "feature_sets": FEATURES,
        "protocols": PROTOCOL,
    }


IN_FOLDER = ("corpora", "fusions", "methods", "protocols")


@pytest.mark.parametrize(
    "in_folder",
    # All kinds are found by the same code.
    [IN_FOLDER, *(pytest.param(kinds, marks=pytest.mark.slow) for kinds in ((), tuple(modules())))],
    ids=["both", "package", "folder"],
)
def test_files_in_a_folder_that_is_named_and_a_package_of_somebody_else(in_folder, tmp_path):
    (tmp_path / "plugins").mkdir()
    for kind in in_folder:
        (tmp_path / "plugins" / kind).mkdir()
        (tmp_path / "plugins" / kind / "mine.py").write_text(modules()[kind], encoding="utf-8")
    wheel(tmp_path / "site", {kind: text for kind, text in modules().items() if kind not in in_folder})
    assert used(tmp_path) == USED


def wheel(site, modules, name="elsewhere"):
    """Lay out a package and its metadata as an installer does; modules are told by the group that each adds to."""
    (site / name).mkdir(parents=True)
    (site / name / "__init__.py").touch()
    described = site / f"{name}-1.2.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    lines = []
    for group, text in modules.items():
        (site / name / f"{group}.py").write_text(text, encoding="utf-8")
        lines.append(f"[humpcat.{group}]\nmine = {name}.{group}\n")
    (described / "entry_points.txt").write_text("\n".join(lines))


def test_a_folder_of_corpora(tmp_path):
    (tmp_path / "demos.py").write_text(documented_corpus(), encoding="utf-8")
    (tmp_path / "_shared.py").write_text("raise RuntimeError('no plugin')")
    named = Registry[Corpus]("humpcat.corpora.catalog", "corpus", CorpusError).including(tmp_path)
    assert named["demos"].expected_speakers == 68
    assert named.names()[-1] == "demos"
    assert "emodb" in named
    with pytest.raises(HumpcatError) as caught:
        corpora(tmp_path / "none").names()
    assert str(caught.value) == f"{tmp_path}/none: there is no such folder of plugins: check the path."


def test_a_variable_that_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HUMPCAT_PLUGINS", str(tmp_path / "none"))
    with pytest.raises(HumpcatError) as caught:
        corpora().names()
    assert str(caught.value) == (
        f"HUMPCAT_PLUGINS names {tmp_path}/none: there is no such folder: check the variable."
    )


def test_broken_plugins_are_told_and_the_others_used(tmp_path, monkeypatch, caplog):
    for name, text in {
        "demos": documented_corpus(),
        "missing": "import no_such_package",
        "nameless": "EXPORT = (3,)",
        "nothing": "corpus = 1",
        "syntax": "class",
    }.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    wheel(tmp_path / "site", {"corpora": "1 / 0"}, "broken")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    with caplog.at_level(logging.WARNING):
        found = corpora(tmp_path)
        assert "demos" in found
        assert "emodb" in found
    mend = "mend or remove it."
    wanted = "expected a module that ends in EXPORT = (...,), or an entry point of such a tuple"
    faults = [
        f"{tmp_path}/missing.py cannot be used (ModuleNotFoundError: No module named 'no_such_package'): {mend}",
        f"{tmp_path}/nameless.py cannot be used (TypeError: EXPORT holds 3, which has no name): {mend}",
        f"{tmp_path}/nothing.py cannot be used (TypeError: {wanted}): {mend}",
        f"{tmp_path}/syntax.py cannot be used (SyntaxError: invalid syntax (syntax.py, line 1)): {mend}",
        "entry point 'mine = broken.corpora' of broken 1.2 cannot be used (ZeroDivisionError: division by zero): "
        f"{mend}",
    ]
    assert [record.message for record in caplog.records] == faults
    with pytest.raises(CorpusError) as caught:
        found["missing"]
    assert str(caught.value).startswith("corpus 'missing' is unknown: choose one of aesdd, ")
    assert str(caught.value).endswith(" ".join(faults))


def test_two_of_one_name_are_refused(tmp_path):
    (tmp_path / "mine.py").write_text(documented_corpus().replace('"demos"', '"emodb"'), encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        corpora(tmp_path).names()
    assert str(caught.value) == (
        f"corpus 'emodb' is defined in humpcat.corpora.catalog.emodb and in {tmp_path}/mine.py: rename one, or take "
        "one away."
    )
