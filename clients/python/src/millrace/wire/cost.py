"""What samples cost on an emulated device (``protocol/MILLRACE.md`` §14), for who asks.

Bit 4 of the flags asks for it in HELLO and PREDICT, and says in WELCOME, ACK and PREDICTION that 32
bytes of it follow the body.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

COST = 0x10
"""The flag."""
_LAYOUT = struct.Struct("<QQQQ")
COST_BYTES = _LAYOUT.size


class Cost(NamedTuple):
    """Clocks, memory accesses and energy; they follow from shapes alone.

    - clocks: of the emulated clock.
    - nanoseconds: what they last.
    - accesses: words read from and written to on-chip memories.
    - energy: picojoules, or another unit that ``costEnergyUnit`` of the schema
      names; 0 when that is absent.
    """

    clocks: int
    nanoseconds: int
    accesses: int
    energy: int

    def encode(self) -> bytes:
        """The 32 bytes."""
        return _LAYOUT.pack(*self)

    @classmethod
    def decode(cls, data: bytes) -> Cost:
        """From exactly 32 bytes."""
        return cls(*_LAYOUT.unpack(data))

    @classmethod
    def of(cls, flags: int, data: bytes) -> Cost | None:
        """From what follows a body whose length was checked against the flag."""
        return cls.decode(data) if flags & COST else None

    def plus(self, other: Cost) -> Cost:
        """The cost of both."""
        return Cost(*(mine + others for mine, others in zip(self, other, strict=True)))
