"""Goal: the same behaviour under asyncio, with several tasks at once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

import millrace
from conftest import Array, Start
from millrace import AsyncClient, AsyncProducer, SessionOptions
from test_producer import check_once, digest_unbroken


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


@pytest.mark.parametrize("spool", [False, True])
def test_kill_in_mid_stream(start: Start, stream: tuple[Array, Array], spool: bool) -> None:
    X, y = stream
    daemon = start()

    async def work() -> None:
        async with AsyncProducer("p", ingest=daemon.endpoints.ingest, spool=spool) as producer:
            for at in range(0, 10_000, 500):
                await producer.send(X[at : at + 500], y[at : at + 500])
                if at in (2000, 6000):
                    await asyncio.to_thread(daemon.kill)
                    await asyncio.to_thread(daemon.start)
            await producer.flush(timeout=30)
            assert producer.acknowledged == 10_000

    run(work())
    status = check_once(daemon, "p", 10_000)
    assert status.state_digest == digest_unbroken(start, X[:10_000], y[:10_000])


def test_many_tasks_and_questions_in_between(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start()

    async def work() -> None:
        ends = daemon.endpoints
        async with (
            AsyncProducer("p", ingest=ends.ingest) as producer,
            AsyncClient(query=ends.query, admin=ends.admin) as client,
        ):

            async def send(part: int) -> range:
                return await producer.send(X[part::10][:200], y[part::10][:200])

            parts = await asyncio.gather(*(send(part) for part in range(10)))
            numbers = sorted(number for part in parts for number in part)
            assert numbers == list(range(1, 2001))
            generation = await producer.flush()
            answers = await asyncio.gather(*(client.predict(X[i]) for i in range(50)))
            assert all(answer.generation >= generation for answer in answers)
            assert (await client.schema()).features == 4
            saved = await client.checkpoint_save("a")
            assert [c.name for c in await client.checkpoints()] == [saved.name]
            newest = (await client.generations())[0]
            assert (await client.rollback(newest.generation)).restored_from == newest.generation
            assert (await client.checkpoint_restore("a")).source == "a"
            assert (await client.hold(newest.generation)) == newest.generation
            await producer.skip(2)
            with pytest.raises(millrace.SampleError):
                await producer.send(X[:, :2], y)

    run(work())
    with daemon.client() as client:
        status = client.status().producer("p")
    assert (status.learned, status.skipped) == (2000, 2)


def test_late_labels(start: Start, stream: tuple[Array, Array]) -> None:
    X, y = stream
    daemon = start(settings={"labels.window": 10})

    async def work() -> None:
        async with AsyncProducer("p", ingest=daemon.endpoints.ingest) as producer:
            numbers = await producer.send(X[:10])
            await producer.label(numbers, y[:10])

    run(work())
    with daemon.client() as client:
        assert client.status().producer("p").labels == 10


def test_fenced(start: Start, stream: tuple[Array, Array], tmp_path: Path) -> None:
    X, y = stream
    daemon = start()

    async def work() -> None:
        producer = await AsyncProducer("p", ingest=daemon.endpoints.ingest, spool=False).open()
        await asyncio.to_thread(lambda: daemon.producer("p").close())
        await producer.send(X[:1], y[:1])
        with pytest.raises(millrace.FencedError):
            await producer.flush()
        await producer.close(wait=False)

    run(work())


def test_nobody_listens(tmp_path: Path) -> None:
    async def work() -> None:
        options = SessionOptions(first_patience=0.2)
        with pytest.raises(millrace.UnreachableError):
            await AsyncProducer("p", tmp_path, options=options).open()
        async with AsyncClient(tmp_path, timeout=0.1) as client:
            with pytest.raises(millrace.UnreachableError):
                await client.status()

    run(work())
