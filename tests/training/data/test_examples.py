import numpy as np
import torch

from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.standardization import measure
from humpcat.training.data.examples import ClipDataset

LAYERS, WIDTH, GROUP = 2, 3, 4


class InMemory(dict):
    """Features that are not on disk."""

    def merge(self, other: "InMemory") -> "InMemory":
        return InMemory({**self, **other})

    def read(self, clip_id: str, name: str) -> np.ndarray:
        return self[clip_id][name]


def features(frames: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "hidden": rng.normal(size=(LAYERS, -(-frames // GROUP), WIDTH)).astype(np.float16),
        "pooled": rng.normal(size=(LAYERS, WIDTH)).astype(np.float32),
        "mfcc": rng.normal(size=(frames, 40)).astype(np.float32),
        "prosody": rng.normal(size=(frames, 8)).astype(np.float32),
        "functionals": rng.normal(size=22).astype(np.float32),
    }


def dataset(frames: list[int], name: str = "toy", seed: int = 0) -> ClipDataset:
    ids = [f"{name}/{index}" for index in range(len(frames))]
    made = InMemory(
        {id_: features(count, seed + index) for index, (id_, count) in enumerate(zip(ids, frames, strict=True))}
    )
    return ClipDataset(
        ids=ids,
        labels=[index % 4 for index in range(len(frames))],
        lengths=[count / 50 for count in frames],
        features=made,
        statistics={"whole": measure(made.values())},
        group_of=dict.fromkeys(ids, "whole"),
    )


def test_statistics_that_one_part_lacks_are_left_out() -> None:
    ours, theirs = dataset([8], "a"), dataset([12], "b", seed=5)
    theirs.statistics["whole"].pop("mfcc_pooled")
    joined = ours.join(theirs)
    names = set(joined.collate([joined[0], joined[1]])["statistics"])
    assert names == set(ours.statistics["whole"]) - {"mfcc_pooled"}


def test_joined_clips_keep_their_own_statistics() -> None:
    ours, theirs = dataset([8, 9], "a"), dataset([12], "b", seed=5)
    joined = ours.join(theirs)
    assert (len(joined), list(joined.ids), list(joined.labels)) == (3, ["a/0", "a/1", "b/0"], [0, 1, 0])
    assert [joined[index]["group"] for index in range(3)] == ["0 whole", "0 whole", "1 whole"]
    batch = joined.collate([joined[index] for index in (2, 0)])
    for name in ours.statistics["whole"]:
        assert torch.equal(batch["statistics"][name][0], theirs.statistics["whole"][name])
        assert torch.equal(batch["statistics"][name][1], ours.statistics["whole"][name])


def test_shapes_of_a_batch_and_zeros_beyond_the_end() -> None:
    clips = dataset([9, 17, 4])
    batch = clips.collate([clips[index] for index in (0, 1, 2)])
    assert {name: tuple(value.shape) for name, value in batch.items() if isinstance(value, torch.Tensor)} == {
        "hidden": (3, LAYERS, 5, WIDTH),
        "pooled": (3, LAYERS, WIDTH),
        "mfcc": (3, 17, 40),
        "prosody": (3, 17, 8),
        "functionals": (3, 22),
        "lengths": (3,),
        "labels": (3,),
    }
    assert batch["lengths"].tolist() == [9 * FRAME_SAMPLES, 17 * FRAME_SAMPLES, 4 * FRAME_SAMPLES]
    assert (batch["labels"].tolist(), batch["index"]) == ([0, 1, 2], [0, 1, 2])
    assert not batch["mfcc"][0, 9:].any()
    assert not batch["hidden"][2, :, 1:].any()
    assert all(batch[name].dtype == torch.float32 for name in ("hidden", "pooled", "mfcc", "prosody", "functionals"))


def test_the_order_of_examples_moves_nothing_to_another_clip() -> None:
    clips = dataset([9, 17, 4, 30])
    order = [2, 0, 3, 1]
    batch = clips.collate([clips[index] for index in order])
    for row, index in enumerate(batch["index"]):
        clip = clips.features[clips.ids[index]]
        assert index == order[row]
        assert batch["labels"][row] == clips.labels[index]
        assert np.array_equal(batch["mfcc"][row, : len(clip["mfcc"])].numpy(), clip["mfcc"])
        assert np.array_equal(batch["functionals"][row].numpy(), clip["functionals"])
