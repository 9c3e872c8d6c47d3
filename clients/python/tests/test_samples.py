"""Goal: what cannot be samples or labels is refused in words, before anything is taken or lost."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import millrace
from conftest import Array, Start, masked
from millrace.online import row_of, rows_of

WRONG_DTYPES = ["complex64", "complex128", "datetime64[ns]", "timedelta64[s]"]


def as_object(dtype: str) -> Array:
    """(2, 4) objects, among them one of numpy's scalars."""
    array = np.full((2, 4), 1.0, dtype=object)
    array[1, 2] = np.ones(1, dtype)[0]
    return array


@pytest.fixture(autouse=True)
def no_mere_warnings() -> Any:
    """An error is what is expected, not numpy's warning that something is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("dtype", WRONG_DTYPES)
def test_what_is_no_number_is_no_feature(start: Start, dtype: str) -> None:
    daemon = start()
    words = rf"X holds {dtype.replace('[', '.').replace(']', '.')}\. .*TRY: "
    with daemon.producer() as producer, daemon.client() as client:
        for X in (np.ones((2, 4), dtype), np.ones((2, 4), dtype).tolist(), as_object(dtype)):
            if "ns" in dtype and isinstance(X, list):
                continue  # tolist has made integers of them.
            with pytest.raises(millrace.SampleError) as raised:
                producer.send(X, [0, 1])
            if isinstance(X, np.ndarray):
                assert raised.match(words)
            with pytest.raises(millrace.SampleError):
                client.predict(X)
        assert producer.next == 1


def test_records_are_no_features(start: Start) -> None:
    with start().producer() as producer:
        with pytest.raises(millrace.SampleError, match="structured_to_unstructured"):
            producer.send(np.zeros(4, [("a", "f4")]), [0])
        assert producer.next == 1


def test_masked_entries_are_not_sent(start: Start) -> None:
    daemon = start()
    words = r"X holds a masked array \(float32\) with 1 masked entries.*TRY: leaving"
    with daemon.producer() as producer, daemon.client() as client:
        for X in (masked((2, 4)), [masked((4,)), masked((4,))]):
            with pytest.raises(millrace.SampleError, match="masked entries"):
                producer.send(X, [0, 1])
        with pytest.raises(millrace.SampleError, match=words):
            client.predict(masked((2, 4)))
        for y in (masked((2,), "i4"), [0, np.ma.masked]):
            with pytest.raises(millrace.SampleError, match="y holds a masked array"):
                producer.send(np.ones((2, 4)), y)
        with pytest.raises(millrace.SampleError, match="samples holds a masked array"):
            producer.label(masked((2,), "i4"), [0, 1])
        assert producer.next == 1
        # A mask that hides nothing leaves nothing out.
        whole = np.ma.masked_array(np.ones((2, 4)), mask=False)
        assert producer.send(whole, np.ma.masked_array([0, 1])) == range(1, 3)


@pytest.mark.parametrize("dtype", WRONG_DTYPES)
@pytest.mark.parametrize("options", [{"targets": 1, "classes": None}, {}, {"classes": [0, 1, 2]}])
def test_what_is_no_number_is_no_label(start: Start, dtype: str, options: Any) -> None:
    daemon = start(**options)
    classes = (0, 1, 2) if options.get("classes") else None
    with daemon.producer(classes=classes) as producer:
        with pytest.raises(millrace.SampleError, match=f"y holds {dtype.partition('[')[0]}"):
            producer.send(np.ones((2, 4)), np.ones(2, dtype))
        if options.get("targets"):
            with pytest.raises(millrace.SampleError, match="masked"):
                producer.send(np.ones((2, 4)), masked((2,)))
        assert producer.next == 1


def test_classes_need_one_dimension(start: Start) -> None:
    X = np.ones((2, 1))
    named = start(features=1, classes=["good", "worn"])
    cases: list[Any] = [np.array([["good"], ["good"]]), [["good"], ["good"]], [{"good": 1}] * 2]
    with named.producer("p") as producer:
        for y in cases:
            with pytest.raises(millrace.SampleError, match="classes need one dimension"):
                producer.send(X, y)
        assert producer.next == 1
    counted: list[Any] = [[[0], [1]], np.array([[0, 1], [1, 0]]), np.array([[0], [1]])]
    with start(features=1, classes=2).producer("p") as producer:
        for y in counted:
            with pytest.raises(millrace.SampleError, match=r"TRY: np\.ravel"):
                producer.send(X, y)
        assert producer.next == 1
        producer.send(X, np.ravel(counted[2]))


def test_targets_are_rows_and_not_columns(start: Start) -> None:
    X, y = np.ones((3, 4)), np.arange(6.0).reshape(3, 2)
    with start(classes=None, targets=2).producer("p") as producer:
        with pytest.raises(millrace.SampleError, match=r"shape \(2, 3\); 3 samples need \(3, 2\)"):
            producer.send(X, y.T)
        assert producer.next == 1
        assert producer.send(X, y) == range(1, 4)
        assert producer.send(X[:1], y[0]) == range(4, 5)


def test_members_of_a_list_stay_as_they_are(start: Start) -> None:
    classes: list[Any] = [(1, 2), "a", (3,)]
    daemon = start(features=1, classes=classes)
    with daemon.producer("p") as producer:
        assert producer.send(np.ones((3, 1)), [(3,), (1, 2), "a"]) == range(1, 4)


def test_rivers_samples() -> None:
    for value in (np.complex64(1j), np.datetime64(5, "s"), np.timedelta64(5, "s"), np.ma.masked):
        with pytest.raises(millrace.SampleError, match="feature 'b' holds"):
            row_of({"a": 1.0, "b": value}, ["a", "b"], 0.0)
    assert row_of({"a": np.float32(1.5)}, ["a", "b"], 0.0).tolist() == [[1.5, 0.0]]
    columns: list[Any] = [*(np.ones(2, dtype) for dtype in WRONG_DTYPES), masked((2,))]
    for column in columns:
        with pytest.raises(millrace.SampleError, match="feature 'b' holds"):
            rows_of({"a": [1.0, 2.0], "b": column}, ["a", "b"], 0.0)
    with pytest.raises(millrace.SampleError, match="X holds a masked array"):
        rows_of(masked((2, 2)), ["a", "b"], 0.0)


def test_river_estimators(start: Start) -> None:
    river = pytest.importorskip("millrace.river")
    model = river.MillraceRegressor(daemon=start(features=1, classes=None, targets=1))
    x = [{"a": 1.0}, {"a": 2.0}]
    wrong: list[Any] = [masked((2,)), *(np.ones(2, dtype) for dtype in WRONG_DTYPES)]
    for y in wrong:
        with pytest.raises(millrace.SampleError, match="y holds"):
            model.learn_many(x, y)
        with pytest.raises(millrace.SampleError, match="y holds"):
            model.learn_one(x[0], y[0])
    model.learn_many(x, [1.0, 2.0])
    assert model.model.status().samples == 2
    model.close()
