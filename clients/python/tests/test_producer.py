"""Goal: through the real daemon, each sample is decided once, whoever is killed."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millrace
from conftest import Array, Start, ids
from millrace import Producer, Reason, SessionOptions

CHILD = """
import sys, numpy as np, millrace
ingest, spool, data = sys.argv[1:]
rows = np.load(data)
with millrace.Producer("child", ingest=ingest, spool=spool) as producer:
    for at in range(producer.samples, len(rows["y"]), 50):
        producer.send(rows["X"][at : at + 50], rows["y"][at : at + 50])
        print(at, flush=True)
"""


def digest_unbroken(start: Start, X: Array, y: Array) -> str:
    """The state after all samples without any accident."""
    daemon = start()
    with daemon.producer() as producer:
        producer.send(X, y)
    with daemon.client() as client:
        return client.status().state_digest


def check_once(daemon: millrace.LocalDaemon, name: str, count: int) -> millrace.Status:
    """All numbers from 1 to ``count`` are learned, once."""
    with daemon.client() as client:
        status = client.status()
    producer = status.producer(name)
    assert producer.balances
    assert (producer.id_count, producer.id_sum, producer.id_xor) == ids(range(1, count + 1))
    assert producer.learned == count
    return status


def test_all_samples_once(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start()
    with daemon.producer("p") as producer:
        assert producer.send(X[:5000], y[:5000]) == range(1, 5001)
        assert producer.send(X[5000], y[5000]) == range(5001, 5002)
        generation = producer.flush()
        assert producer.acknowledged == producer.samples == 5001
        assert producer.unacknowledged == 0
        assert producer.report.refused_total == 0
    status = check_once(daemon, "p", 5001)
    assert status.generation >= generation
    assert status.figures["overall"] > 0.8


def test_one_daemon_under_several_spellings(
    start: Start, tmp_path: Path, stream: tuple[Array, Array]
) -> None:
    X, y = stream
    daemon = start()
    state = Path(daemon.state)
    link = tmp_path / "link"
    link.symlink_to(state)
    for place in (state, link, state / ".." / state.name):
        with Producer("p", state=place, spool=tmp_path / "spool") as producer:
            assert producer.epoch == 1
            producer.send(X[producer.samples : 100 + producer.samples], y[:100])
    check_once(daemon, "p", 300)


def test_daemon_killed_again_and_again(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start()
    seed = 5
    chance = random.Random(seed)
    kills = 0
    options = SessionOptions(silence=0.5)
    with daemon.producer("p", options=options) as producer:
        at = 0
        while at < len(y):
            count = chance.randint(1, 700)
            producer.send(X[at : at + count], y[at : at + count])
            at += count
            if chance.random() < 0.1:
                time.sleep(chance.random() * 0.02)
                daemon.kill()
                daemon.start()
                kills += 1
                greetings = producer.report.greetings
                while producer.report.greetings == greetings:
                    producer.poll()
        producer.flush(timeout=30)
        assert producer.report.greetings > kills
        assert producer.report.resent > 0
        assert producer.report.positions_lost == 0
    assert kills >= 3
    status = check_once(daemon, "p", len(y))
    assert status.state_digest == digest_unbroken(start, X, y)


def test_process_killed_and_continued_from_its_spool(
    start: Start, stream: tuple[Array, Array], tmp_path: Path
) -> None:
    X, y = stream
    X, y = X[:6000], y[:6000]
    np.savez(tmp_path / "rows.npz", X=X, y=y)
    daemon = start()
    arguments = [sys.executable, "-c", CHILD, daemon.endpoints.ingest, str(tmp_path / "s")]
    kills = 0
    for after in (1, 20, 45, None):
        process = subprocess.Popen(
            [*arguments, str(tmp_path / "rows.npz")], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        with process.stdout as lines:
            for number, _ in enumerate(lines):
                if number == after:
                    process.send_signal(signal.SIGKILL)
                    kills += 1
                    break
        process.wait()
    assert process.returncode == 0
    assert kills == 3
    status = check_once(daemon, "child", len(y))
    assert status.state_digest == digest_unbroken(start, X, y)


def test_samples_handed_over_while_the_daemon_is_away(
    start: Start, stream: tuple[Array, Array]
) -> None:
    X, y = stream
    daemon = start()
    with daemon.producer("p", spool=True) as producer:
        producer.send(X[:10], y[:10])
    daemon.kill()
    producer = daemon.producer("p", spool=True)  # The spool knows the epoch and the schema.
    producer.send(X[10:300], y[10:300])
    assert producer.samples == 300
    with pytest.raises(millrace.UnreachableError, match="are not acknowledged; they are kept"):
        producer.close(timeout=0.1)
    daemon.start()
    with daemon.producer("p", spool=True) as again:
        assert again.samples == 300
    check_once(daemon, "p", 300)


def test_late_labels(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start(settings={"labels.window": 64})
    with daemon.producer("p") as producer:
        numbers = producer.send(X[:100])
        assert producer.label(numbers[90:100], y[90:100]) == range(101, 111)
        producer.label([95, 1], [0, 0])  # Labelled already; out of the window.
        producer.flush()
        with daemon.client() as client:
            status = client.status().producer("p")
    assert (status.learned, status.labels, status.refused) == (10, 10, 2)
    assert (status.pending, status.expired) == (54, 36)
    assert status.balances


def test_a_bad_sample_is_refused_alone(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream[0][:100].copy(), stream[1][:100].copy()
    X[10, 2] = np.nan
    X[11, 0] = np.inf
    X[50, 1] = 1e10
    y[70] = 3
    daemon = start()
    with daemon.producer("p") as producer:
        producer.send(X, y)
        producer.skip(5)
        producer.flush()
        assert producer.report.refused == {
            "notANumber": 1, "infinite": 1, "outOfBounds": 1, "labelOutOfRange": 1,
        }  # fmt: skip
        refusals = {r.reason: (r.first, r.count) for r in producer.report.refusals}
        assert refusals[Reason.OUT_OF_BOUNDS] == (51, 1)
        with daemon.client() as client:
            status = client.status().producer("p")
    assert (status.learned, status.refused, status.skipped) == (96, 4, 5)
    assert status.balances


def test_what_cannot_be_sent_takes_no_number(start: Start) -> None:
    daemon = start()
    with daemon.producer("p") as producer:
        wrong: list[tuple[Any, Any]] = [
            (np.zeros((2, 3)), [0, 1]),
            (np.zeros((2, 4)), [0]),
            (np.zeros((2, 4)), [0.5, 1]),
            (np.zeros((2, 4)), ["a", "b"]),
            ([["x", 1, 2, 3]], [0]),
        ]
        for X, y in wrong:
            with pytest.raises(millrace.SampleError):
                producer.send(X, y)
        assert producer.next == 1
        with pytest.raises(ValueError, match="not a name"):
            daemon.producer("no name")


def test_u8_takes_whole_numbers_only(start: Start) -> None:
    daemon = start(features=2, dtype="u8", classes=2)
    with daemon.producer("p") as producer:
        producer.send([[0.0, 255.0], [7.0, 3.0]], [0, 1])
        cases: list[Any] = [[[0, 256]], [[-1, 0]], [[0.5, 1]]]
        for wrong in cases:
            with pytest.raises(millrace.SampleError, match="whole numbers"):
                producer.send(wrong, [0])
    check_once(daemon, "p", 2)


def test_regression_with_and_without_targets(start: Start, stream: tuple[Array, Array]) -> None:
    X, _ = stream
    daemon = start(features=4, classes=None, targets=2, settings={"labels.window": 50})
    targets = np.stack([X[:40, 0] + 1, X[:40, 1] * 2], axis=1)
    targets[5:8] = np.nan
    with daemon.producer("p") as producer:
        producer.send(X[:40], targets)
        producer.label([7], [[1.0, 2.0]])
        producer.flush()
        with daemon.client() as client:
            status = client.status().producer("p")
            assert client.predict(X[:3]).outputs.shape == (3, 2)
    assert (status.learned, status.pending, status.refused) == (38, 2, 0)


def test_names_of_classes(start: Start) -> None:
    daemon = start(features=1, classes=["good", "worn"])
    with daemon.producer("p") as producer:
        producer.send([[0], [1], [2]], ["good", "worn", None])
        with pytest.raises(millrace.SampleError, match="'broken' is not one of"):
            producer.send([[0]], ["broken"])


def test_minus_one_is_no_label_unless_it_is_a_class(start: Start) -> None:
    X, y = np.arange(8, dtype=np.float32).reshape(-1, 1), [-1, 1] * 4
    indices = start(features=1, classes=2, settings={"labels.window": 8})
    with indices.producer("p") as producer, indices.client() as client:
        numbers = producer.send(X, y)
        producer.flush()
        status = client.status().producer("p")
        assert (status.learned, status.pending, status.refused) == (4, 4, 0)
        producer.label(list(numbers)[::2], [0, 0, 0, -1])
        producer.flush()
        status = client.status().producer("p")
        assert (status.learned, status.pending, status.refused) == (7, 1, 1)
        assert producer.report.refused == {"labelOutOfRange": 1}
    members = start(X=X, y=y)
    with members.producer("p") as producer, members.client() as client:
        producer.send(X, y)
        producer.flush()
        assert client.status().producer("p").learned == 8
        with pytest.raises(millrace.SampleError, match=r"0 is not one of the classes: -1, 1$"):
            producer.send(X[:1], [0])
    with Producer("q", ingest=members.endpoints.ingest, classes=[-1, 1]) as producer:
        producer.send(X, y)
    check_once(members, "q", 8)


def test_a_fenced_producer(start: Start, tmp_path: Path, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start()
    first = daemon.producer("p", spool=tmp_path / "1")
    first.send(X[:10], y[:10])
    first.flush()
    with daemon.producer("p", spool=tmp_path / "2") as second:
        assert second.epoch == first.epoch + 1
        second.send(X[:3], y[:3])
    first.send(X[:1], y[:1])
    with pytest.raises(millrace.FencedError, match="another name"):
        first.flush()
    with pytest.raises(millrace.FencedError):
        first.send(X[:1], y[:1])
    first.close(wait=False)
    check_once(daemon, "p", 3)


def test_a_daemon_that_began_anew(
    start: Start, tmp_path: Path, stream: tuple[Array, Array]
) -> None:
    X, y = stream
    state = tmp_path / "st"
    old = start(state=state)
    ingest = old.endpoints.ingest
    with Producer("p", ingest=ingest) as producer:
        producer.send(X[:20], y[:20])
    old.stop()
    shutil.rmtree(state)
    new = start(state=state)
    with Producer("p", ingest=ingest) as producer:
        producer.send(X[:1], y[:1])
        with pytest.raises(millrace.UnknownEpochError, match="fresh=True"):
            producer.flush()
        producer.close(wait=False)
    with Producer("p", ingest=ingest, fresh=True) as producer:
        assert (producer.samples, producer.next) == (0, 1)
        producer.send(X[:7], y[:7])
    check_once(new, "p", 7)


def test_nobody_listens(tmp_path: Path) -> None:
    options = SessionOptions(first_patience=0.2)
    with pytest.raises(millrace.UnreachableError, match="TRY: millraced"):
        Producer("p", tmp_path, options=options)
    with pytest.raises(millrace.MillraceError, match="tcp://HOST:PORT"):
        Producer("p", ingest="http://localhost")
