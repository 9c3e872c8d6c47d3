"""Goal: questions get the answers of a durable generation, and errors say what to do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millrace
from conftest import Array, Start
from millrace.asking import Exchange, Questions
from millrace.replies import Generation, Schema, Status
from millrace.wire.header import FrameType
from millrace.wire.queries import encode_control


@pytest.fixture
def learned(start: Start, stream: tuple[Array, Array]) -> millrace.LocalDaemon:
    X, y = stream
    daemon = start(settings={"daemon.max-batch": 100})
    with daemon.producer() as producer:
        producer.send(X[:3000], y[:3000])
    return daemon


def test_predict(learned: millrace.LocalDaemon, stream: tuple[Array, Array]) -> None:
    X, y = stream
    with learned.client() as client:
        prediction = client.predict(X[:1050])
        assert len(prediction) == 1050
        assert len(prediction.generations) == 11
        assert prediction.generation == client.status().generation
        assert prediction.outputs.shape == (1050, 3)
        assert prediction.outputs.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        assert (prediction.outputs.argmax(axis=1) == prediction.classes).all()
        assert (prediction.classes == y[:1050]).mean() > 0.8
        assert prediction.names[0] == str(prediction.classes[0])
        one = client.predict(X[1049])
        assert one.outputs[0].tobytes() == prediction.outputs[1049].tobytes()
        assert len(client.predict(np.empty((0, 4)))) == 0
        with pytest.raises(millrace.SampleError, match=r"\(count, 4\)"):
            client.predict(X[:, :3])
        with pytest.raises(millrace.RefusedError, match="notANumber") as caught:
            client.predict([[np.nan, 0, 0, 0]])
        assert caught.value.reason is millrace.Reason.NOT_A_NUMBER


@pytest.mark.parametrize(
    ("task", "options"),
    [("forecast", {}), ("forecast", {"steps": 2}), ("regression", {"y": np.zeros(3)}),
     ("autoencoder", {"task": "autoencoder"})],
)  # fmt: skip
def test_answers_without_classes_say_so(start: Start, task: str, options: dict[str, Any]) -> None:
    X = np.zeros((3, 2), np.float32)
    with start(X=X, **options).client() as client:
        for rows in (X, X[:0]):
            prediction = client.predict(rows)
            with pytest.raises(millrace.MillraceError, match=rf"{task} .* \.names: .*\.outputs"):
                _ = prediction.names
            with pytest.raises(millrace.TaskError, match=rf"{task} has no \.classes: "):
                _ = prediction.classes
            assert prediction.task == task
            assert len(prediction) == len(prediction.outputs) == len(rows)
            # Tools that look at objects ask in this way.
            assert not hasattr(prediction, "classes")
            assert "outputs=" in repr(prediction)


def test_counted_classes_have_no_names(start: Start, counted: Path) -> None:
    with start(str(counted)).client() as client:
        prediction = client.predict(np.zeros((2, 2)))
        assert set(prediction.classes.tolist()) <= {0, 1, 2}
        with pytest.raises(millrace.TaskError, match=r"no names .*\.classes"):
            _ = prediction.names


def test_schema_and_status(learned: millrace.LocalDaemon) -> None:
    with learned.client() as client:
        schema = client.schema()
        assert (schema.task, schema.features, schema.outputs) == ("classification", 4, 3)
        assert schema.class_names == ["0", "1", "2"]
        assert int(schema.schema_digest, 16) == schema.wire.digest
        status = client.status()
        assert status.mode == "learning"
        assert status.samples == 3000
        assert status.raw["stateDigest"] == status.state_digest
        with pytest.raises(KeyError):
            status.producer("nobody")


def test_generations_rollback_and_hold(
    learned: millrace.LocalDaemon, stream: tuple[Array, Array]
) -> None:
    X, y = stream
    with learned.client() as client:
        old = client.generations()[0]
        client.hold(old.generation)  # however many commits come before the way back
        with learned.producer("other") as producer:
            producer.send(X[:500], y[:500])
        assert client.status().state_digest != old.state_digest
        restored = client.rollback(old.generation)
        assert restored.restored_from == old.generation
        assert restored.state_digest == old.state_digest == client.status().state_digest
        assert client.generations()[0].restored_from == old.generation
        assert client.hold(restored.generation) == restored.generation
        with pytest.raises(millrace.RefusedError) as caught:
            client.rollback(999_999)
        assert caught.value.reason is millrace.Reason.NOT_FOUND


def test_forget(learned: millrace.LocalDaemon, stream: tuple[Array, Array]) -> None:
    X, y = stream
    with learned.client() as client:
        with learned.producer("short-lived") as producer:
            producer.send(X[:20], y[:20])
        with pytest.raises(millrace.RefusedError) as caught:
            client.forget("short-lived")
        assert caught.value.reason is millrace.Reason.NOT_READY
        assert "10 s later" in str(caught.value)
        with pytest.raises(millrace.RefusedError) as caught:
            client.forget("nobody")
        assert caught.value.reason is millrace.Reason.NOT_FOUND


def test_checkpoints(learned: millrace.LocalDaemon, stream: tuple[Array, Array]) -> None:
    X, y = stream
    with learned.client() as client:
        saved = client.checkpoint_save("before")
        with pytest.raises(millrace.RefusedError, match="there already") as caught:
            client.checkpoint_save("before")
        assert caught.value.reason is millrace.Reason.ALREADY_THERE
        assert client.checkpoint_save("before", replace=True).name == "before"
        assert saved.name == "before"
        assert Path(saved.path).stat().st_size == saved.bytes
        assert client.checkpoint_save().name != "before"
        assert "before" in [checkpoint.name for checkpoint in client.checkpoints()]
        with learned.producer("other") as producer:
            producer.send(X[:500], y[:500])
        assert client.checkpoint_restore("before").state_digest == saved.state_digest
        with pytest.raises(millrace.RefusedError, match="notFound"):
            client.checkpoint_restore("nothing")


def test_nobody_listens(tmp_path: Path) -> None:
    with (
        millrace.Client(tmp_path, timeout=0.1) as client,
        pytest.raises(millrace.UnreachableError, match="nobody listens"),
    ):
        client.status()


def test_a_daemon_that_comes_back(
    learned: millrace.LocalDaemon, stream: tuple[Array, Array]
) -> None:
    with learned.client() as client:
        before = client.predict(stream[0][:5])
        learned.kill()
        learned.start()
        after = client.predict(stream[0][:5])
        assert before.outputs.tobytes() == after.outputs.tobytes()


def test_stop(learned: millrace.LocalDaemon) -> None:
    with learned.client() as client:
        client.stop()
    end = time.monotonic() + 10
    while learned.is_running and time.monotonic() < end:
        time.sleep(0.02)
    assert not learned.is_running


def reply(request: int, **members: object) -> bytes:
    return encode_control(FrameType.REPLY, request, dict(members))


def test_unknown_members_are_kept_and_wrong_ones_found() -> None:
    raw = {"ok": True, "mode": "learning", "inFlight": 3, "device": {"cycles": 12}}
    raw["drift"] = {"detector": "adwin", "alarms": 2}
    status = Status.of(raw)
    assert status.drift["alarms"] == 2
    assert Status.of({"ok": True}).drift == {}
    assert Generation.of({"driftAlarms": 3, "driftAlarmsSince": 1}).drift_alarms_since == 1
    assert status.raw["device"]["cycles"] == 12
    assert (status.mode, status.producers, status.samples) == ("learning", (), 0)
    with pytest.raises(millrace.FrameError):
        Status.of({"generation": "x"})
    with pytest.raises(millrace.FrameError):
        Status.of([])
    with pytest.raises(millrace.FrameError):
        _ = Schema.of({"task": "dreaming"}).wire


def started(command: str) -> Exchange:
    exchange = Questions().control(command)
    assert exchange.outgoing(0.0) is not None
    exchange.sent(0.0)
    return exchange


def test_late_and_foreign_answers_are_passed_over() -> None:
    exchange = started("status")
    exchange.receive(b"nonsense" * 2, 0.0)
    exchange.receive(reply(7, ok=True), 0.0)
    assert not exchange.is_done
    exchange.receive(reply(1, ok=True), 0.0)
    assert exchange.is_done


def test_only_questions_that_change_nothing_are_repeated() -> None:
    assert started("status").outgoing(1.5) is not None
    assert started("rollback").outgoing(1.5) is None


def test_a_refusal_to_retry_is_retried() -> None:
    exchange = started("checkpointSave")
    error = {"reason": "notReady", "message": "later"}
    exchange.receive(reply(1, ok=False, error=error), 0.1)
    assert exchange.outgoing(0.1) is None
    assert exchange.outgoing(0.2) is not None
    assert isinstance(exchange.last_refusal, millrace.BusyError)
