from pathlib import Path

import pytest

from humpcat.environment import torch_pairs as module
from humpcat.environment.torch_pairs import PAIRS, good_pair, known_to_load, pair_problem, torchaudio_problem

NO_SYMBOL = "_torchaudio.abi3.so: undefined symbol: torch_exception_get_what_without_backtrace"
LIBROSA = "so librosa computes the MFCC, with the same values: run "
NO_CUDA = "libc10_cuda.so: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize(
    ("torch", "torchaudio", "fault", "sentence"),
    [
        (
            "2.11.0",
            "2.11.1",
            NO_SYMBOL,
            f"torchaudio 2.11.1 does not load with torch 2.11.0, for it is made for a later torch ({NO_SYMBOL}), "
            f"{LIBROSA}pip install torch==2.11.0 torchaudio==2.11.0.",
        ),
        (
            "2.13.0+cpu",
            "2.11.1",
            NO_CUDA,
            "torchaudio 2.11.1 does not load with torch 2.13.0+cpu, for it is made for a torch with CUDA, and this "
            f"one has none ({NO_CUDA}), {LIBROSA}pip install --force-reinstall --no-deps "
            "torchaudio with the --index-url that torch +cpu came from.",
        ),
        (
            "2.10.0",
            "2.11.1",
            "something else",
            f"torchaudio 2.11.1 does not load with torch 2.10.0 (something else), {LIBROSA}"
            "pip install torch==2.14.1 torchaudio==2.11.1.",
        ),
        (
            "2.11.0",
            None,
            "No module named 'torchaudio'",
            f"torchaudio is not installed, {LIBROSA}pip install torch==2.11.0 torchaudio==2.11.0.",
        ),
    ],
)
def test_the_pair_the_reason_and_the_mend_are_named(
    torch: str, torchaudio: str | None, fault: str, sentence: str
) -> None:
    assert pair_problem(torch, torchaudio, fault) == sentence


def test_what_was_tried_is_known() -> None:
    assert known_to_load("2.11.0", "2.11.0") is True
    assert known_to_load("2.14.1", "2.11.1") is True
    assert known_to_load("2.11.0", "2.11.1") is False
    assert known_to_load("2.13.0+cpu", "2.11.0") is False
    assert known_to_load("2.12.0", "2.11.0") is None
    assert known_to_load(None, None) is None


def test_no_pair_that_does_not_load_is_advised() -> None:
    for pair in PAIRS:
        assert not good_pair(pair.torch).fault
    assert (good_pair("2.11.0").torch, good_pair("9.9.9").torch) == ("2.11.0", "2.14.1")


@pytest.mark.parametrize("kind", [OSError, RuntimeError, ImportError, AttributeError, SyntaxError])
def test_an_error_of_torchaudio_becomes_a_sentence(kind: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", {"torch": "2.11.0", "torchaudio": "2.11.1"}.get)
    assert torchaudio_problem(kind(f"/opt/lib/{NO_SYMBOL}")) == pair_problem("2.11.0", "2.11.1", NO_SYMBOL)


def test_torch_says_less_than_the_error_that_it_raises_its_own_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", {"torch": "2.11.0", "torchaudio": "2.11.1"}.get)
    error = OSError("Could not load this library: /opt/lib/_torchaudio.abi3.so")
    error.__cause__ = OSError(f"/opt/lib/{NO_SYMBOL}")
    assert torchaudio_problem(error) == pair_problem("2.11.0", "2.11.1", NO_SYMBOL)


def test_a_torchaudio_that_is_not_there_is_told_from_one_without_description(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "installed_version", {"torch": "2.11.0"}.get)
    missing = ModuleNotFoundError("No module named 'torchaudio'", name="torchaudio")
    assert torchaudio_problem(missing) == pair_problem("2.11.0", None, "")
    assert torchaudio_problem(OSError("broken")) == pair_problem("2.11.0", "of unknown version", "broken")


def test_the_lock_holds_the_pair_that_is_advised() -> None:
    lock = (Path(__file__).resolve().parents[2] / "constraints.txt").read_text(encoding="utf-8")
    for name in ("torch", "torchaudio"):
        assert f"\n{name}=={getattr(good_pair(), name)} ;" in lock
