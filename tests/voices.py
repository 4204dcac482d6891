"""Speech for tests: toy voices of Praat's synthesiser, which a network that finds speech takes for speech."""

from functools import cache
from itertools import islice

import numpy as np
import numpy.typing as npt

from humpcat.corpora.toy.layouts import LAYOUTS
from humpcat.corpora.toy.voices import draw_voice, speak


@cache
def voice(number: int = 0, corpus: str = "emodb") -> npt.NDArray[np.float32]:
    """Return one utterance, 16 kHz.

    Args:
        number: which; neighbours differ in speaker or emotion.
        corpus: whose layout and text it has.
    """
    layout = LAYOUTS[corpus]
    clips = list(islice(layout.clips(layout), 0, None, 7))
    clip = clips[number % len(clips)]
    generator = np.random.default_rng(number)
    spoken = speak(clip, layout, draw_voice(layout.speakers[clip.speaker], generator), generator)
    return np.asarray(spoken, dtype=np.float32)
