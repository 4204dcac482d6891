"""The shallow methods one by one: against skada, on known shifts, their solvers, and their memory."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import sklearn
from scipy.linalg import eigh
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from humpcat.domain_adaptation import row_sparse as row_sparse_module
from humpcat.domain_adaptation.coral import CORAL
from humpcat.domain_adaptation.jdar import JDAR
from humpcat.domain_adaptation.row_sparse import Dual, Primal, row_sparse
from humpcat.domain_adaptation.svm import SourceSVM
from humpcat.domain_adaptation.tca import TCA
from humpcat.domain_adaptation.tsdsl import TSDSL
from humpcat.errors import AdaptationError, SettingsError

# As where the methods use it: skada turns scikit-learn's metadata routing on, which other tests would not bear.
with sklearn.config_context():
    import skada


def source_only_cues(seed=0, n=300, kept=40, lost=18):
    """Forty weak cues that both corpora have, and eighteen strong ones that are noise in the target."""
    rng = np.random.default_rng(seed)
    centres = 0.7 * rng.normal(size=(3, kept))
    strong = 3.0 * np.tile(np.eye(3), (1, lost // 3))
    labels, other = rng.integers(0, 3, n), rng.integers(0, 3, n)
    source = np.hstack([centres[labels], strong[labels]]) + rng.normal(size=(n, kept + lost))
    target = np.hstack([centres[other], np.zeros((n, lost))]) + rng.normal(size=(n, kept + lost))
    return source, labels, target, other


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("method", [JDAR, TSDSL])
def test_cues_that_the_target_lacks_cost_the_svm_what_adaptation_recovers(method, seed):
    source, labels, target, other = source_only_cues(seed)
    without = SourceSVM().fit(source, labels, target).score(target, other)
    within = SourceSVM().fit(source[:, :40], labels, target[:, :40]).score(target[:, :40], other)
    model = method().fit(source, labels, target)
    assert without < within - 0.1
    assert model.score(target, other) > (without + within) / 2
    weights = np.linalg.norm(model.coef_ if method is JDAR else model.components_, axis=1)
    # In the source each strong cue is worth several weak ones.
    assert weights[40:].max() < weights[:40].max()


def test_without_alignment_nothing_is_recovered():
    source, labels, target, other = source_only_cues()
    for method in (JDAR, TSDSL):
        aligned = method().fit(source, labels, target).score(target, other)
        assert method(alignment=0).fit(source, labels, target).score(target, other) < aligned - 0.1


@pytest.mark.parametrize("features", [20, 500])
def test_the_objectives_fall(features):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 80)
    source = rng.normal(size=(80, features)) + np.eye(3, features)[labels]
    target = 2 * rng.normal(size=(60, features)) + np.eye(3, features)[rng.integers(0, 3, 60)]
    subspace = TSDSL(tolerance=1e-9, neighbours=1).fit(source, labels, target)
    regression = JDAR(tolerance=1e-9).fit(source, labels, target)
    assert sum(regression.steps_) == len(regression.objective_)
    rounds = np.split(regression.objective_, np.cumsum(regression.steps_)[:-1])
    assert len(subspace.objective_) > 5
    assert len(rounds[0]) > 5
    for objective in (subspace.objective_, *rounds):
        assert (np.diff(objective) <= 1e-12 * abs(objective[0])).all()


def test_tsdsls_objective_is_that_of_its_docstring():
    source, labels, target, _ = source_only_cues(n=60)
    model = TSDSL(alignment=0.5, sparsity=0.2, neighbours=2).fit(source, labels, target)
    x, z = (StandardScaler().fit_transform(values) for values in (source, target))
    one_hot = np.eye(3)[labels] - np.eye(3)[labels].mean(axis=0)
    p = model.components_
    # The best scores for this projection have covariance 1 (Procrustes).
    root = np.diag(1 / np.sqrt(np.bincount(labels) / 60))
    left, _, right = np.linalg.svd(root @ one_hot.T @ x @ p / 60, full_matrices=False)
    error = np.sum((x @ p - one_hot @ root @ left @ right) ** 2) / 60
    apart = []
    for clips, others in ((x, z), (z, x)):
        for clip in clips:
            nearest = others[np.argsort(np.sum((others - clip) ** 2, axis=1))[:2]]
            apart += [np.sum(((clip - other) @ p) ** 2) for other in nearest]
    wanted = error + 0.5 * np.mean(apart) + 0.2 * np.linalg.norm(p, axis=1).sum()
    assert model.objective_[-1] == pytest.approx(wanted, rel=1e-4)


def test_tsdsl_without_its_penalties_is_linear_discriminant_analysis():
    source, labels, target, _ = source_only_cues()
    model = TSDSL(alignment=0, sparsity=1e-9).fit(source, labels, target)
    x = StandardScaler().fit_transform(source)
    means = np.stack([x[labels == c].mean(axis=0) for c in range(3)])[labels]
    wanted = eigh(means.T @ means, x.T @ x)[1][:, -2:]
    ours, theirs = np.linalg.qr(model.components_)[0], np.linalg.qr(wanted)[0]
    assert np.linalg.svd(ours.T @ theirs)[1] == pytest.approx([1, 1], abs=1e-6)


def test_jdars_objective_is_that_of_its_docstring():
    source, labels, target, _ = source_only_cues(n=90)
    model = JDAR(alignment=2.0, sparsity=0.05, rounds=1).fit(source, labels, target)
    x, z = (StandardScaler().fit_transform(values) for values in (source, target))
    one_hot = np.eye(3)[labels] - np.eye(3)[labels].mean(axis=0)
    first = np.linalg.solve(x.T @ x / 90 + np.eye(58), x.T @ one_hot / 90)
    given = (z @ first + np.eye(3)[labels].mean(axis=0)).argmax(axis=1)
    w = model.coef_
    apart = [np.sum(((x[labels == c].mean(axis=0) - z[given == c].mean(axis=0)) @ w) ** 2) for c in range(3)]
    wanted = np.sum((x @ w - one_hot) ** 2) / 90 + 2.0 * sum(apart) + 0.05 * np.linalg.norm(w, axis=1).sum()
    assert model.objective_[-1] == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (JDAR(steps=0), "steps=0: expected 1 or more."),
        (JDAR(rounds=0), "rounds=0: expected 1 or more."),
        (JDAR(ridge=0), "ridge=0: expected a positive number."),
        (TSDSL(neighbours=0), "neighbours=0: expected 1 or more."),
        (TSDSL(n_components=0), "n_components=0: expected 1 or more."),
    ],
)
def test_numbers_out_of_range_are_refused(model, message):
    source, labels, target, _ = source_only_cues(n=30)
    with pytest.raises(SettingsError) as caught:
        model.fit(source, labels, target)
    assert str(caught.value) == message


@pytest.mark.parametrize("method", [JDAR, TSDSL])
@pytest.mark.parametrize("weights", [{"sparsity": 0.0}, {"alignment": -1.0}, {"sparsity": np.nan}])
def test_weights_out_of_range_are_refused(method, weights):
    source, labels, target, _ = source_only_cues(n=30)
    with pytest.raises(SettingsError, match=r"^alignment=.*: expected alignment of 0 or more and sparsity above 0"):
        method(**weights).fit(source, labels, target)


def test_primal_and_dual_agree():
    rng = np.random.default_rng(0)
    rows, responses, more = rng.normal(size=(30, 20)), rng.normal(size=(30, 2)), rng.normal(size=(4, 20))
    penalty = rng.uniform(0.1, 10, 20)
    primal = Primal(rows.T @ rows, rows.T @ responses).plus(more)
    dual = Dual(rows, responses).plus(more)
    wanted = np.linalg.solve(rows.T @ rows + more.T @ more + np.diag(penalty), rows.T @ responses)
    assert primal.solve(penalty) == pytest.approx(wanted, abs=1e-10)
    assert dual.solve(penalty) == pytest.approx(wanted, abs=1e-10)
    assert dual.times(wanted) == pytest.approx(primal.times(wanted), abs=1e-9)


def test_tsdsl_finds_the_same_subspace_in_either_form(monkeypatch):
    source, labels, target, _ = source_only_cues(n=60)
    found = []
    for share in (0.0, 10.0):
        monkeypatch.setattr(row_sparse_module, "DUAL_BELOW", share)
        model = TSDSL().fit(source, labels, target)
        found.append((model.transform(target), model.objective_))
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-9)
    # Of two dimensions of equal importance any rotation is as good, and so is any sign.
    assert found[0][0] @ found[0][0].T == pytest.approx(found[1][0] @ found[1][0].T, abs=1e-6)


def test_a_penalty_above_the_slope_at_zero_leaves_no_feature():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 8))
    responses = rng.normal(size=(50, 1))
    problem = Primal(rows.T @ rows, rows.T @ responses)
    most = 2 * np.abs(rows.T @ responses).max()
    constant = float(np.sum(responses**2))
    none = row_sparse(problem, 1.5 * most, constant=constant, steps=200, tolerance=0)
    some = row_sparse(problem, 0.5 * most, constant=constant, steps=200, tolerance=0)
    assert np.abs(none.weights).max() < 1e-4
    assert np.abs(some.weights).max() > 1e-3


def test_tca_is_skadas():
    source, labels, target, _ = source_only_cues(n=60)
    model = TCA(n_components=6).fit(source, labels, target)
    x, z = (StandardScaler().fit_transform(values) for values in (source, target))
    values, domains = np.vstack([x, z]), np.repeat([1, -2], 60)
    theirs = skada.TransferComponentAnalysisAdapter(kernel="rbf", n_components=6, mu=0.1)
    components = theirs.fit_transform(values, sample_domain=domains)
    assert model.transform(target) == pytest.approx(components[60:], abs=1e-9)
    scale = components[:60].std(axis=0).max()
    machine = LinearSVC(C=model.C, random_state=0).fit(components[:60] / scale, labels)
    assert np.array_equal(model.predict(target), machine.predict(components[60:] / scale))


def test_coral_is_skadas():
    source, labels, target, _ = source_only_cues(n=60)
    x, z = (StandardScaler().fit_transform(values) for values in (source, target))
    values, domains = np.vstack([x, z]), np.repeat([1, -2], 60)
    aligned = skada.CORALAdapter(reg=0.3).fit_transform(values, sample_domain=domains)
    model = CORAL(regularization=0.3).fit(source, labels, target)
    machine = LinearSVC(C=model.C, random_state=0).fit(aligned[:60], labels)
    assert np.array_equal(model.predict(target), machine.predict(aligned[60:]))


def test_coral_says_when_a_covariance_has_no_root():
    source, labels, target, _ = source_only_cues(n=60)
    with pytest.raises(
        AdaptationError, match=r"^CORAL found no root of the covariance of 60 source or 2 target clips"
    ):
        CORAL().fit(source, labels, target[:2])


def test_tca_refuses_what_would_not_fit_into_memory():
    source = np.zeros((50_000, 1))
    source[::2] = 1
    with pytest.raises(
        AdaptationError,
        match=r"^TCA of 50000 source and 50000 target clips needs about 745 GiB for its kernel matrices, expected at "
        r"most memory_limit=8 GiB: fit it to fewer clips, raise memory_limit, or choose CORAL, JDAR or TSDSL",
    ):
        TCA().fit(source, np.arange(50_000) % 2, source)


@pytest.mark.parametrize("method", [JDAR, TSDSL, SourceSVM, CORAL])
def test_memory_does_not_grow_with_the_square_of_the_clips(method):
    rng = np.random.default_rng(0)
    labels = np.arange(6000) % 2
    source = rng.normal(size=(6000, 3)) + labels[:, None]
    CORAL().fit(source[:50], labels[:50])
    tracemalloc.start()
    method().fit(source, labels, source)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A matrix of clips by clips would take 288 MB.
    assert peak < 60e6


def test_without_skada_the_way_to_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "skada", None)
    source, labels, target, _ = source_only_cues(n=30)
    for method in (TCA, CORAL):
        with pytest.raises(
            AdaptationError, match=r"needs the package skada, which is not installed: run pip install skada"
        ):
            method().fit(source, labels, target)


def test_skada_leaves_scikit_learns_settings_as_they_were():
    code = (
        "import numpy as np, sklearn; from humpcat.domain_adaptation.coral import CORAL; x = np.random.randn(60, 3);"
        "CORAL(regularization=0.1).fit(x, np.arange(60) % 2, x);"
        "assert not sklearn.get_config()['enable_metadata_routing']"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
