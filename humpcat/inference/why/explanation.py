"""What is said of why a clip was answered as it was, as plain values."""

from dataclasses import asdict, dataclass
from typing import Any

from humpcat.features.voice_figures import Difference, Figures
from humpcat.flags import Flag


@dataclass(frozen=True)
class Stretch:
    """What a stretch of a recording said for the label.

    Attributes:
        start: where it begins, in seconds from the beginning of the recording.
        end: where it ends.
        value: its contribution to the label's centred logit, above 0 for the label, below 0 against it; or how much it
            is read.
    """

    start: float
    end: float
    value: float


@dataclass(frozen=True)
class Explanation:
    """Why a clip was answered as it was.

    Attributes:
        label: the most probable class.
        scores: class to probability, most probable first.
        contributions: term to class to contribution, in logits less their mean over classes: what is above 0 speaks
            for a class, and the terms of a class add up to its centred logit. Terms are "encoder layer N", the names
            of further streams and arrays, "bias" (what is said of a clip that is average in everything) and "fusion";
            those that the model gives no weight are left out.
        over_time: what each stretch of 0.1 s said for the label, the last may be shorter; their sum is that of the
            contributions of ``timed`` to the label. Empty where no term is a sum of frames.
        timed: the terms that ``over_time`` divides.
        attention: stream to how much each of its steps is read by the other, in multiples of what it would be if all
            steps were read alike; empty where the fusion has no say, or does not attend.
        prosody: figures by name, see :class:`humpcat.features.voice_figures.Voice`; None where a clip has none.
        against_speaker: the same beside what is usual for the speaker; empty without a reference.
        f0: time in seconds from the beginning of the recording and F0 in Hz, of each voiced frame of 20 ms.
        flags: what keeps the answer from being believed.
        notes: what could not be said, a sentence each.
    """

    label: str
    scores: dict[str, float]
    contributions: dict[str, dict[str, float]]
    over_time: list[Stretch]
    timed: tuple[str, ...]
    attention: dict[str, list[Stretch]]
    prosody: Figures
    against_speaker: dict[str, Difference]
    f0: list[tuple[float, float]]
    flags: tuple[Flag, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def logits(self) -> dict[str, float]:
        """Centred logit of each class: the sum of its contributions."""
        return {name: sum(term[name] for term in self.contributions.values()) for name in self.scores}

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON has them."""
        return asdict(self)
