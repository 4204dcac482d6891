"""Which torch and torchaudio load together, why others do not, and what mends it."""

from dataclasses import dataclass

from humpcat.environment.packages import installed_version
from humpcat.imports import import_fault, missing_module


@dataclass(frozen=True)
class Pair:
    """Two versions that were tried together.

    Attributes:
        torch: version of torch.
        torchaudio: version of torchaudio.
        fault: part of the error where torchaudio does not load; empty where it does.
    """

    torch: str
    torchaudio: str
    fault: str = ""

    @property
    def command(self) -> str:
        """What installs the pair."""
        return f"pip install torch=={self.torch} torchaudio=={self.torchaudio}"


PAIRS = (
    Pair("2.14.1", "2.11.1"),
    Pair("2.15.0", "2.11.1"),
    Pair("2.11.0", "2.11.0"),
    Pair("2.6.0", "2.6.0"),
    Pair("2.11.0", "2.11.1", "torch_exception_get_what_without_backtrace"),
    Pair("2.13.0+cpu", "2.11.0", "libc10_cuda.so"),
    Pair("2.13.0+cpu", "2.11.1", "libc10_cuda.so"),
)
"""What was tried, first the pair of ``constraints.txt``; a version that names no build, such as ``+cpu``, is that of
the Python index."""

CAUSES = (
    ("torch_exception_get_what_without_backtrace", "it is made for a later torch"),
    ("libc10_cuda", "it is made for a torch with CUDA, and this one has none"),
    ("libtorch_cuda", "it is made for a torch with CUDA, and this one has none"),
    ("libcudart", "it is made for another version of CUDA"),
    ("different CUDA versions", "it is made for another version of CUDA"),
    ("undefined symbol", "it is made for another torch"),
)
"""What an error of torchaudio holds, and what that means; the first that fits counts."""


def torchaudio_problem(error: Exception) -> str:
    """Return in one sentence why torchaudio cannot be used here, and what mends that.

    Args:
        error: what its import raised.
    """
    missing = missing_module(error) == "torchaudio"
    version = None if missing else installed_version("torchaudio") or "of unknown version"
    return pair_problem(installed_version("torch"), version, import_fault(error))


def pair_problem(torch: str | None, torchaudio: str | None, fault: str) -> str:
    """Return in one sentence what is wrong with a pair of which torchaudio does not load, and what mends it.

    Args:
        torch: version of torch; None if it is not known.
        torchaudio: version of torchaudio; None if it is not installed.
        fault: the error of its import.

    Example:
        >>> print(pair_problem("2.11.0", None, ""))
        torchaudio is not installed, so librosa computes the MFCC, with the same values: run pip install torch==2.11.0
        torchaudio==2.11.0.
    """
    if torchaudio is None:
        return f"torchaudio is not installed, so librosa computes the MFCC, with the same values: run {_mend(torch)}."
    cause = next((f", for {meaning}" for sign, meaning in CAUSES if sign in fault), "")
    return (
        f"torchaudio {torchaudio} does not load with torch {torch or 'of unknown version'}{cause} ({fault}), so "
        f"librosa computes the MFCC, with the same values: run {_mend(torch)}."
    )


def known_to_load(torch: str | None, torchaudio: str | None) -> bool | None:
    """Return whether a pair that was tried loads; None for one that was not.

    Args:
        torch: version of torch.
        torchaudio: version of torchaudio.

    Example:
        >>> [known_to_load("2.11.0", torchaudio) for torchaudio in ("2.11.0", "2.11.1", "2.12.0")]
        [True, False, None]
    """
    return next((not pair.fault for pair in PAIRS if (pair.torch, pair.torchaudio) == (torch, torchaudio)), None)


def good_pair(torch: str | None = None) -> Pair:
    """Return a pair that loads: of this torch, if one was tried, or the first.

    Args:
        torch: version of torch.
    """
    good = [pair for pair in PAIRS if not pair.fault]
    return next((pair for pair in good if pair.torch == torch), good[0])


def _mend(torch: str | None) -> str:
    build = (torch or "").partition("+")[2]
    if build.startswith(("cpu", "cu", "rocm", "xpu")):
        # A build that is not the Python index' has its torchaudio where it comes from itself.
        return f"pip install --force-reinstall --no-deps torchaudio with the --index-url that torch +{build} came from"
    return good_pair(torch).command
