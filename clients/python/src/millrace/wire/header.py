"""The 32-byte header in front of every body (``protocol/MILLRACE.md`` §4).

    0 magic "MLR1"   4 version u8   5 type u8    6 flags u16    8 sequence u64
    16 epoch u32     20 count u32   24 body bytes u32           28 CRC-32C u32

The checksum is that of the header with its own field zero, then the body.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from millrace.errors import FrameError
from millrace.wire.checksum import crc32c
from millrace.wire.reasons import Reason

HEADER_BYTES = 32
MAGIC = b"MLR1"
VERSION = 1

_HEAD = struct.Struct("<4sBBHQIIII")
_ZERO = b"\0\0\0\0"


class FrameType(enum.IntEnum):
    """What a frame is; the numbers of §5."""

    HELLO = 1
    WELCOME = 2
    SAMPLES = 3
    LABELS = 4
    SKIP = 5
    FLUSH = 6
    ACK = 7
    NACK = 8
    CREDIT = 9
    RESET = 10
    PREDICT = 16
    PREDICTION = 17
    QUERY_REFUSED = 18
    REQUEST = 32
    REPLY = 33

    @property
    def label(self) -> str:
        """The name in the golden vectors, such as ``queryRefused``."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)


_TYPES = {int(type_): type_ for type_ in FrameType}


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a header, without what encoding computes."""

    type: FrameType
    flags: int = 0
    sequence: int = 0
    epoch: int = 0
    count: int = 0


def encode_frame(header: Header, *body: bytes) -> bytes:
    """The whole frame: header, then the parts of the body one after the other.

    Raises ``struct.error`` when a field does not fit its width; callers check theirs before.
    """
    size = sum(map(len, body))
    head = _HEAD.pack(
        MAGIC,
        VERSION,
        header.type,
        header.flags,
        header.sequence,
        header.epoch,
        header.count,
        size,
        0,
    )
    checksum = crc32c(head, *body).to_bytes(4, "little")
    return b"".join((head[:28], checksum, *body))


def decode_frame(frame: bytes, limit: int | None = None) -> tuple[Header, bytes]:
    """Header and body of a whole frame, after every check of §4 in its order.

    - limit: the longest frame that is taken, in bytes.

    Raises FrameError.
    """
    if limit is not None and len(frame) > limit:
        raise FrameError(Reason.OVERSIZE, f"{len(frame)} bytes")
    if len(frame) < HEADER_BYTES:
        raise FrameError(Reason.SHORT_BODY, f"{len(frame)} bytes")
    magic, version, code, flags, sequence, epoch, count, size, checksum = _HEAD.unpack_from(frame)
    if magic != MAGIC:
        raise FrameError(Reason.BAD_MAGIC)
    if version != VERSION:
        raise FrameError(Reason.BAD_VERSION, f"version {version}")
    body = bytes(frame[HEADER_BYTES:])
    if len(body) < size:
        raise FrameError(Reason.SHORT_BODY, f"{len(body)} of {size} bytes")
    if len(body) > size:
        raise FrameError(Reason.LONG_BODY, f"{len(body)} instead of {size} bytes")
    if crc32c(bytes(frame[:28]) + _ZERO, body) != checksum:
        raise FrameError(Reason.BAD_CHECKSUM)
    type_ = _TYPES.get(code)
    if type_ is None:
        raise FrameError(Reason.UNKNOWN_TYPE, f"type {code}")
    return Header(type_, flags, sequence, epoch, count), body
