import numpy as np
import pytest
import torch

from humpcat.models.humpcat.configuration import OWN_STREAMS
from humpcat.models.humpcat.masking import masked

from ...training.data.test_examples import dataset


@pytest.fixture(name="batch")
def _batch():
    clips = dataset([40, 17, 400])
    return clips.collate([clips[index] for index in range(3)])


def test_what_is_hidden_is_the_mean_in_one_stretch_of_time_and_one_of_values(batch) -> None:
    found = masked(batch, 0.5, np.random.default_rng(1))
    for name in OWN_STREAMS:
        hidden = (found[name] != batch[name]).flatten(1, -3).any(1) if name == "hidden" else found[name] != batch[name]
        for row in range(3):
            time, value = hidden[row].all(1), hidden[row].all(0)
            assert torch.equal(hidden[row], time[:, None] | value[None])
            for stretch in (time, value):
                edges = np.flatnonzero(np.diff(stretch.numpy().astype(int), prepend=0, append=0))
                assert len(edges) in (0, 2)
                assert stretch.float().mean() <= 0.5 + 1 / len(stretch)
        mean = batch["statistics"][name][:, 0].unsqueeze(-2).expand_as(batch[name])
        changed = found[name] != batch[name]
        assert changed.any()
        assert torch.equal(found[name][changed], mean[changed])


def test_a_short_clip_is_not_hidden_beyond_its_end(batch) -> None:
    for seed in range(20):
        found = masked(batch, 0.5, np.random.default_rng(seed))
        whole = (found["mfcc"][1] != batch["mfcc"][1]).sum(1)
        values = int(whole[17:].max())
        assert (whole[17:] == values).all()


def test_the_summary_and_the_batch_itself_are_left_alone(batch) -> None:
    before = {name: value.clone() for name, value in batch.items() if isinstance(value, torch.Tensor)}
    found = masked(batch, 0.5, np.random.default_rng(0))
    assert all(torch.equal(batch[name], value) for name, value in before.items())
    assert set(found) == set(batch)
    assert all(found[name] is batch[name] for name in ("pooled", "functionals", "labels", "lengths"))


def test_the_same_generator_hides_the_same(batch) -> None:
    first, second, third = (masked(batch, 0.5, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(first["mfcc"], second["mfcc"])
    assert not torch.equal(first["mfcc"], third["mfcc"])
