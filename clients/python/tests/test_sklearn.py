"""Goal: estimators that scikit-learn takes for its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Array, Start, masked

pytest.importorskip("sklearn")
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import (
    check_estimators_dtypes,
    check_n_features_in,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
)

from millrace.errors import SampleError
from millrace.sklearn import MillraceClassifier, MillraceRegressor

pytestmark = pytest.mark.usefixtures("millraced")


@pytest.fixture
def models() -> Iterator[list[Any]]:
    made: list[Any] = []
    yield made
    for model in made:
        model.close()


def iris() -> tuple[Array, Array]:
    X, y = load_iris(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(y))
    return X[order], np.array(["setosa", "versicolor", "virginica"])[y[order]]


def test_classification_in_a_pipeline(models: list[Any]) -> None:
    X, y = iris()
    model = MillraceClassifier(hidden=(16,), rate=0.05, epochs=10)
    models.append(model)
    pipeline = make_pipeline(StandardScaler(), model)
    assert pipeline.fit(X[:100], y[:100]).score(X[100:], y[100:]) > 0.85
    assert pipeline.predict_proba(X[:7]).sum(axis=1) == pytest.approx(np.ones(7), abs=1e-5)
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]
    assert model.n_features_in_ == 4


def test_partial_fit_in_any_batches_is_the_same_state(models: list[Any]) -> None:
    X, y = iris()
    classes = np.unique(y)
    digests = []
    for step in (1, 7, 150):
        model = MillraceClassifier()
        models.append(model)
        for at in range(0, len(y), step):
            model.partial_fit(X[at : at + step], y[at : at + step], classes=classes)
        digests.append(model.model.status().state_digest)
    whole = MillraceClassifier().fit(X, y)
    models.append(whole)
    assert {*digests, whole.model.status().state_digest} == {digests[0]}
    again = whole.fit(X, y)  # fit begins afresh.
    assert again.model.status().state_digest == digests[0]


def test_regression(models: list[Any]) -> None:
    X, y = load_diabetes(return_X_y=True)
    model = MillraceRegressor(epochs=20)
    models.append(model)
    assert model.fit(X, y).score(X, y) > 0.4
    assert model.predict(X[:5]).shape == (5,)
    double = MillraceRegressor()
    models.append(double)
    double.partial_fit(X, np.stack([y, -y], axis=1))
    assert double.predict(X[:5]).shape == (5, 2)


def test_clone_parameters_and_tags(models: list[Any]) -> None:
    model = MillraceClassifier(rate=0.5, settings={"learning.momentum": 0.5})
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert twin.set_params(rate=0.25).rate == 0.25
    assert "rate=0.5" in repr(model)
    assert is_classifier(model)
    assert is_regressor(MillraceRegressor())
    assert get_tags(model).classifier_tags is not None
    assert get_tags(MillraceRegressor()).target_tags.required
    with pytest.raises(NotFittedError):
        model.predict([[1.0]])


def test_searches_and_cross_validation() -> None:
    X, y = iris()
    scores = cross_val_score(MillraceClassifier(epochs=3), X, y, cv=3)
    assert scores.min() > 0.5
    search = GridSearchCV(MillraceClassifier(epochs=2), {"rate": [0.001, 0.05]}, cv=2)
    assert search.fit(X, y).best_params_ == {"rate": 0.05}
    search.best_estimator_.close()


def test_a_daemon_that_runs(start: Start) -> None:
    X, y = iris()
    daemon = start(X=X, y=y)
    model = MillraceClassifier(daemon=daemon).partial_fit(X[:90], y[:90])
    assert model.predict(X[90:]).shape == (60,)
    with pytest.raises(ValueError, match="partial_fit"):
        model.fit(X, y)
    model.close()
    assert daemon.is_running


def test_no_label_is_lost(start: Start, counted: Path, models: list[Any]) -> None:
    X, y = np.arange(16, dtype=np.float32).reshape(8, 2), np.array([-1, 1] * 4)
    for labels in (y, y.astype(float), y - 1):
        models.append(MillraceClassifier().fit(X, labels))
        assert models[-1].classes_.tolist() == np.unique(labels).tolist()
        assert models[-1].model.status().producer("sklearn").learned == 8
    for options in ({"X": X, "classes": 3}, {"config": str(counted)}):
        model = MillraceClassifier(daemon=start(**options))
        models.append(model)
        with pytest.raises(SampleError, match="-1 is not one of the classes: 0, 1, 2"):
            model.partial_fit(X, y)
        model.partial_fit(X, np.arange(8) % 3)
        assert model.model.status().producer("sklearn").learned == 8
        assert set(model.predict(X)) <= {0, 1, 2}
    with pytest.raises(ValueError, match="2 classes, but the daemon has 3: 0, 1, 2"):
        MillraceClassifier(daemon=start(str(counted))).partial_fit(X, y, classes=[-1, 1])


def test_mistakes() -> None:
    X, y = iris()
    with pytest.raises(ValueError, match="needs classes="):
        MillraceClassifier().partial_fit(X, y)
    with pytest.raises(ValueError, match="at least two classes"):
        MillraceClassifier().fit(X, ["a"] * len(X))
    with pytest.raises(ValueError, match="NaN"):
        MillraceClassifier().fit(np.full((3, 2), np.nan), [0, 1, 0])


@pytest.mark.filterwarnings("ignore:.*valid feature names")
@pytest.mark.parametrize("kind", [MillraceClassifier, MillraceRegressor])
def test_what_fit_cannot_learn_leaves_what_was_learned(kind: Any, models: list[Any]) -> None:
    pandas = pytest.importorskip("pandas")
    X, y = np.arange(16, dtype=np.float32).reshape(8, 2), np.arange(8) % 2
    model = kind()
    models.append(model)
    model.fit(pandas.DataFrame(X, columns=["a", "b"]), y)
    before, pid = dict(vars(model)), model.model.daemon.pid
    hole = X.copy()
    hole[3, 1] = np.nan
    wrong: list[tuple[Any, Any, str]] = [
        (hole, y, "NaN"),
        (pandas.DataFrame(hole, columns=["c", "d"]), y, "NaN|feature names"),
        (X[:, :1], y[:5], "inconsistent"),
        (masked((8, 2)), y, "X holds a masked array"),
        (X, masked((8,), "i4"), "y holds a masked array"),
        (X.astype("m8[s]"), y, "X holds timedelta64"),
        (X.astype("M8[s]"), y, "X holds datetime64"),
        (X.astype(complex), y, "X holds complex128. Complex data not supported"),
        (X, y.astype("M8[s]"), "y holds datetime64"),
    ]
    if kind is MillraceClassifier:
        wrong.append((X, y * 0, "at least two classes"))
    for features, labels, words in wrong:
        for learn in (model.fit, model.partial_fit):
            if learn == model.partial_fit and "classes" in words:
                continue
            with pytest.raises(ValueError, match=words):
                learn(features, labels)
    for features in (masked((8, 2)), X.astype("m8[s]"), X.astype(complex)):
        with pytest.raises(SampleError, match="X holds"):
            model.predict(features)
    assert vars(model).keys() == before.keys()
    assert model.feature_names_in_.tolist() == ["a", "b"]
    assert model.model.daemon.pid == pid
    assert model.predict(pandas.DataFrame(X, columns=["a", "b"])).shape == (8,)
    assert model.model.status().samples == 8


@pytest.mark.parametrize("estimator", [MillraceClassifier(), MillraceRegressor()])
@pytest.mark.parametrize(
    "check",
    [
        check_no_attributes_set_in_init,
        check_parameters_default_constructible,
        check_n_features_in,
        check_estimators_dtypes,
    ],
)
def test_scikit_learns_own_checks(check: Any, estimator: Any) -> None:
    check(type(estimator).__name__, estimator)


def test_millrace_needs_neither() -> None:
    code = "import sys, millrace; print(sorted({'river', 'sklearn', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
