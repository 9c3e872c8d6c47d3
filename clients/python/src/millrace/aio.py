"""The producer for asyncio. Everything but the waiting is shared with :mod:`millrace.producer`."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import zmq

from millrace.arrays import ArrayLike
from millrace.endpoints import descriptor_of, events, wait_for_event
from millrace.errors import MillraceError, UnreachableError
from millrace.link import ProducerLink
from millrace.session.journal import MemoryJournal, Unit


class AsyncProducer(ProducerLink):
    """A producer of samples for asyncio; parameters and guarantees are those of ``Producer``.

        async with millrace.AsyncProducer("pump-1", state="millrace-state") as producer:
            await producer.send(X, y)
            await producer.flush()

    A task in the background hears acknowledgements and sends again what must be. Several tasks may
    send; their calls are taken one after the other. The spool is written in a worker thread.
    """

    def _begin(self) -> None:
        self._is_writing = False
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._error: BaseException | None = None

    async def open(self) -> AsyncProducer:
        """Starts the task and waits for the daemon's answer, unless the spool knows the epoch."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        try:
            await self._wait(lambda: self._session.schema is not None, None)
        except BaseException:
            await self.close(wait=False)
            raise
        return self

    async def send(self, X: ArrayLike, y: Any = None) -> range:
        """Hands over samples; returns their numbers. See :meth:`millrace.Producer.send`."""
        async with self._turn:
            return await self._hand_over(self._sample_slices(X, y))

    async def label(self, samples: ArrayLike, labels: Any) -> range:
        """Gives labels to samples sent without. See :meth:`millrace.Producer.label`."""
        async with self._turn:
            return await self._hand_over(self._label_slices(samples, labels))

    async def skip(self, count: int = 1) -> range:
        """Gives up numbers. See :meth:`millrace.Producer.skip`."""
        async with self._turn:
            return await self._hand_over(self._skip_slices(count))

    async def flush(self, timeout: float | None = None) -> int:
        """Waits until everything handed over is durable. See :meth:`millrace.Producer.flush`."""
        self._check_usable()
        target = self._session.flush()
        self._wake.set()
        await self._wait(lambda: self._session.acknowledged >= target, timeout)
        return self._session.report.generation

    async def close(self, *, wait: bool = True, timeout: float | None = None) -> None:
        """Ends the producer; with ``wait`` everything is flushed before."""
        if self._is_closed:
            return
        try:
            if wait:
                await self.flush(timeout)
        finally:
            if self._task is not None:
                self._task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._task
            async with self._turn:  # Not while a worker thread writes.
                self._close_files()

    async def __aenter__(self) -> AsyncProducer:
        return await self.open()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close(wait=kind is None)

    async def _hand_over(self, slices: Iterator[list[Unit]]) -> range:
        self._check_usable()
        first = self._journal.next
        for units in slices:
            if self._is_full:
                await self._wait(lambda: not self._is_full, None)
                units = self._current(units)
            await self._write(units)
        return range(first, self._journal.next)

    async def _write(self, units: list[Unit]) -> None:
        """Writes in a worker thread if there is a file; the journal rests meanwhile."""
        if isinstance(self._journal, MemoryJournal):
            self._journal.publish(units)
            self._wake.set()
        else:
            self._is_writing = True
            writing = asyncio.ensure_future(asyncio.to_thread(self._journal.write, units))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                # What is on disk is taken, whether somebody waits for it or not.
                await asyncio.wait([writing])
                raise
            finally:
                self._is_writing = False
                self._wake.set()
                if writing.exception() is None:
                    self._journal.publish(units)

    async def _wait(self, is_done: Callable[[], bool], timeout: float | None) -> None:
        start = time.monotonic()
        end = None if timeout is None else start + timeout
        while not is_done():
            if self._error is not None:
                raise self._error
            self._check_patience(start)
            if end is not None and time.monotonic() >= end:
                raise UnreachableError(
                    f"not done within {timeout:g} s: {self.unacknowledged} numbers of {self.name} "
                    "are not acknowledged; they are kept"
                )
            self._changed.clear()
            pause = 0.25 if end is None else min(0.25, max(0.0, end - time.monotonic()))
            await wait_for_event(self._changed, pause)

    async def _run(self) -> None:
        """Pumps whenever the socket or a caller says so, or the session's time has come.

        The socket's descriptor tells of a change once, so it is asked again after each pump.
        """
        loop = asyncio.get_running_loop()
        descriptor = descriptor_of(self._socket)
        loop.add_reader(descriptor, self._wake.set)
        try:
            while True:
                self._wake.clear()
                if self._is_writing:
                    await self._wake.wait()
                    continue
                self._pump()
                self._changed.set()
                if events(self._socket) & zmq.POLLIN:
                    await asyncio.sleep(0)
                    continue
                await wait_for_event(self._wake, self._pause())
        except (MillraceError, OSError, zmq.ZMQError) as error:
            self._error = error
            self._changed.set()
        finally:
            loop.remove_reader(descriptor)
