"""Hands samples to the daemon, one thread's way. For asyncio see :mod:`millrace.aio`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

import zmq

from millrace.arrays import ArrayLike
from millrace.errors import MillraceError, UnreachableError
from millrace.link import ProducerLink
from millrace.session.journal import Unit


class Producer(ProducerLink):
    """A producer of samples.

        with millrace.Producer("pump-1", state="millrace-state") as producer:
            numbers = producer.send(X, y)      # on this disk when it returns
            producer.flush()                   # in the daemon's durable state when it returns

    Exactly once: what ``send`` took is, after any crash of this process or the daemon, decided
    once (learned, or refused with a reason), provided the same name is opened again with the same
    spool. Not for use from several threads at once.

    - name: 1 to 64 of ``A-Z a-z 0-9 . _ -``; one open producer per name.
    - state, ingest: the daemon's state directory, or its ingest endpoint.
    - spool: True keeps unacknowledged samples in ``MILLRACE_SPOOL`` or the XDG state directory, a
      path keeps them there, False keeps them in memory only: then they survive the daemon's crash
      but not this process's.
    - sync: True waits for the disk in each ``send`` (milliseconds: send batches). False is as fast
      as memory: what was sent outlives this process, but not a power cut of this machine.
    - fresh: begin a new epoch; what an earlier run left in the spool is dropped.
    - classes: names for labels, of any hashable type; ``y`` then holds members of it. Without it
      ``y`` holds class indices, and −1 means "no label yet".
    - options: times of the session.
    - max_pending_bytes: ``send`` waits while so many bytes are not acknowledged.
    - key, server_key: for TCP: the path of this client's ``NAME.key_secret``, and the daemon's
      public key, as 40 characters or a path; without them ``MILLRACE_KEY`` and
      ``MILLRACE_SERVER_KEY``. ``key`` may be :class:`millrace.Keys`, loaded before.

    Raises UnreachableError (nobody answers), KeyFileError, KeyRefusedError, RefusedError (the
    daemon does not take this name), SpoolError, ValueError.
    """

    def _begin(self) -> None:
        try:
            if self._session.schema is None:
                self._wait(lambda: self._session.is_open, None)
        except BaseException:
            self._close_files()
            raise

    def send(self, X: ArrayLike, y: Any = None) -> range:
        """Hands over samples; returns their numbers. They are in the spool when it returns.

        - X: (count, features), or (features,) for one sample.
        - y: (count,) classes, or (count,) / (count, outputs) targets; None = labels come later.

        "No label yet" is None in a list of classes, NaN as the first target, and −1 as a class
        index, which is what the wire has: such a sample waits for :meth:`label` within the daemon's
        ``[labels] window``, and expires without being learned if none comes. So labels of −1 and 1
        must not be sent as they are: give ``classes=[-1, 1]`` to the producer, then −1 is a class.
        :meth:`LocalDaemon.producer` does so for a daemon that ``millrace.local(X, y)`` started.

        Raises SampleError when X or y cannot be sent: nothing was taken then. When it raises
        anything else, :attr:`next` says how much was taken.
        """
        return self._hand_over(self._sample_slices(X, y))

    def label(self, samples: ArrayLike, labels: Any) -> range:
        """Gives labels to samples that were sent without; returns the numbers *labels* got.

        - samples: numbers that ``send`` returned, of this epoch.
        - labels: as for ``send``. One that says "no label yet" is refused, *labelOutOfRange*.
        """
        return self._hand_over(self._label_slices(samples, labels))

    def skip(self, count: int = 1) -> range:
        """Gives up numbers, for samples that shall be counted and cannot be sent."""
        return self._hand_over(self._skip_slices(count))

    def poll(self) -> None:
        """Hears and says what can be done without waiting. Raises what has ended the session.

        Worth calling from a loop that sends rarely; there is no thread in the background.
        """
        self._check_usable()
        self._pump()

    def flush(self, timeout: float | None = None) -> int:
        """Waits until everything handed over is durably decided; returns the generation it is in.

        Queries answer from that generation or a newer one.

        Raises UnreachableError when it takes longer than ``timeout`` seconds (None: as long as the
        daemon answers); what was handed over is kept.
        """
        self._check_usable()
        target = self._session.flush()
        self._wait(lambda: self._session.acknowledged >= target, timeout)
        return self._session.report.generation

    def close(self, *, wait: bool = True, timeout: float | None = None) -> None:
        """Ends the producer; with ``wait`` everything is flushed before.

        What is not acknowledged stays in the spool and is sent when the name is opened again.
        """
        if self._is_closed:
            return
        try:
            if wait:
                self.flush(timeout)
        finally:
            self._close_files()

    def __enter__(self) -> Producer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(wait=kind is None)

    def _hand_over(self, slices: Iterator[list[Unit]]) -> range:
        self._check_usable()
        first = self._journal.next
        for units in slices:
            if self._is_full:
                self._wait(lambda: not self._is_full, None)
                units = self._current(units)
            self._journal.write(units)
            self._journal.publish(units)
            # The samples are taken: what goes wrong from here on is told by the next call.
            with contextlib.suppress(MillraceError):
                self._pump()
        return range(first, self._journal.next)

    def _wait(self, is_done: Callable[[], bool], timeout: float | None) -> None:
        start = time.monotonic()
        end = None if timeout is None else start + timeout
        while not is_done():
            self._pump()
            if is_done():
                return
            now = time.monotonic()
            self._check_patience(start)
            if end is not None and now >= end:
                raise UnreachableError(
                    f"not done within {timeout:g} s: {self.unacknowledged} numbers of {self.name} "
                    "are not acknowledged; they are kept"
                )
            pause = self._pause() if end is None else min(self._pause(), end - now)
            flags = zmq.POLLIN | (zmq.POLLOUT if self._wants_out else 0)
            self._socket.poll(max(1, int(pause * 1000)), flags)
