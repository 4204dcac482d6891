import numpy as np

from humpcat.protocols import Split
from humpcat.protocols.cross_validation import few, learning_amounts


def test_few_clips_of_each_class_or_all_there_are() -> None:
    classes = {f"{name}{index}": name for name, count in (("a", 9), ("b", 2)) for index in range(count)}
    drawn = few(tuple(classes), classes, 3, np.random.default_rng(0))
    assert sorted(classes[clip_id] for clip_id in drawn) == ["a", "a", "a", "b", "b"]
    assert drawn == few(tuple(reversed(classes)), classes, 3, np.random.default_rng(0))
    assert drawn != few(tuple(classes), classes, 3, np.random.default_rng(1))


def test_amounts_double_until_nearly_all_clips_are_taken() -> None:
    classes = {f"{name}{index}": name for name in "abcd" for index in range(10)}
    fold = Split("x", 0, "", train=tuple(classes)[:38], test=tuple(classes)[38:])
    assert learning_amounts([fold], classes) == {1: 4.0, 2: 8.0, 4: 16.0}
