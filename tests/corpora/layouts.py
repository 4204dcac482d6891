"""Writing the trees of the corpora: one short clip, linked under every name."""

import importlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile

from .trees import Tree

SOME = 40
"""How many clips a tree keeps where the counts do not matter."""


def all_trees() -> dict[str, Tree]:
    """Return the tree of every corpus that has one, by registered name."""
    found: dict[str, Tree] = {}
    for file in sorted((Path(__file__).parent / "trees").glob("[a-z]*.py")):
        module = importlib.import_module(f".trees.{file.stem}", __package__)
        for tree in getattr(module, "TREES", None) or (module.TREE,):
            found[tree.corpus] = tree
    return found


def write_files(root: Path, paths: Iterable[str]) -> None:
    """Write a tenth of a second of sound at each path; files of one suffix are links to one file."""
    written: dict[str, Path] = {}
    folders: set[Path] = set()
    for path in paths:
        file = root / path
        if file.parent not in folders:
            file.parent.mkdir(parents=True, exist_ok=True)
            folders.add(file.parent)
        if file.suffix in written:
            os.link(written[file.suffix], file)
        else:
            soundfile.write(file, 0.1 * np.sin(np.arange(1600) / 12), 16_000)
            written[file.suffix] = file


def write_tree(root: Path, tree: Tree) -> Path:
    """Write a tree's clips and texts below ``root``, and return ``root``."""
    write_files(root, (*tree.clips, *tree.apart, *tree.silent))
    for path, text in tree.texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def some_of(tree: Tree) -> Tree:
    """Return the tree with about ``SOME`` of its clips, from all over it."""
    return replace(tree, clips=tree.clips[:: max(1, len(tree.clips) // SOME)], apart=(), silent=())


def flattened(tree: Tree) -> Tree | None:
    """Return the tree as one folder, None where the names do not allow that."""
    if tree.flattened is None:
        return None
    texts = {PurePosixPath(path).name: text for path, text in tree.texts.items()}
    return replace(tree, clips=[tree.flattened(path) for path in tree.clips], texts=texts)


def deeper(tree: Tree) -> Tree:
    """Return the tree below one folder more."""
    texts = {f"unpacked/{path}": text for path, text in tree.texts.items()}
    return replace(tree, clips=[f"unpacked/{path}" for path in tree.clips], texts=texts)


def converted(tree: Tree) -> Tree:
    """Return the tree with its clips in another format."""
    return replace(tree, clips=[str(PurePosixPath(path).with_suffix(tree.suffix)) for path in tree.clips])


def delete(root: Path, pattern: str) -> None:
    """Delete what matches a pattern, folders with all that is in them."""
    found = list(root.glob(pattern))
    assert found, f"nothing to delete at {pattern}"
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
