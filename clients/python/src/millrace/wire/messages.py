"""The small frames of the ingest socket (``protocol/MILLRACE.md`` §5).

Each type has ``encode() -> frame`` and ``decode(header, body)``; ``decode(encode(x)) == x``.
Positions and limits are absolute numbers, so a lost or repeated frame does no harm.

WELCOME and ACK carry a cost behind their fixed part when the flag says so, and only then.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import NamedTuple

from millrace.errors import FrameError
from millrace.wire.cost import COST, COST_BYTES, Cost
from millrace.wire.header import FrameType, Header, encode_frame
from millrace.wire.reasons import Reason
from millrace.wire.schema import ElementType, Task, WireSchema

MAX_TEXT_BYTES = 200
MAX_SEQUENCE = 2**64 - 1

_NAME = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_HELLO = struct.Struct("<QH")
_WELCOME = struct.Struct("<QQQQIIIBBH")
_ACK = struct.Struct("<QQ")
_NACK = struct.Struct("<HHIQ")
_CREDIT = struct.Struct("<Q")


def is_name(name: str) -> bool:
    """Whether ``name`` can be a producer's: 1 to 64 of ``A-Z a-z 0-9 . _ -``."""
    return _NAME.match(name.encode()) is not None


def expect(header: Header, type_: FrameType) -> None:
    """Raises FrameError *unknownType* when the header is that of another type."""
    if header.type is not type_:
        raise FrameError(Reason.UNKNOWN_TYPE, header.type.label)


def fixed(body: bytes, layout: struct.Struct, flags: int = 0) -> tuple[int, ...]:
    """The values of a body of exactly this layout; 32 bytes longer where the flag says *cost*."""
    size = layout.size + (COST_BYTES if flags & COST else 0)
    if len(body) < size:
        raise FrameError(Reason.SHORT_BODY)
    if len(body) > size:
        raise FrameError(Reason.LONG_BODY)
    return layout.unpack_from(body)


def _tail(cost: Cost | None) -> tuple[int, bytes]:
    """The flag and the bytes of a cost."""
    return (0, b"") if cost is None else (COST, cost.encode())


def check_numbers(header: Header) -> None:
    """Refuses a run of sequence numbers that cannot be."""
    if header.count == 0:
        raise FrameError(Reason.EMPTY_BATCH)
    if header.sequence == 0 or header.sequence + header.count > MAX_SEQUENCE:
        raise FrameError(Reason.BAD_REQUEST)


def split_text(body: bytes, start: int, size: int) -> str:
    """The text of ``size`` bytes that ends the body."""
    if len(body) < start + size:
        raise FrameError(Reason.SHORT_BODY)
    if len(body) > start + size:
        raise FrameError(Reason.LONG_BODY)
    return body[start:].decode("utf-8", "replace")


class Hello(NamedTuple):
    """A producer's greeting: epoch 0 asks for a new epoch, another continues that one."""

    name: str
    epoch: int = 0
    digest: int = 0
    wants_cost: bool = False

    def encode(self) -> bytes:
        """The whole frame."""
        name = self.name.encode()
        header = Header(FrameType.HELLO, COST if self.wants_cost else 0, epoch=self.epoch)
        return encode_frame(header, _HELLO.pack(self.digest, len(name)), name)

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Hello:
        """Raises FrameError."""
        expect(header, FrameType.HELLO)
        if len(body) < _HELLO.size:
            raise FrameError(Reason.SHORT_BODY)
        digest, size = _HELLO.unpack_from(body)
        name = split_text(body, _HELLO.size, size)
        if not _NAME.match(body[_HELLO.size :]):
            raise FrameError(Reason.BAD_NAME)
        return cls(name, header.epoch, digest, bool(header.flags & COST))


class Welcome(NamedTuple):
    """The daemon's answer to HELLO."""

    epoch: int
    next: int
    """The number that the daemon expects next."""
    durable: int
    """Every number up to this is durably decided."""
    limit: int
    """The highest number that may be sent."""
    generation: int
    digest: int
    schema: WireSchema
    max_batch: int
    cost: Cost | None = None
    """Of everything in the durable generation, when it was asked for and there is a device."""

    def encode(self) -> bytes:
        """The whole frame."""
        schema = self.schema
        body = _WELCOME.pack(
            self.durable,
            self.limit,
            self.generation,
            self.digest,
            schema.features,
            schema.outputs,
            self.max_batch,
            schema.element_type,
            schema.task,
            0,
        )
        flags, tail = _tail(self.cost)
        header = Header(FrameType.WELCOME, flags, self.next, self.epoch)
        return encode_frame(header, body, tail)

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Welcome:
        """Raises FrameError."""
        expect(header, FrameType.WELCOME)
        durable, limit, generation, digest, features, outputs, batch, element, task, _ = fixed(
            body, _WELCOME, header.flags
        )
        if element > ElementType.F32:
            raise FrameError(Reason.WRONG_ELEMENT_TYPE, f"element type {element}")
        if task > Task.AUTOENCODER:
            raise FrameError(Reason.BAD_REQUEST, f"task {task}")
        schema = WireSchema(ElementType(element), features, outputs, Task(task))
        cost = Cost.of(header.flags, body[_WELCOME.size :])
        return cls(
            header.epoch, header.sequence, durable, limit, generation, digest, schema, batch, cost
        )


@dataclass(frozen=True, slots=True)
class Skip:
    """Gives up ``count`` numbers from ``first`` on."""

    epoch: int
    first: int
    count: int

    def encode(self) -> bytes:
        """The whole frame."""
        return encode_frame(
            Header(FrameType.SKIP, sequence=self.first, epoch=self.epoch, count=self.count)
        )

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Skip:
        """Raises FrameError."""
        expect(header, FrameType.SKIP)
        split_text(body, 0, 0)
        check_numbers(header)
        return cls(header.epoch, header.sequence, header.count)


class Flush(NamedTuple):
    """Asks for a commit of all that was accepted before it."""

    epoch: int
    request: int

    def encode(self) -> bytes:
        """The whole frame."""
        return encode_frame(Header(FrameType.FLUSH, sequence=self.request, epoch=self.epoch))

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Flush:
        """Raises FrameError."""
        expect(header, FrameType.FLUSH)
        split_text(body, 0, 0)
        return cls(header.epoch, header.sequence)


class Ack(NamedTuple):
    """Every number up to ``durable`` is durably decided."""

    epoch: int
    durable: int
    limit: int
    generation: int
    cost: Cost | None = None
    """As in WELCOME."""

    def encode(self) -> bytes:
        """The whole frame."""
        flags, tail = _tail(self.cost)
        header = Header(FrameType.ACK, flags, self.durable, self.epoch)
        return encode_frame(header, _ACK.pack(self.limit, self.generation), tail)

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Ack:
        """Raises FrameError."""
        expect(header, FrameType.ACK)
        limit, generation = fixed(body, _ACK, header.flags)
        cost = Cost.of(header.flags, body[_ACK.size :])
        return cls(header.epoch, header.sequence, limit, generation, cost)


class Credit(NamedTuple):
    """A new limit."""

    epoch: int
    next: int
    limit: int

    def encode(self) -> bytes:
        """The whole frame."""
        header = Header(FrameType.CREDIT, sequence=self.next, epoch=self.epoch)
        return encode_frame(header, _CREDIT.pack(self.limit))

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Credit:
        """Raises FrameError."""
        expect(header, FrameType.CREDIT)
        (limit,) = fixed(body, _CREDIT)
        return cls(header.epoch, header.sequence, limit)


@dataclass(frozen=True, slots=True)
class Nack:
    """A refusal; of the numbers ``first … first + count − 1`` where its kind is *sample*."""

    epoch: int
    expected: int
    reason: Reason
    count: int = 0
    first: int = 0
    text: str = ""

    def encode(self) -> bytes:
        """The whole frame."""
        text = self.text.encode()[:MAX_TEXT_BYTES]
        header = Header(FrameType.NACK, sequence=self.expected, epoch=self.epoch)
        return encode_frame(
            header, _NACK.pack(self.reason, len(text), self.count, self.first), text
        )

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Nack:
        """Raises FrameError."""
        expect(header, FrameType.NACK)
        if len(body) < _NACK.size:
            raise FrameError(Reason.SHORT_BODY)
        reason, size, count, first = _NACK.unpack_from(body)
        text = split_text(body, _NACK.size, size)
        return cls(header.epoch, header.sequence, Reason.of(reason), count, first, text)


class Reset(NamedTuple):
    """The daemon does not know this connection: greet again."""

    def encode(self) -> bytes:
        """The whole frame."""
        return encode_frame(Header(FrameType.RESET))

    @classmethod
    def decode(cls, header: Header, body: bytes) -> Reset:
        """Raises FrameError."""
        expect(header, FrameType.RESET)
        split_text(body, 0, 0)
        return cls()
