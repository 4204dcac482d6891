"""What is asked for beside labels and scores, and of what cannot be used."""

from dataclasses import dataclass
from typing import Any

from humpcat.channels import EACH
from humpcat.errors import CheckpointError, SettingsError
from humpcat.inference.answers import Answer
from humpcat.inference.embedding import Vector, require_encoder

RAISE, REPORT = "raise", "report"
"""What happens to a clip that cannot be used."""


@dataclass(frozen=True)
class Further:
    """What is asked for beside labels and scores.

    Attributes:
        embeddings: whether each clip's vector is wanted.
        segments: whether each clip's segments are.
        report: whether what cannot be used is reported, and the others go on.
    """

    embeddings: bool = False
    segments: bool = False
    report: bool = False

    def require(self, model: Any, extractor: Any, channel: str | int | None) -> None:
        """Refuse what a model cannot give, before anything is decoded.

        Args:
            model: the model.
            extractor: makes its inputs.
            channel: which channel is heard.

        Raises:
            CheckpointError: the model has no hidden states, or hears no speech.
            SettingsError: segments are wanted of each channel.
        """
        if self.embeddings:
            require_encoder(model)
        if self.segments:
            require_speech(model, extractor)
            if channel == EACH:
                raise SettingsError(
                    "return_timestamps: gives the segments of one channel, channel 'each' was given: call segments() "
                    "with that channel."
                )

    def beside(self, answer: Answer, embedding: Vector | None) -> Any:
        """Return a clip's answer, as a dict where more than labels and scores is asked for.

        Args:
            answer: labels and scores.
            embedding: the clip's vector; None where there is no speech, or nobody asked.
        """
        if not self.embeddings and not self.segments:
            return answer
        return {"answer": answer} | ({"embedding": embedding} if self.embeddings else {})


def require_speech(model: Any, extractor: Any) -> None:
    """Refuse a model that does not look for speech, of which segments are made.

    Args:
        model: the model.
        extractor: makes its inputs.

    Raises:
        CheckpointError: it hears clips as they are.
    """
    if not extractor.hears_speech:
        raise CheckpointError(
            f"a model of the class {type(model).__name__} hears clips as they are, and looks for no speech: "
            "segments need a HuMP-CAT model."
        )


def reports(on_error: str) -> bool:
    """Return whether a clip that cannot be used is reported, and the others go on.

    Args:
        on_error: "raise" or "report".

    Raises:
        SettingsError: it is neither.

    Example:
        >>> reports("report"), reports("raise")
        (True, False)
        >>> reports("ignore")
        Traceback (most recent call last):
        humpcat.errors.SettingsError: on_error 'ignore': expected raise or report.
    """
    if on_error not in (RAISE, REPORT):
        raise SettingsError(f"on_error {on_error!r}: expected {RAISE} or {REPORT}.")
    return on_error == REPORT
