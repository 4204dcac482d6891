"""Speech for tests: toy voices of Praat's synthesiser, which a network that finds speech takes for speech."""

from functools import cache

import numpy as np
import numpy.typing as npt

from humpcat.corpora.toy.layouts import LAYOUTS
from humpcat.corpora.toy.voices import draw_voice, speak


@cache
def _spoken(seed: int) -> npt.NDArray[np.float32]:
    layout = LAYOUTS["emodb"]
    generator = np.random.default_rng(seed)
    clip = layout.clips()[seed % len(layout.clips())]
    return np.asarray(speak(clip, layout, draw_voice(clip.voice, generator), generator), dtype=np.float32)
