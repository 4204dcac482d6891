"""RAVDESS, all of its speech, with some song and video beside it."""

from . import Tree

TREE = Tree(
    corpus="ravdess",
    clips=[
        f"Actor_{actor:02}/03-01-0{emotion}-0{intensity}-0{statement}-0{repetition}-{actor:02}.wav"
        for actor in range(1, 25)
        for emotion in range(1, 9)
        # Neutral was not recorded at strong intensity.
        for intensity in ((1,) if emotion == 1 else (1, 2))
        for statement in (1, 2)
        for repetition in (1, 2)
    ],
    missing_folder="Actor_12",
    missing_says="nothing of speaker 12",
    apart=("Actor_01/03-02-05-01-01-01-01.wav", "Actor_01/01-01-05-01-01-01-01.wav"),
)
