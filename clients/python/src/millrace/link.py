"""What the producers for threads and for asyncio have in common: everything but the waiting."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from millrace.arrays import ArrayLike, as_features, as_labels, class_table, plain, runs
from millrace.endpoints import Endpoints, connect, receive, send, spooled
from millrace.errors import MillraceError, SampleError, UnreachableError
from millrace.keys import Key, Keys, ServerKey
from millrace.session.journal import Journal, MemoryJournal, Unit, renumbered
from millrace.session.parts import SessionOptions
from millrace.session.producer import ProducerSession
from millrace.session.report import Report
from millrace.session.spool import FileJournal, default_root
from millrace.wire.batches import encode_labels, encode_samples
from millrace.wire.header import decode_frame
from millrace.wire.messages import Skip, is_name
from millrace.wire.schema import WireSchema

_SLICE_BYTES = 1 << 20
"""So many bytes of a long ``send`` are made durable at once, and sent while the next are made."""
_MEMORY_SLICE_BYTES = 1 << 14
"""The same without a file: the daemon learns while the next frames are made."""

Spool = bool | str | os.PathLike[str]


class ProducerLink:
    """A session, its journal and its socket; :meth:`pump` does all that needs no waiting."""

    def __init__(
        self,
        name: str,
        state: str | os.PathLike[str] | None = None,
        *,
        ingest: str | None = None,
        spool: Spool = True,
        sync: bool = True,
        fresh: bool = False,
        classes: Sequence[Any] | None = None,
        options: SessionOptions | None = None,
        max_pending_bytes: int = 64 << 20,
        key: Key = None,
        server_key: ServerKey = None,
    ) -> None:
        """See :class:`millrace.Producer`."""
        if not is_name(name):
            raise ValueError(f"{name!r} is not a name: 1 to 64 of A-Z a-z 0-9 . _ -")
        self._endpoint = Endpoints.find(state, ingest=ingest).ingest
        is_tcp = self._endpoint.startswith("tcp://")
        keys = Keys.find(key, server_key) if is_tcp else None
        self._classes: Mapping[Any, int] | None = None if classes is None else class_table(classes)
        self._max_pending = max_pending_bytes
        self._journal: Journal
        epoch, schema, max_batch = 0, None, 1
        if spool is False:
            self._journal = MemoryJournal()
        else:
            root = default_root() if spool is True else Path(spool).absolute()
            journal = FileJournal(root, spooled(self._endpoint), name, sync=sync)
            self._journal = journal
            if fresh:
                journal.forget()
            elif journal.record is not None:
                epoch, schema, max_batch = journal.record
        self._session = ProducerSession(
            name, self._journal, time.monotonic(),
            epoch=epoch, schema=schema, max_batch=max_batch, options=options,
        )  # fmt: skip
        self._is_closed = False
        try:
            self._socket = connect(self._endpoint, keys)
        except MillraceError:
            self._journal.close()
            raise
        self._begin()

    def _begin(self) -> None:
        """The rest of what ``__init__`` has to do."""

    # What is known

    @property
    def name(self) -> str:
        """The producer's name."""
        return self._session.name

    @property
    def endpoint(self) -> str:
        """The daemon's ingest endpoint."""
        return self._endpoint

    @property
    def epoch(self) -> int:
        """The epoch in force; every number belongs to it."""
        return self._session.epoch

    @property
    def schema(self) -> WireSchema:
        """What the daemon takes."""
        schema = self._session.schema
        if schema is None:
            raise MillraceError(f"producer {self.name} is not open: the daemon has not answered")
        return schema

    @property
    def next(self) -> int:
        """The number that the next sample gets."""
        return self._journal.next

    @property
    def samples(self) -> int:
        """Samples handed over in this epoch, those of earlier runs included.

        With a source that can be read again this is where to go on: ``rows[producer.samples:]``.
        """
        return self._journal.samples

    @property
    def acknowledged(self) -> int:
        """Every number up to this is durably decided."""
        return self._session.acknowledged

    @property
    def unacknowledged(self) -> int:
        """How many numbers are handed over and not durably decided yet."""
        return self._journal.next - 1 - self._session.acknowledged

    @property
    def report(self) -> Report:
        """What was sent, sent again and refused in this run."""
        return self._session.report

    # The parts of an operation

    def _check_usable(self) -> None:
        if self._is_closed:
            raise MillraceError(f"producer {self.name} is closed")
        if self._session.failure is not None:
            raise self._session.failure

    def _sample_slices(self, X: ArrayLike, y: Any) -> Iterator[list[Unit]]:
        """Frames for the rows of X in runs of about a MiB, numbered when they are asked for."""
        schema = self.schema
        features = as_features(X, schema)
        labels = None if y is None else as_labels(y, len(features), schema, self._classes)
        units: list[Unit] = []
        size = 0
        most = _SLICE_BYTES if isinstance(self._journal, FileJournal) else _MEMORY_SLICE_BYTES
        for first_row, end_row, labelled in runs(labels, schema, len(features)):
            step = self._session.max_batch
            for start in range(first_row, end_row, step):
                rows = slice(start, min(start + step, end_row))
                count = rows.stop - start
                first = units[-1].last + 1 if units else self._journal.next
                frame = encode_samples(
                    schema, first, self.epoch, features[rows],
                    labels[rows] if labelled and labels is not None else None,
                )  # fmt: skip
                units.append(Unit(first, count, count, frame))
                size += len(frame)
                if size >= most:
                    yield units
                    units, size = [], 0
        if units:
            yield units

    def _label_slices(self, samples: ArrayLike, labels: Any) -> Iterator[list[Unit]]:
        schema = self.schema
        numbers = np.atleast_1d(plain(samples, "samples"))
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1 or (numbers < 1).any():
            raise SampleError("samples are named by their numbers, as send returned them")
        values = as_labels(labels, len(numbers), schema, self._classes)
        numbers = np.ascontiguousarray(numbers, "<u8")
        step = self._session.max_batch
        for start in range(0, len(numbers), step):
            rows = slice(start, start + step)
            first = self._journal.next
            frame = encode_labels(schema, first, self.epoch, numbers[rows], values[rows])
            yield [Unit(first, len(numbers[rows]), 0, frame)]

    def _skip_slices(self, count: int) -> Iterator[list[Unit]]:
        if not 0 <= count < 2**32:
            raise ValueError("a count of numbers to give up is 0 to 2³² − 1")
        if count:
            first = self._journal.next
            yield [Unit(first, count, 0, Skip(self.epoch, first, count).encode())]

    def _current(self, units: list[Unit]) -> list[Unit]:
        """``units`` as they are, or with the epoch and numbers that came up since."""
        first = self._journal.next
        header, _ = decode_frame(units[0].frame)
        if header.epoch == self.epoch and header.sequence == first:
            return units
        return renumbered(units, self.epoch, first)

    @property
    def _is_full(self) -> bool:
        return self._journal.pending_bytes >= self._max_pending

    def _pump(self) -> None:
        """Hears everything that has come and says everything that can be said now.

        Raises what ends the session.
        """
        session, socket = self._session, self._socket
        self._wants_out = False
        while True:
            for _ in range(256):
                frame = receive(socket)
                if frame is None:
                    break
                session.receive(frame, time.monotonic())
            # A bounded number of frames, so that what the daemon says is heard in between.
            for _ in range(32):
                now = time.monotonic()
                out = session.outgoing(now)
                if out is None:
                    return
                if not send(socket, out.frame):
                    self._wants_out = True
                    return
                session.sent(out, now)

    _wants_out = False

    def _check_patience(self, since: float) -> None:
        """Raises what the session does, with what the connection knows of the reason."""
        try:
            self._session.check_patience(time.monotonic(), since)
        except UnreachableError as error:
            if not self._socket.trouble:
                raise
            raise UnreachableError(f"{error} ({self._socket.trouble})") from None

    def _pause(self) -> float:
        """Seconds until there is something to do although nothing has arrived."""
        now = time.monotonic()
        pause = max(0.0, self._session.wake_at(now) - now)
        return min(pause, 0.02) if self._wants_out else pause

    def __repr__(self) -> str:
        where = "closed" if self._is_closed else f"{self.endpoint}, epoch {self.epoch}"
        return f"<{type(self).__name__} {self.name}: {where}, {self.unacknowledged} on their way>"

    def __del__(self) -> None:
        if hasattr(self, "_socket") and not self._is_closed:
            self._close_files()

    def _close_files(self) -> None:
        self._is_closed = True
        self._socket.close()
        self._journal.close()
