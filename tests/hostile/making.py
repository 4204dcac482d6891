"""Checkpoints that ask for what they must not, made from a good one; nothing hostile is kept in the repository."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"


def change_config(folder: Path, **values: Any) -> None:
    """Put values into a checkpoint's configuration."""
    path = folder / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def change_weight(folder: Path, name: str, value: float) -> None:
    """Fill a weight with one value."""
    weights = load_file(folder / WEIGHTS)
    weights[name] = torch.full_like(weights[name], value)
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})


def add_code(folder: Path, mark: Path) -> None:
    """Let a checkpoint name code of its own, which leaves a mark if it is ever imported."""
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')\nclass Evil: pass\nclass EvilConfig: pass\n")
    change_config(folder, model_type="evil", auto_map={"AutoConfig": "evil.EvilConfig", "AutoModel": "evil.Evil"})


def add_index(folder: Path, file: str, mark: Path) -> None:
    """Let an index name a pickle that leaves a mark if it is ever opened."""

    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str, str]]:
            return open, (str(mark), "w")

    weights = load_file(folder / WEIGHTS)
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"weight": Evil()}, target)
    index = {"metadata": {}, "weight_map": dict.fromkeys(weights, file)}
    (folder / INDEX).write_text(json.dumps(index))
    (folder / WEIGHTS).rename(folder / "decoy.safetensors")


class Leaving:
    """What leaves a mark if it is ever unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (str(self.mark), "w")
