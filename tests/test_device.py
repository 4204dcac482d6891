import threading
from collections.abc import Iterator

import pytest
import torch

from humpcat.device import default_device, fastest_dtype, on_all_cores


@pytest.mark.parametrize(("there", "expected"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_used_if_there_is_one(there: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: there)
    assert default_device() == torch.device(expected)


@pytest.mark.parametrize("native", [True, False])
def test_bfloat16_is_used_where_it_is_native(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda: native)
    monkeypatch.setattr("torch.backends.mkldnn.is_available", lambda: native)
    monkeypatch.setattr("torch.ops.mkldnn._is_mkldnn_bf16_supported", lambda: native)
    for device in ("cuda", "cpu"):
        assert fastest_dtype(torch.device(device)) == (torch.bfloat16 if native else torch.float32)


def test_many_items_are_computed_at_once_on_one_core_each_and_given_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("humpcat.device.own_cores", lambda: 3)
    usual = torch.get_num_threads()
    together = threading.Barrier(3, timeout=60)

    def computed(item: int) -> tuple[int, int, int]:
        # Passed only where three compute at the same time.
        together.wait()
        return item, torch.get_num_threads(), threading.get_ident()

    found = list(on_all_cores(computed, range(9)))
    assert [item for item, _, _ in found] == list(range(9))
    assert {cores for _, cores, _ in found} == {1}
    assert threading.get_ident() not in {thread for _, _, thread in found}
    assert torch.get_num_threads() == usual


@pytest.mark.parametrize(("cores", "items"), [(1, 3), (3, 1), (3, 0)])
def test_one_core_or_one_item_need_no_threads(cores: int, items: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humpcat.device.own_cores", lambda: cores)
    assert list(on_all_cores(lambda _: threading.get_ident(), range(items))) == [threading.get_ident()] * items


def test_few_items_are_taken_before_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humpcat.device.own_cores", lambda: 2)
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(threading.get_ident())
            yield item

    found = on_all_cores(lambda item: item, items())
    assert next(found) == 0
    assert len(taken) <= 4
    assert set(taken) == {threading.get_ident()}
    found.close()
    assert len(taken) <= 4


def test_what_one_item_raises_comes_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humpcat.device.own_cores", lambda: 2)
    found = on_all_cores(lambda item: 1 // item, [1, 1, 0, 1])
    assert [next(found), next(found)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(found)
