"""Small things of a session: its options, its states, what it sends."""

from __future__ import annotations

import enum
from dataclasses import dataclass


@dataclass(frozen=True)
class SessionOptions:
    """Times of a session, in seconds, and its largest batch."""

    silence: float = 3.0
    """Silence after which HELLO is sent again."""
    blocked_silence: float = 0.5
    """The same while there is no credit."""
    first_patience: float = 10.0
    """How long to wait for the first WELCOME."""
    later_patience: float = 120.0
    """How long to wait for a daemon that was there and went away."""
    max_batch: int = 65_536
    """Most numbers in one frame; the daemon's own limit applies too."""
    cost: bool = False
    """Ask what samples cost on the daemon's emulated device; see :attr:`Report.cost`."""


class State(enum.Enum):
    """Where the producer stands."""

    CONNECTING = "connecting"
    GREETING = "greeting"
    STREAMING = "streaming"


class Sort(enum.Enum):
    """What a frame is for."""

    HELLO = 0
    NUMBERS = 1
    FLUSH = 2


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A frame to send, and what it stands for."""

    frame: bytes
    kind: Sort
    first: int = 0
    count: int = 0
