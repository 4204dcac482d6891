from dataclasses import replace
from typing import Any

import pytest

from humpcat.environment.folders import Folder
from humpcat.environment.hub import Hub
from humpcat.environment.loading import Device, Import, Loading
from humpcat.environment.model import ShippedModel
from humpcat.environment.packages import Installed
from humpcat.environment.problems import Problem, find_problems
from humpcat.environment.torch_pairs import pair_problem

from .making import healthy


def problems(**changes: Any) -> list[Problem]:
    found = healthy()
    loading = Loading(found.torch, found.torchaudio, found.device, {})
    given = {
        "packages": found.packages | changes.get("packages", {}),
        "loading": replace(loading, **changes.get("loading", {})),
        "folders": changes.get("folders", {}),
        "model": changes.get("model", found.model),
        "hub": changes.get("hub", found.hub),
    }
    return list(find_problems(**given))


def test_nothing_is_wrong_with_a_healthy_environment() -> None:
    assert problems() == []
    # Nobody needs an extra before asking for it.
    assert problems(packages={"timm": Installed(None, False, "baselines")}) == []


@pytest.mark.parametrize(
    ("changes", "about", "sentence", "fatal"),
    [
        (
            {"loading": {"torch": Import(False, missing="torch", error="No module named 'torch'")}},
            "torch",
            "torch is not installed: run pip install torch==2.14.1 torchaudio==2.11.1.",
            True,
        ),
        (
            {"loading": {"torch": Import(False, missing="sympy", error="No module named 'sympy'")}},
            "torch",
            "torch needs the package sympy, which is not installed: install it.",
            True,
        ),
        (
            {
                "packages": {"torch": Installed("2.14.1+cpu", True)},
                "loading": {"torch": Import(False, error="it was ended by SIGSEGV")},
            },
            "torch",
            "torch 2.14.1+cpu does not load (it was ended by SIGSEGV): run pip install --force-reinstall torch==2.14.1"
            ", from where it came from.",
            True,
        ),
        (
            {"packages": {"transformers": Installed(None, False, None, ">=5.0")}},
            "transformers",
            "transformers is not installed: run pip install 'transformers>=5.0'.",
            True,
        ),
        (
            {"packages": {"librosa": Installed("0.11.0", False)}},
            "librosa",
            "librosa is installed without its files: run pip install --force-reinstall --no-deps librosa.",
            True,
        ),
        (
            {"packages": {"scipy": Installed("1.0", True, None, ">=1.13", fits=False)}},
            "scipy",
            "scipy 1.0 is installed, humpcat is made for >=1.13: run pip install 'scipy>=1.13'.",
            False,
        ),
        (
            {"loading": {"device": Device(warnings=("The driver is too old",))}},
            "device",
            "Device: The driver is too old.",
            False,
        ),
        (
            {"folders": {"features": Folder("/c", problem="/c is a file")}},
            "features",
            "The feature store /c cannot be used (/c is a file): name another folder in HUMPCAT_CACHE.",
            False,
        ),
        (
            {"folders": {"hub": Folder("/h", problem="it cannot be written to")}},
            "hub",
            "The hub's cache /h cannot be used (it cannot be written to): name another folder in HF_HUB_CACHE.",
            False,
        ),
        (
            {"model": ShippedModel("small", ("config.json", "model.safetensors"))},
            "model",
            "The model small lacks config.json, model.safetensors: install humpcat again.",
            False,
        ),
        (
            {"hub": Hub("https://a.b", False, True, False, "status 503")},
            "hub",
            "The hub at https://a.b does not answer as it should (status 503): check the network and HF_ENDPOINT; "
            "what is in its cache can be used without it.",
            False,
        ),
    ],
)
def test_each_problem_is_one_sentence_with_its_mend(
    changes: dict[str, Any], about: str, sentence: str, fatal: bool
) -> None:
    assert problems(**changes) == [Problem(about, sentence, fatal)]


def test_a_torchaudio_that_does_not_load_keeps_nobody_from_working() -> None:
    pair = {"torch": Installed("2.11.0", True), "torchaudio": Installed("2.11.1", True)}
    broken = problems(packages=pair, loading={"torchaudio": Import(False, error="it was ended by SIGSEGV")})
    assert broken == [Problem("torchaudio", pair_problem("2.11.0", "2.11.1", "it was ended by SIGSEGV"))]
    pair["torchaudio"] = Installed(None, False)
    missing = problems(packages=pair, loading={"torchaudio": Import(False, missing="torchaudio", error="none")})
    assert missing == [Problem("torchaudio", pair_problem("2.11.0", None, ""))]


def test_what_keeps_humpcat_from_working_comes_first() -> None:
    found = problems(
        folders={"cache": Folder("/c", problem="/c is a file")},
        packages={"scipy": Installed("1", True, None, ">1", fits=False), "transformers": Installed(None, False)},
    )
    assert [problem.about for problem in found] == ["transformers", "scipy", "cache"]


def test_a_missing_client_of_the_hub_is_told_once() -> None:
    gone = Folder(None, problem="huggingface_hub cannot be imported (no module)")
    (missing,) = problems(folders={"hub": gone}, packages={"huggingface-hub": Installed(None, False)})
    assert missing.sentence == "huggingface-hub is not installed: run pip install huggingface-hub."
    (broken,) = problems(folders={"hub": gone})
    assert broken.sentence == "huggingface_hub cannot be imported (no module)."


def test_a_cache_of_which_nothing_is_known_is_told_as_it_is() -> None:
    (found,) = problems(folders={"cache": Folder(None, problem="HUMPCAT_CACHE is not set.")})
    assert found == Problem("cache", "HUMPCAT_CACHE is not set.")
