"""The sample is balanced over classes and speakers, whatever the order of the clips."""

from collections import Counter

from humpcat.robustness.clips import CheckedClip
from humpcat.robustness.sample import balanced


def clips(per_class: dict[str, int], speakers: int) -> list[CheckedClip]:
    return [
        CheckedClip(f"{name}-{speaker}-{take}", "", name, speaker=f"s{speaker}")
        for name, count in per_class.items()
        for speaker in range(speakers)
        for take in range(count)
    ]


def test_classes_and_speakers_are_even() -> None:
    for most in (7, 20, 41):
        sample = balanced(clips({"a": 9, "b": 4, "c": 6}, 5), most, seed=0)
        assert len({clip.id for clip in sample}) == most
        for counts in (Counter(clip.gold for clip in sample), Counter(clip.speaker for clip in sample)):
            assert max(counts.values()) - min(counts.values()) <= 1


def test_a_class_of_few_clips_leaves_its_share_to_the_others() -> None:
    sample = balanced(clips({"a": 20, "b": 1}, 2), 12, seed=0)
    assert Counter(clip.gold for clip in sample) == {"a": 10, "b": 2}


def test_the_order_of_clips_changes_nothing_and_the_seed_does() -> None:
    every = clips({"a": 9, "b": 4}, 5)
    assert balanced(every, 10, seed=3) == balanced(every[::-1], 10, seed=3)
    assert balanced(every, 10, seed=3) != balanced(every, 10, seed=4)
    assert balanced(every, 1000, seed=3) == sorted(every, key=lambda clip: clip.id)


def test_clips_without_labels_and_speakers_are_drawn_too() -> None:
    assert len(balanced([CheckedClip(str(number), "") for number in range(30)], 12, seed=0)) == 12
