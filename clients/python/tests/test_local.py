"""Goal: a private daemon starts from shapes, says why when it does not, and never outlives us."""

from __future__ import annotations

import copy
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millrace
from conftest import REPOSITORY, Array, Start, masked
from millrace.configuration import Plan, setting

CHILD = """
import sys, time, millrace
daemon = millrace.local(features=2, classes=2)
print(daemon.pid, daemon.state, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


def test_from_arrays(start: Start) -> None:
    X = np.zeros((5, 3), np.uint8)
    with start(X=X, y=["b", "a", "b", "c", "a"]).client() as client:
        schema = client.schema()
        assert (schema.element_type, schema.features) == ("u8", 3)
        assert schema.class_names == ["a", "b", "c"]
    with start(X=X.astype(float), y=np.zeros((5, 2))).client() as client:
        schema = client.schema()
        assert (schema.element_type, schema.task, schema.outputs) == ("f32", "regression", 2)
    with start(X=X.astype(np.int16)).client() as client:
        assert client.schema().task == "forecast"
        assert client.schema().element_type == "i16"


def test_the_dtype_of_y_decides_the_task(start: Start) -> None:
    X = np.zeros((4, 2), np.float32)
    classes: list[Any] = [
        [3, -1, 3, 3],
        [True, False] * 2,
        ["a", "b"] * 2,
        np.eye(4, dtype="u1")[0],
    ]
    for y in classes:
        assert start(X=X, y=y).classes == tuple(np.unique(y).tolist())
    for y in ([0.0, 1.0, 0.0, 1.0], [0, 1, 0, 1.5], np.ones(4, np.float16)):
        with start(X=X, y=y).client() as client:
            assert client.schema().task == "regression"
    assert start(X=X, y=[0.0, 1.0, 0.0, 1.0], classes=2).classes == (0, 1)
    with start(X=X, y=[0, 1, 0, 1], targets=1).client() as client:
        assert client.schema().task == "regression"


def test_a_forecast_takes_samples_without_labels(start: Start) -> None:
    wave = np.sin(np.arange(300)[:, None] / 5 + np.arange(2)).astype(np.float32)
    daemon = start(X=wave)
    with daemon.producer() as producer:
        producer.send(wave)
        with pytest.raises(millrace.SampleError, match="a forecast takes no labels"):
            producer.send(wave, wave)
        producer.flush()
        with daemon.client() as client:
            assert client.predict(wave[:3]).outputs.shape == (3, 2)
            assert client.status().samples >= 299


def test_a_forecast_of_several_steps(start: Start) -> None:
    wave = np.sin(np.arange(400)[:, None] / 5 + np.arange(2)).astype(np.float32)
    daemon = start(X=wave, steps=5, rate=0.05)
    with daemon.producer() as producer:
        producer.send(wave)
        producer.flush()
        with daemon.client() as client:
            schema = client.schema()
            assert (schema.task, schema.steps, schema.outputs) == ("forecast", 5, 10)
            prediction = client.predict(wave[:3])
            assert prediction.outputs.shape == (3, 5, 2)
            assert prediction.errors is None
            assert prediction.percentiles is None
            assert client.predict(wave[:0]).outputs.shape == (0, 5, 2)
            figures = client.status().figures
            assert [step["step"] for step in figures["steps"]] == [1, 2, 3, 4, 5]
            assert figures["samples"] == 395
            assert figures["steps"][4]["noChange"] > 2 * figures["steps"][0]["noChange"]


def test_an_autoencoder_says_how_unusual_samples_are(start: Start) -> None:
    generator = np.random.default_rng(1)
    hidden = generator.normal(size=(5000, 1))
    X = (hidden @ np.array([[1.0, -2.0, 0.5, 3.0]]) + 20).astype(np.float32)
    X += generator.normal(0, 0.05, X.shape).astype(np.float32)
    daemon = start(X=X, task="autoencoder", hidden=[8, 1, 8], rate=0.05)
    with daemon.producer() as producer, daemon.client() as client:
        early = client.predict(X[:2]).percentiles
        assert early is not None
        assert np.isnan(early).all()
        with pytest.raises(millrace.SampleError, match="an autoencoder takes no labels"):
            producer.send(X, X)
        producer.send(X)
        producer.flush()
        # The others say 2, the last says −2.
        odd = np.array([[22, 16, 21, 14]], np.float32)
        prediction = client.predict(np.concatenate([X[-200:], odd]))
        assert prediction.outputs.shape == (201, 4)
        assert prediction.errors is not None
        assert prediction.percentiles is not None
        assert 0.2 < prediction.percentiles[:200].mean() < 0.8
        assert prediction.percentiles[200] > 0.99
        figures = client.status().figures
        assert figures["task"] == "autoencoder"
        assert figures["mae"] < figures["meanBaseline"]
        assert 0 <= figures["anomalyPercentile"] <= 1


@pytest.mark.parametrize(
    "arguments", [{"task": "autoencoder", "steps": 2}, {"steps": 0}, {"task": "guess"},
                  {"y": [0, 1, 0], "task": "forecast"}],
)  # fmt: skip
def test_tasks_that_cannot_be(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"steps is|task is"):
        millrace.local(X=np.zeros((3, 2), np.float32), **arguments)  # type: ignore[arg-type]


def test_wide_samples_fit_their_frames(start: Start) -> None:
    X = np.zeros((3, 20_000), np.float32)
    daemon = start(X=X, y=[0, 1, 0], hidden=[4])
    with daemon.producer() as producer:
        producer.send(X, [0, 1, 0])
    with daemon.client() as client:
        assert len(client.predict(X)) == 3


@pytest.mark.parametrize("name", ["elec2", "mnist", "morse"])
def test_the_examples(start: Start, name: str) -> None:
    config = str(REPOSITORY / "examples" / f"{name}.toml")
    with start(config).client() as client:
        assert client.status().mode == "learning"


def test_a_kept_state_is_continued(start: Start, tmp_path: Path) -> None:
    daemon = start(state=tmp_path / "s")
    with daemon.producer() as producer:
        producer.send(np.ones((7, 4)), [1] * 7)
    daemon.stop()
    with start(state=tmp_path / "s").client() as client:
        assert client.status().samples == 7
    assert daemon.state.exists()


def test_stopping(start: Start) -> None:
    daemon = start()
    pid, state = daemon.pid, daemon.state
    assert copy.deepcopy(daemon) is daemon
    with daemon:
        assert is_alive(pid)
    assert not is_alive(pid)
    assert not state.exists()
    assert not daemon.is_running
    with pytest.raises(millrace.MillraceError, match="not running"):
        _ = daemon.pid


def test_collected_daemons_stop(millraced: Path) -> None:
    daemon = millrace.local(features=2, classes=2, millraced=millraced)
    pid = daemon.pid
    del daemon
    assert not is_alive(pid)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_daemon_does_not_outlive_its_process(millraced: Path, how: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "MILLRACED": str(millraced)},
    )
    assert process.stdout is not None
    with process.stdout as lines:
        pid = int(lines.readline().split()[0])
        assert is_alive(pid)
        process.send_signal(how)
        process.wait()
    end = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(pid)


def test_what_cannot_start_says_why(millraced: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(millrace.DaemonStartError, match=r"learning\.rate"):
        millrace.local(features=2, classes=2, settings={"learning.rate": -1}, millraced=millraced)
    with pytest.raises(ValueError, match="needs X, features or"):
        millrace.local(millraced=millraced)
    with pytest.raises(ValueError, match="different names"):
        millrace.local(features=2, classes=["1", 1], millraced=millraced)
    with pytest.raises(millrace.DaemonNotFoundError, match="the argument"):
        millrace.local(features=2, classes=2, millraced="/nowhere/millraced")
    monkeypatch.setenv("MILLRACED", "/nowhere/else")
    with pytest.raises(millrace.DaemonNotFoundError, match="the variable MILLRACED"):
        millrace.local(features=2, classes=2)
    monkeypatch.delenv("MILLRACED")
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(millrace.DaemonNotFoundError, match="not on PATH"):
        millrace.local(features=2, classes=2)


def test_settings_as_text() -> None:
    assert setting("relu") == "relu"
    assert setting(True) == "true"
    assert setting((1, 2)) == "[1, 2]"
    assert setting(np.float32(0.5)) == "0.5"
    plan = Plan.of(
        X=None, y=None, features=2, feature_names=["a", "b"], classes=["x", "y"], targets=None,
        dtype=None, hidden=(3,), rate=0.5, seed=9,
    )  # fmt: skip
    assert 'names = ["a", "b"]' in plan.text()


def holes(count: int) -> Array:
    """(500, 4) values of which the first columns are missing throughout."""
    X = np.ones((500, 4))
    X[:, :count] = np.nan
    X[7, 3] = np.inf
    return X


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"X": np.ones((500, 4)), "y": [0, 1, 2]}, "X has 500 rows and y has 3 labels. TRY: "),
        ({"X": np.ones((500, 4)), "y": [0, 1, 2], "classes": 3}, "500 rows and y has 3 labels"),
        ({"X": np.ones((500, 4)), "y": np.ones((2, 500))}, "500 rows and y has 2 labels"),
        ({"X": np.ones(3), "y": [0, 1, 1]}, r"TRY: X\.reshape"),
        ({"X": holes(4), "y": np.arange(500) % 2}, r"4 of 4 columns \(0, 1, 2, 3\)"),
        ({"X": holes(1), "y": np.arange(500) % 2}, r"1 of 4 columns \(0\).*TRY: X without"),
        ({"X": holes(4)}, "no finite number"),
        ({"X": [[None, 1.0], [None, 2.0]]}, "no finite number"),
        ({"X": [["a", 1.0], ["b", 2.0]]}, "X does not consist of numbers"),
        ({"X": [[1.0, 2.0], [1.0]]}, "not of one length"),
        ({"X": masked((4, 2))}, "X holds a masked array"),
        ({"X": np.ones((4, 2), complex)}, "X holds complex128"),
        ({"X": np.ones((4, 2)), "y": masked((4,))}, "y holds a masked array"),
        ({"X": np.ones((4, 2)), "y": np.ones(4, "M8[ns]")}, "y holds datetime64"),
        ({"X": np.ones((2, 2)), "y": [["a"], ["b"]]}, "one dimension"),
        ({"X": np.ones((2, 2)), "y": ["a", None]}, "TRY: classes="),
    ],
)
def test_no_daemon_starts_for_what_cannot_be_learned(
    arguments: dict[str, Any], words: str, millraced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def popen(*_: object, **__: object) -> None:
        raise AssertionError("a daemon was started")

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(millrace.SampleError, match=words):
        millrace.local(millraced=millraced, **arguments)


def test_what_a_private_daemon_can_learn_is_planned() -> None:
    def plan(X: Any, y: Any = None, targets: int | None = None) -> Plan:
        return Plan.of(
            X=X, y=y, features=None, feature_names=None, classes=None, targets=targets,
            dtype=None, hidden=(3,), rate=0.5, seed=1,
        )  # fmt: skip

    X = holes(0)
    X[::2, 0] = np.nan
    cases: list[tuple[Callable[[], Plan], int, int]] = [
        (lambda: plan(X), 4, 0),
        (lambda: plan(X, np.full(500, np.nan)), 4, 1),
        (lambda: plan(X, np.ones(1000), 2), 4, 2),
        (lambda: plan(np.ones((5, 2, 3)), np.ones((5, 2))), 6, 2),
        (lambda: plan([1.0, 2.0, 3.0], 0.5), 3, 1),
        (lambda: plan([["1", "2"]]), 2, 0),
    ]
    for made, features, targets in cases:
        assert (made().features, made().targets) == (features, targets)
