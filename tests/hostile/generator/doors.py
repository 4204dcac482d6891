"""Open hostile files by the public doors, and say what was wrong with what came back."""

import math
import resource
import signal
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from humpcat import audio
from humpcat.corpora.own import own_corpus
from humpcat.errors import HumpcatError
from humpcat.features.computing import heard
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore
from humpcat.inference.pipeline import pipeline, predict
from humpcat.shown import one_line
from tests.stores import get

from .audio import RATE, AudioCases, voice
from .case import ANSWERED, FLAGGED, REFUSED, Case, Cases
from .checkpoints import CheckpointCases
from .stores import StoreCases
from .tables import TableCases

SECONDS = 30
"""How long one case may take, far more than any does."""

MEGABYTES = 1024
"""By how much one case may raise the highest memory that the process has had."""

LONGEST_SENTENCE = 5000


class HangError(BaseException):
    """Nothing came back in time; no handler of ordinary errors takes it for one."""


class Door(ABC):
    """What opens the cases of one kind.

    Args:
        folder: for cases and what stands beside them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cases = self.maker()(folder / "cases")

    @abstractmethod
    def maker(self) -> type[Cases]:
        """Return what makes the cases."""

    @abstractmethod
    def open(self, case: Case) -> tuple[str, str]:
        """Open a case.

        Args:
            case: what is opened.

        Returns:
            "answered", "flagged" or "refused", and the sentence if it was refused.

        Raises:
            AssertionError: what came back is wrong.
        """


class AudioDoor(Door):
    """Whole files, headers and parts of files; a good clip before and after each in the same call."""

    def maker(self) -> type[Cases]:
        return AudioCases

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.good = [folder / "good.wav", folder / "better.flac"]
        for path, seconds in zip(self.good, (0.3, 0.4), strict=True):
            soundfile.write(path, voice(seconds), RATE)
        self.pipe = pipeline(CheckpointCases(folder / "model").good)
        self.expected = [answer for _, answer in predict(self.good, self.pipe)]

    def open(self, case: Case) -> tuple[str, str]:
        for door in (audio.probe, audio.fingerprint, lambda path: audio.load(f"{path}#t=0.05,0.2")):
            refused_in_words(lambda door=door: door(case.path), case)
        first, found, last = (answer for _, answer in predict([self.good[0], case.path, self.good[1]], self.pipe))
        for answer, expected in zip((first, last), self.expected, strict=True):
            same(answer, expected)
        if isinstance(found, str):
            check_sentence(found, case)
            return REFUSED, found
        normalised(found)
        return (FLAGGED if "flags" in found[0] else ANSWERED), ""


class TableDoor(Door):
    """Tables of one's own clips."""

    def maker(self) -> type[Cases]:
        return TableCases

    def open(self, case: Case) -> tuple[str, str]:
        place = case.path.parent if case.path.stem == "metadata" else case.path

        def read() -> Any:
            corpus = own_corpus(place, audio_folder=None)
            return corpus.scan(corpus.find())

        scan, said = refused_in_words(read, case)
        if scan is None:
            return REFUSED, said
        for problem in scan.problems:
            # As they are printed: they hold names as they are.
            told = f"{problem.path}: {problem.reason}" if hasattr(problem, "reason") else str(problem)
            check_text(one_line(told))
        rows = scan.rows
        assert len(set(rows["id"])) == len(rows), "two rows of one id"
        for row in rows:
            duration = row["duration"]
            assert duration is None or (math.isfinite(duration) and duration > 0), f"a duration of {duration}"
        return ANSWERED, ""


class CheckpointDoor(Door):
    """Model folders with their encoder, each asked for one answer."""

    def maker(self) -> type[Cases]:
        return CheckpointCases

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.clip = {"array": voice(0.3), "sampling_rate": RATE}

    def open(self, case: Case) -> tuple[str, str]:
        answer, said = refused_in_words(lambda: pipeline(case.path)(self.clip), case)
        if answer is None:
            return REFUSED, said
        normalised(answer)
        return ANSWERED, ""


class StoreDoor(Door):
    """A store that two clips are read from, one entry of which is damaged: computed again or its own, never else."""

    def maker(self) -> type[Cases]:
        return StoreCases

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        assert isinstance(self.cases, StoreCases)
        self.paths = {name: str(path) for name, path in self.cases.clips.items()}
        mfcc = Mfcc()
        self.expected = {
            name: mfcc.extract([heard(mfcc, audio.load(path))])[0]["mfcc"] for name, path in self.paths.items()
        }

    def open(self, case: Case) -> tuple[str, str]:
        store = FeatureStore(case.path)
        for name, path in self.paths.items():
            found = get(store, Mfcc(), audio.fingerprint(path))
            assert found is None or np.array_equal(found["mfcc"], self.expected[name]), f"other features of {name}"

        def read() -> Any:
            stored = extract(self.paths, [Mfcc()], store, show_progress=False, max_bad_share=0.5)
            return {name: stored.read(name, "mfcc") for name in self.paths}

        values, said = refused_in_words(read, case)
        if values is None:
            return REFUSED, said
        for name, expected in self.expected.items():
            assert values[name].dtype == expected.dtype, name
            assert np.array_equal(values[name], expected), name
        return ANSWERED, ""


DOORS: dict[str, type[Door]] = {
    "audio": AudioDoor,
    "tables": TableDoor,
    "checkpoints": CheckpointDoor,
    "stores": StoreDoor,
}


def fault_of(door: Door, case: Case) -> str:
    """Open a case and return in one line what is wrong with the product, empty if nothing is.

    Args:
        door: of the case's kind.
        case: what is opened.
    """
    before = _peak()
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome, said = door.open(case)
    except HangError:
        return f"hangs for {SECONDS} s"
    # Whatever is not in humpcat's words is a finding, AssertionError of the checks among them.
    except Exception as error:
        cause = error.__cause__ or error.__context__
        frames = _places(error)
        return f"{type(error).__name__}: {str(error)[:300]!r} at {frames}" + (
            f" after {cause!r:.100}" if cause else ""
        )
    grown = _peak() - before
    if grown > MEGABYTES:
        return f"takes {grown:.0f} MB"
    expected = case.expectation
    if expected in (ANSWERED, FLAGGED, REFUSED) and outcome != expected:
        return f"{outcome}, expected {expected} {said}"
    return ""


def refused_in_words(call: Callable[[], Any], case: Case) -> tuple[Any, str]:
    """Return what a call gives, or None and the sentence by which it refuses.

    Args:
        call: opens the case.
        case: what is opened.
    """
    try:
        return call(), ""
    except HumpcatError as error:
        check_sentence(str(error), case)
        return None, str(error)


def check_sentence(text: str, case: Case) -> None:
    """Refuse what is not one line that names the case.

    Args:
        text: of an error.
        case: what was opened.
    """
    check_text(text)
    names = (case.path.name, case.path.stem, case.path.parent.name)
    assert any(name in text for name in names), f"does not name the file: {text}"


def check_text(text: str) -> None:
    """Refuse what cannot be printed on one line.

    Args:
        text: of an error or a problem.
    """
    assert 0 < len(text) <= LONGEST_SENTENCE, f"{len(text)} characters: {text[:200]}"
    assert text.isprintable(), f"not printable: {text!r:.300}"


def normalised(answer: Sequence[dict[str, Any]]) -> None:
    """Refuse an answer whose scores are no probabilities.

    Args:
        answer: of one clip.
    """
    scores = [row["score"] for row in answer]
    assert all(math.isfinite(score) and 0 <= score <= 1 for score in scores), f"scores {scores}"
    assert abs(sum(scores) - 1) < 1e-4, f"scores {scores}"
    assert all(isinstance(row["label"], str) for row in answer), f"labels {[row['label'] for row in answer]}"


def same(answer: Any, expected: Any) -> None:
    """Refuse another answer of a good clip than it has alone.

    Args:
        answer: of a clip beside a bad one.
        expected: of the clip beside good ones.
    """
    assert not isinstance(answer, str), f"a good clip is refused: {answer}"
    assert [row["label"] for row in answer] == [row["label"] for row in expected], "a good clip is answered otherwise"
    pairs = zip(answer, expected, strict=True)
    assert all(abs(row["score"] - other["score"]) < 1e-4 for row, other in pairs), "a good clip is answered otherwise"


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise :class:`HangError` where something does not end in time.

    Args:
        seconds: how long it may take.
    """

    def stop(*_: Any) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _peak() -> float:
    """Return the highest memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _places(error: BaseException) -> str:
    """Return the last places in humpcat that an error passed, and where it was raised."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append((code.co_filename, f"{Path(code.co_filename).name}:{trace.tb_lineno}"))
        trace = trace.tb_next
    own = [place for file, place in places if "/humpcat/" in file and "/tests/" not in file][-2:]
    return " ".join([*own, places[-1][1]]) if places else ""
