"""Every corpus in its owner's layout: whole, with a part missing, with strange and damaged files, moved, converted."""

from collections import Counter

import pytest

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

from .layouts import all_trees, converted, deeper, delete, flattened, some_of, write_files, write_tree

TREES = all_trees()
every_corpus = pytest.mark.parametrize("name", sorted(TREES))


def corpus_of(tree, monkeypatch):
    """Return the corpus, with the counts of a reduced tree in place of the published ones."""
    corpus = CORPORA[tree.corpus]
    if tree.expected is not None:
        monkeypatch.setattr(corpus, "expected", tree.expected)
    if tree.expected_speakers != "published":
        monkeypatch.setattr(corpus, "expected_speakers", tree.expected_speakers)
    return corpus


def test_every_registered_corpus_has_a_tree():
    assert sorted(TREES) == sorted(corpus.name for corpus in CORPORA)


@every_corpus
def test_whole_corpus_has_nothing_to_complain_of(tmp_path, monkeypatch, name):
    tree = TREES[name]
    scan = corpus_of(tree, monkeypatch).scan(write_tree(tmp_path, tree))
    assert len(scan.rows) == len(tree.clips)
    assert scan.warnings == []
    declared = Counter([*tree.problems, *([Kind.APART] if tree.apart else [])])
    assert Counter(problem.kind for problem in scan.problems) == declared, scan.problems


@every_corpus
def test_missing_part_is_said(tmp_path, monkeypatch, name):
    tree = TREES[name]
    delete(write_tree(tmp_path, tree), tree.missing_folder)
    scan = corpus_of(tree, monkeypatch).scan(tmp_path)
    assert 0 < len(scan.rows) < len(tree.clips)
    said = [*scan.warnings, *(f"{p.path}: {p.reason}" for p in scan.problems if p.kind == Kind.MISSING)]
    assert any(tree.missing_says in sentence for sentence in said), said


@every_corpus
def test_foreign_file_is_said(tmp_path, name):
    tree = some_of(TREES[name])
    write_tree(tmp_path, tree)
    write_files(tmp_path, [tree.foreign])
    (tmp_path / "notes.txt").write_text("not audio, not looked at", encoding="utf-8")
    (tmp_path / ".hidden.wav").write_bytes(b"")
    scan = CORPORA[name].scan(tmp_path)
    assert len(scan.rows) == len(tree.clips)
    found = [(problem.path, problem.kind) for problem in scan.problems if problem.kind != Kind.MISSING]
    assert found == [(str(tmp_path / tree.foreign), tree.foreign_kind)]


@every_corpus
def test_truncated_clip_is_said(tmp_path, name):
    tree = some_of(TREES[name])
    damaged = write_tree(tmp_path, tree) / tree.clips[-1]
    whole = damaged.read_bytes()
    # Unlinked first: the other clips are the same file.
    damaged.unlink()
    damaged.write_bytes(whole[: len(whole) // 3])
    scan = CORPORA[name].scan(tmp_path)
    assert len(scan.rows) == len(tree.clips) - 1
    (problem,) = [problem for problem in scan.problems if problem.kind == Kind.UNUSABLE]
    assert problem.path == str(damaged)
    assert "is cut off" in problem.reason


@every_corpus
@pytest.mark.parametrize("copied", [flattened, deeper, converted])
def test_copy_has_the_same_ids(tmp_path, name, copied):
    tree = some_of(TREES[name])
    copy = copied(tree)
    if copy is None:
        assert copied is flattened
        return
    owner = CORPORA[name].scan(write_tree(tmp_path / "owner", tree))
    other = CORPORA[name].scan(write_tree(tmp_path / "copy", copy))
    assert len(owner.rows) == len(tree.clips)
    for column in ("id", "label", "speaker", "sentence"):
        assert other.rows[column] == owner.rows[column]
