import pytest

from humpcat.training.trainer.schedule import cosine_with_warmup, step_schedule


def test_the_cosine_rises_over_a_tenth_and_ends_at_zero():
    factors = [cosine_with_warmup(done, 1000) for done in range(1001)]
    assert factors[0] < 0.02
    assert max(factors) == factors[100] == 1
    assert factors[-1] == pytest.approx(0)
    assert factors[:101] == sorted(factors[:101])


@pytest.mark.parametrize("batches", [1, 7, 143])
def test_steps_come_with_the_first_batch_of_their_epoch_whatever_the_number_of_batches(batches):
    schedule, total = step_schedule(epochs=30, every=10, factor=0.1), 30 * batches
    factors = [schedule(done, total) for done in range(total)]
    assert factors == [0.1 ** (done // batches // 10) for done in range(total)]
