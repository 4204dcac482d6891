"""A file as it would have been recorded otherwise: what features of distorted copies are computed of."""

import hashlib
from dataclasses import dataclass
from typing import Any

from humpcat import audio
from humpcat.distortions import DISTORTIONS, generator_of


@dataclass(frozen=True)
class DistortedFile:
    """A file and what is done to it, which stands wherever features of a file are asked for.

    Attributes:
        path: the file, or a part of one.
        distortion: name of one of :data:`humpcat.distortions.DISTORTIONS`.
        seed: of what the distortion draws at random; each file has draws of its own.
    """

    path: str
    distortion: str
    seed: int

    def __str__(self) -> str:
        return f"{self.path} ({self.distortion})"

    def fingerprint(self, content: str) -> str:
        """Return a hash of what the file holds and of what is done to it, 32 hexadecimal digits.

        Args:
            content: hash of the file, see :func:`humpcat.audio.fingerprint`.
        """
        done = f"{content} {self.distortion} {DISTORTIONS[self.distortion].version} {self.seed}"
        return hashlib.blake2b(done.encode(), digest_size=16).hexdigest()

    def recording(self) -> dict[str, Any]:
        """Return the distorted samples and their rate, as :func:`humpcat.audio.load` takes them.

        Raises:
            AudioError: the file cannot be read.
        """
        distortion = DISTORTIONS[self.distortion]
        # Drawn by what the file holds, so that it does not matter where it lies.
        drawn = generator_of(self.seed, self.distortion, audio.fingerprint(self.path))
        return {"array": distortion(audio.load(self.path), drawn), "sampling_rate": distortion.sampling_rate}
