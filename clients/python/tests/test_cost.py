"""Goal: the cost of samples on an emulated device, asked for, and absent where there is none."""

from __future__ import annotations

import pytest

import millrace
from conftest import Array, Start
from millrace import SessionOptions
from millrace.arrays import as_features
from millrace.asking import Exchange, join
from millrace.wire.batches import encode_predict
from millrace.wire.cost import Cost
from millrace.wire.queries import PredictionFrame
from millrace.wire.schema import ElementType, Task, WireSchema

SCHEMA = WireSchema(ElementType.F32, 1, 2, Task.CLASSIFICATION)


def test_without_a_device_there_is_none(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start()
    with daemon.producer(options=SessionOptions(cost=True)) as producer:
        producer.send(X[:50], y[:50])
        producer.flush()
        assert producer.report.cost is None
    with daemon.client() as client:
        assert client.predict(X[:5]).cost is None
        assert client.status().device == {}


def test_with_a_device_it_grows(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    device = {
        "clock-megahertz": 100,
        "memory": 1 << 20,
        "word-bits": 32,
        "float-bits": 32,
        "edge-processors": 8,
    }
    try:
        daemon = start(settings={f"device.{key}": value for key, value in device.items()})
    except millrace.DaemonStartError as error:
        if "unknown" not in str(error):
            raise
        pytest.skip("this daemon emulates no device")
    with daemon.client() as client:
        if client.status().device == {}:
            pytest.skip("this daemon tells no cost")
    with daemon.producer(options=SessionOptions(cost=True)) as producer:
        seen = []
        for at in (0, 50):
            producer.send(X[at : at + 50], y[at : at + 50])
            producer.flush()
            assert producer.report.cost is not None
            seen.append(producer.report.cost)
    assert seen[1].clocks == 2 * seen[0].clocks > 0
    with daemon.client() as client:
        one, ten = (client.predict(X[:count], cost=True).cost for count in (1, 10))
        assert one is not None
        assert ten is not None
        assert ten.clocks == 10 * one.clocks > 0
        assert client.predict(X[:1]).cost is None
        assert client.status().device != {}


def test_costs_of_a_split_batch_add_up() -> None:
    rows = {1: 3, 2: 1}
    features = {key: as_features([[0.0]] * n, SCHEMA) for key, n in rows.items()}
    frames = [(key, encode_predict(SCHEMA, key, features[key])) for key in rows]
    exchange = Exchange(frames, repeatable=True)
    for key, count in rows.items():
        assert exchange.outgoing(0.0) is not None
        exchange.sent(0.0)
        classes = features[key][:, 0].astype("i4")
        outputs = features[key].repeat(2, axis=1)
        cost = Cost(10 * count, 20 * count, 30 * count, 0)
        exchange.receive(PredictionFrame(key, 7, classes, outputs, cost).encode(), 0.0)
    answer = join(exchange, 4, SCHEMA, ["a", "b"])
    assert answer.cost == Cost(40, 80, 120, 0)
    assert answer.generations == (7, 7)
