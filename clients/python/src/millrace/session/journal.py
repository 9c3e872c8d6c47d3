"""What a producer has handed over and the daemon has not acknowledged: whole frames, in order.

A frame carries its epoch, its numbers and a checksum, so the journal needs no form of its own: in
memory it is a list of frames, on disk (:mod:`millrace.session.spool`) a file of them.

Invariants: entries follow each other without a gap up to ``next`` − 1; a frame above the newest
ACK is always there, with the same bytes.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from millrace.wire.batches import decode_labels, decode_samples, encode_labels, encode_samples
from millrace.wire.header import FrameType, Header, decode_frame, encode_frame
from millrace.wire.messages import Skip
from millrace.wire.schema import WireSchema


@dataclass(frozen=True, slots=True)
class Unit:
    """One frame and the numbers it stands for."""

    first: int
    count: int
    samples: int
    """How many of the numbers are samples (the others are labels or skipped)."""
    frame: bytes

    @property
    def last(self) -> int:
        """The last of its numbers."""
        return self.first + self.count - 1


class Journal(Protocol):
    """What a session asks of a journal."""

    epoch: int
    next: int
    """The number that the next sample gets."""
    samples: int
    """Samples handed over in this epoch."""

    @property
    def base(self) -> int:
        """The lowest number that is still there; ``next`` when nothing is."""

    @property
    def pending_bytes(self) -> int:
        """Bytes of all frames that are not acknowledged."""

    def open_epoch(self, epoch: int, next_: int, schema: WireSchema, max_batch: int) -> None:
        """Begins an epoch: nothing is there, and ``next_`` comes next."""

    def write(self, units: list[Unit]) -> None:
        """Makes frames durable. May run in another thread while no other call is made."""

    def publish(self, units: list[Unit]) -> None:
        """Makes written frames visible to :meth:`unit_at`."""

    def advance(self, number: int) -> None:
        """Goes on at ``number``; earlier numbers were used by somebody else."""

    def unit_at(self, number: int) -> Unit | None:
        """The frame that contains ``number``; None when it is not there."""

    def pending(self) -> list[Unit]:
        """All frames that are not acknowledged."""

    def acknowledged(self, number: int) -> None:
        """Everything up to ``number`` is durably decided and will not be asked for again."""

    def close(self) -> None:
        """Lets go of files."""


class MemoryJournal:
    """Frames in memory: they outlive the daemon, not this process."""

    def __init__(self) -> None:
        self.epoch = 0
        self.next = 1
        self.samples = 0
        self._firsts: list[int] = []
        self._units: list[Unit] = []
        self._bytes = 0

    @property
    def base(self) -> int:
        """The lowest number that is still there; ``next`` when nothing is."""
        return self._firsts[0] if self._firsts else self.next

    @property
    def pending_bytes(self) -> int:
        """Bytes of all frames that are not acknowledged."""
        return self._bytes

    def open_epoch(self, epoch: int, next_: int, schema: WireSchema, max_batch: int) -> None:
        """Begins an epoch: nothing is there, and ``next_`` comes next."""
        self._clear()
        self.epoch = epoch
        self.next = next_
        self.samples = 0

    def write(self, units: list[Unit]) -> None:
        """Nothing to make durable."""

    def publish(self, units: list[Unit]) -> None:
        """Appends frames that continue at ``next``."""
        for unit in units:
            self._firsts.append(unit.first)
            self._units.append(unit)
            self._bytes += len(unit.frame)
            self.next = unit.first + unit.count
            self.samples += unit.samples

    def advance(self, number: int) -> None:
        """Goes on at ``number``."""
        self._clear()
        self.next = number

    def unit_at(self, number: int) -> Unit | None:
        """The frame that contains ``number``."""
        index = bisect.bisect_right(self._firsts, number) - 1
        if index < 0 or number > self._units[index].last:
            return None
        return self._units[index]

    def pending(self) -> list[Unit]:
        """All frames that are not acknowledged."""
        return list(self._units)

    def acknowledged(self, number: int) -> None:
        """Forgets whole frames up to ``number``."""
        keep = bisect.bisect_right(self._firsts, number)
        if keep and self._units[keep - 1].last > number:
            keep -= 1
        if keep:
            self._bytes -= sum(len(unit.frame) for unit in self._units[:keep])
            del self._firsts[:keep], self._units[:keep]

    def close(self) -> None:
        """Nothing to let go of."""

    def _clear(self) -> None:
        self._firsts.clear()
        self._units.clear()
        self._bytes = 0


def unit_from(header: Header, frame: bytes) -> Unit:
    """The unit of a frame whose header is known."""
    samples = header.count if header.type is FrameType.SAMPLES else 0
    return Unit(header.sequence, header.count, samples, frame)


def renumbered(units: Sequence[Unit], epoch: int, first: int) -> list[Unit]:
    """The same samples in another epoch, from number ``first`` on."""
    result = []
    for unit in units:
        header, body = decode_frame(unit.frame)
        frame = encode_frame(replace(header, epoch=epoch, sequence=first), body)
        result.append(replace(unit, first=first, frame=frame))
        first += unit.count
    return result


def part_of(unit: Unit, first: int, count: int, schema: WireSchema) -> Unit:
    """The frame for the numbers ``first … first + count − 1`` of ``unit`` alone.

    Used when there is credit for a part only; the samples are the same bytes.
    """
    if first == unit.first and count == unit.count:
        return unit
    header, body = decode_frame(unit.frame)
    skip = first - unit.first
    rows = slice(skip, skip + count)
    if header.type is FrameType.SKIP:
        frame = Skip(header.epoch, first, count).encode()
    elif header.type is FrameType.LABELS:
        value = decode_labels(header, body, schema)
        assert value.samples is not None
        assert value.labels is not None
        frame = encode_labels(schema, first, header.epoch, value.samples[rows], value.labels[rows])
    else:
        value = decode_samples(header, body, schema)
        assert value.features is not None
        labels = None if value.labels is None else value.labels[rows]
        frame = encode_samples(schema, first, header.epoch, value.features[rows], labels)
    return Unit(first, count, count if unit.samples else 0, frame)
