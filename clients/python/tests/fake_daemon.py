"""The ingest side of a daemon in memory, for tests of the session alone.

It keeps the rules of MILLRACE.md §7 to §9 as plainly as they can be written: numbers in order,
trimmed duplicates, credit, and a durable part that a crash goes back to.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from millrace.wire import batches, messages
from millrace.wire.header import FrameType, decode_frame
from millrace.wire.reasons import Reason
from millrace.wire.schema import ElementType, Task, WireSchema

SCHEMA = WireSchema(ElementType.F32, 1, 2, Task.CLASSIFICATION)


@dataclass
class Epoch:
    """What is known of one epoch."""

    number: int = 0
    decided: list[float] = field(default_factory=list)
    """The first feature of each decided sample; −1 for a number that was skipped."""


class FakeDaemon:
    """Answers frames with frames."""

    def __init__(self, window: int = 64, max_batch: int = 16) -> None:
        self.window = window
        self.max_batch = max_batch
        self.live = Epoch()
        self.durable = Epoch()
        self.generation = 1
        self.is_open = False

    def crash(self) -> None:
        """Everything that is not durable is gone, and so are connections."""
        self.live = copy.deepcopy(self.durable)
        self.is_open = False

    def commit(self) -> list[bytes]:
        """Makes the live state durable; the ACK, if somebody is connected."""
        self.durable = copy.deepcopy(self.live)
        self.generation += 1
        return [self._ack()] if self.is_open else []

    def take(self, frame: bytes) -> list[bytes]:
        """The answers to one frame."""
        header, body = decode_frame(frame)
        if header.type is FrameType.HELLO:
            return self._greet(messages.Hello.decode(header, body))
        if not self.is_open:
            return [messages.Reset().encode()]
        if header.epoch != self.live.number:
            reason = Reason.FENCED if header.epoch < self.live.number else Reason.UNKNOWN_EPOCH
            return [messages.Nack(header.epoch, 0, reason).encode()]
        if header.type is FrameType.FLUSH:
            return self.commit()
        values = [-1.0] * header.count
        if header.type is FrameType.SAMPLES:
            samples = batches.decode_samples(header, body, SCHEMA, self.max_batch)
            assert samples.features is not None
            values = samples.features[:, 0].tolist()
        return self._numbers(header.sequence, values)

    def _greet(self, hello: messages.Hello) -> list[bytes]:
        if hello.epoch == 0:
            self.live = Epoch(self.live.number + 1)
            self.durable = copy.deepcopy(self.live)
        elif hello.epoch != self.live.number:
            fenced = hello.epoch < self.live.number
            reason = Reason.FENCED if fenced else Reason.UNKNOWN_EPOCH
            return [messages.Nack(hello.epoch, 0, reason).encode()]
        self.is_open = True
        return [
            messages.Welcome(
                self.live.number,
                len(self.live.decided) + 1,
                len(self.durable.decided),
                self._limit(),
                self.generation,
                SCHEMA.digest,
                SCHEMA,
                self.max_batch,
            ).encode()
        ]

    def _numbers(self, first: int, values: list[float]) -> list[bytes]:
        expected = len(self.live.decided) + 1
        last = first + len(values) - 1
        if first > expected:
            return [messages.Nack(self.live.number, expected, Reason.SEQUENCE_GAP).encode()]
        if last > self._limit():
            return [messages.Nack(self.live.number, expected, Reason.NO_CREDIT).encode()]
        if last < expected:
            return [self._ack()]
        self.live.decided += values[expected - first :]
        return [
            messages.Credit(self.live.number, len(self.live.decided) + 1, self._limit()).encode()
        ]

    def _limit(self) -> int:
        return len(self.live.decided) + self.window

    def _ack(self) -> bytes:
        durable = len(self.durable.decided)
        return messages.Ack(self.live.number, durable, self._limit(), self.generation).encode()
