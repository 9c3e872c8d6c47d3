"""Goal: a drop-in for River, whose predictions are those of a defined state."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import Array, Start
from millrace import SampleError

pytest.importorskip("river")
from river import base, datasets, evaluate, metrics, preprocessing
from river import stream as river_stream

from millrace.river import MillraceAnomalyDetector, MillraceClassifier, MillraceRegressor

pytestmark = pytest.mark.usefixtures("millraced")
Sample = dict[str, float]


@pytest.fixture
def samples(stream: tuple[Array, Array]) -> list[tuple[Sample, int]]:
    X, y = stream
    names = ["a", "b", "c", "d"]
    return [
        (dict(zip(names, map(float, row), strict=True)), int(label))
        for row, label in zip(X[:300], y[:300], strict=True)
    ]


@pytest.fixture
def models() -> Iterator[list[Any]]:
    made: list[Any] = []
    yield made
    for model in made:
        model.close()


def digest(model: Any) -> str:
    return str(model.model.status().state_digest)


def test_progressive_val_score(models: list[Any]) -> None:
    model = MillraceClassifier(classes=[False, True], rate=0.05)
    models.append(model)
    data = datasets.Phishing()
    score = evaluate.progressive_val_score(data, model, metrics.Accuracy())
    assert score.get() > 0.85
    # Test-then-train is exact: the daemon, which scores each sample before it learns it, agrees.
    assert model.model.status().figures["overall"] == pytest.approx(score.get(), abs=1e-9)


def test_no_label_is_lost(start: Start, counted: Path, models: list[Any]) -> None:
    rows = [({"a": float(at), "b": 1.0}, (-1, 1)[at % 2]) for at in range(8)]
    models += [MillraceClassifier(classes=[-1, 1]), MillraceClassifier(daemon=start(str(counted)))]
    for x, y in rows:
        models[0].learn_one(x, y)
    assert models[0].model.status().producer("river").learned == 8
    with pytest.raises(SampleError, match=r"-1 is not one of the classes: 0, 1, 2\. TRY: None"):
        models[1].learn_one(*rows[0])
    models[1].learn_many([x for x, _ in rows], [0, 1, 2, None, 2, 1, 0, 0])
    assert models[1].model.status().producer("river").learned == 7
    assert models[1].predict_one(rows[0][0]) in {0, 1, 2}


def test_in_a_pipeline_with_delayed_labels(models: list[Any]) -> None:
    model = MillraceClassifier(classes=[False, True], exact=False)
    models.append(model)
    pipeline = preprocessing.StandardScaler() | model
    data = list(datasets.Phishing().take(400))
    moments = river_stream.simulate_qa(iter(data), moment=None, delay=20)
    assert sum(1 for _ in moments) == 800
    score = evaluate.progressive_val_score(iter(data), pipeline, metrics.Accuracy(), delay=20)
    assert score.get() > 0.6


def test_regression(models: list[Any]) -> None:
    model = MillraceRegressor()
    models.append(model)
    data = datasets.ChickWeights()
    score = evaluate.progressive_val_score(data, model, metrics.MAE())
    assert 0 < score.get() < 35
    assert model.model.status().figures["mae"] == pytest.approx(score.get(), rel=1e-4)


def test_an_anomaly_detector_scores_from_0_to_1(models: list[Any]) -> None:
    model = MillraceAnomalyDetector(hidden=(8, 1, 8), rate=0.05)
    models.append(model)
    generator = np.random.default_rng(2)
    hidden = generator.normal(size=4000)
    samples = [{"a": h, "b": -2 * h + 1, "c": 3 * h} for h in hidden.tolist()]
    scores = []
    for sample in samples[:120]:
        scores.append(model.score_one(sample))
        model.learn_one(sample)
    assert scores[:100] == [0.0] * 100
    assert max(scores[100:]) > 0.5
    model.learn_many(samples[120:])
    assert all(0 <= score <= 1 for score in model.score_many(samples[-20:]))
    assert model.score_one({"a": 1.0, "b": 3.0, "c": -3.0}) > 0.99


def test_learn_many_is_a_loop_of_learn_one(
    samples: list[tuple[Sample, int]], models: list[Any]
) -> None:
    one, many, columns = (MillraceClassifier(classes=[0, 1, 2]) for _ in range(3))
    models += [one, many, columns]
    for x, y in samples:
        one.learn_one(x, y)
    many.learn_many([x for x, _ in samples[:77]], [y for _, y in samples[:77]])
    many.learn_many([x for x, _ in samples[77:]], [y for _, y in samples[77:]])
    frame = {name: np.array([x[name] for x, _ in samples]) for name in "abcd"}
    columns.learn_many(frame, np.array([y for _, y in samples]))
    assert digest(one) == digest(many) == digest(columns)


def test_data_frames_in_and_out(samples: list[tuple[Sample, int]], models: list[Any]) -> None:
    pd = pytest.importorskip("pandas")
    one, frames = (MillraceClassifier(classes=[0, 1, 2]) for _ in range(2))
    value = MillraceRegressor()
    models += [one, frames, value]
    for x, y in samples:
        one.learn_one(x, y)
    X = pd.DataFrame([x for x, _ in samples], index=range(1000, 1300))
    y = pd.Series([y for _, y in samples], index=X.index)
    frames.learn_many(X, y)
    assert digest(one) == digest(frames)
    probabilities = frames.predict_proba_many(X)
    assert list(probabilities.columns) == [0, 1, 2]
    assert list(probabilities.index) == list(X.index)
    assert list(frames.predict_many(X[::-1])) == list(probabilities.idxmax(axis=1))[::-1]
    value.learn_many(X, y.astype(float))
    assert list(value.predict_many(X[:2]).index) == [1000, 1001]


def test_predictions_contain_what_was_learned(
    samples: list[tuple[Sample, int]], models: list[Any]
) -> None:
    model = MillraceClassifier(classes=[0, 1, 2])
    models.append(model)
    x, y = samples[0]
    before = model.predict_proba_one(x)
    assert sum(before.values()) == pytest.approx(1, abs=1e-5)
    for _ in range(20):
        model.learn_one(x, y)
        after = model.predict_proba_one(x)
        assert after[y] > before[y]
        before = after
    assert model.predict_one(x) == y
    rows = [x for x, _ in samples[:9]]
    assert model.predict_many(rows) == [model.predict_one(x) for x in rows]
    assert model.predict_proba_many(rows).shape == (9, 3)


def test_features_that_are_missing_or_new(models: list[Any]) -> None:
    one, other = (MillraceClassifier(classes=["n", "y"], missing=-1.0) for _ in range(2))
    models += [one, other]
    one.learn_one({"a": 1, "b": 2}, "y")
    one.learn_one({"b": 3, "new": 9}, "n")
    other.learn_one({"a": 1, "b": 2}, "y")
    other.learn_one({"a": -1, "b": 3}, "n")
    assert digest(one) == digest(other)
    with pytest.raises(SampleError, match="feature 'a' is 'red'"):
        one.learn_one({"a": "red", "b": 1}, "y")
    with pytest.raises(SampleError, match="not one of the classes"):
        one.learn_one({"a": 1, "b": 1}, "maybe")


def test_a_daemon_that_runs(start: Start, samples: list[tuple[Sample, int]]) -> None:
    daemon = start(classes=["x", "y", "z"], feature_names=["d", "c", "b", "a"])
    for given in (daemon, daemon.state):
        model = MillraceClassifier(daemon=given)
        for x, y in samples[:20]:
            model.learn_one(x, "xyz"[y])
        assert model.predict_one(samples[0][0]) in "xyz"
        assert model._names == ["d", "c", "b", "a"]
        model.close()
    assert daemon.is_running
    with daemon.client() as client:
        assert client.status().samples == 40
    with pytest.raises(ValueError, match="2 classes, but the daemon has 3"):
        MillraceClassifier(classes=[0, 1], daemon=daemon.state).learn_one({"a": 0}, 1)


def test_an_estimator_like_others(models: list[Any]) -> None:
    model = MillraceClassifier(classes=[0, 1], hidden=(4,))
    assert isinstance(model, base.Classifier)
    twin = model.clone({"rate": 0.5})
    assert (twin.hidden, twin.rate, twin.classes) == ((4,), 0.5, [0, 1])
    pickle.loads(pickle.dumps(model))
    models.append(model)
    model.learn_one({"a": 1.0}, 1)
    assert model.clone()._online is None
    with pytest.raises(TypeError, match="checkpoint_save"):
        pickle.dumps(model)
    with pytest.raises(ValueError, match="classes must be known"):
        MillraceClassifier().learn_one({"a": 1.0}, 1)
