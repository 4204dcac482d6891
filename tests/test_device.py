import pytest
import torch

from humpcat.device import default_device, fastest_dtype


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
