"""What a session has seen, in numbers and refusals."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from millrace.wire.cost import Cost
from millrace.wire.messages import Nack
from millrace.wire.reasons import Reason

_REMEMBERED = 100_000


@dataclass(frozen=True)
class Refusal:
    """Numbers ``first … first + count − 1``, refused for good."""

    reason: Reason
    first: int
    count: int
    text: str
    """The daemon's words, for people."""

    @property
    def numbers(self) -> range:
        """The refused numbers."""
        return range(self.first, self.first + self.count)


@dataclass
class Report:
    """Numbers of one session; they only grow."""

    sent: int = 0
    """Numbers sent for the first time in this run."""
    resent: int = 0
    """Numbers sent again."""
    frames: int = 0
    """Frames of samples, labels and skips."""
    greetings: int = 0
    """More than one: the daemon or the connection went away."""
    resets: int = 0
    """RESET frames received."""
    positions_lost: int = 0
    """Times the durable position went back behind an ACK (the daemon's disk lost data)."""
    generation: int = 0
    """The newest generation that the daemon spoke of."""
    cost: Cost | None = None
    """Cumulative cost of all that is in the newest durable generation, whoever sent it; None
    without ``SessionOptions(cost=True)`` or without an emulated device.
    """
    refused: dict[str, int] = field(default_factory=dict)
    """Numbers refused for good, each counted once, by the name of the reason."""
    refusals: deque[Refusal] = field(default_factory=lambda: deque(maxlen=1000))
    """The newest refusals, each number once."""
    last_refusal: str = ""
    """The last refusal of any kind, for people."""
    _seen: set[int] = field(default_factory=set, repr=False)

    @property
    def refused_total(self) -> int:
        """All refused numbers."""
        return sum(self.refused.values())

    def refuse(self, nack: Nack, acknowledged: int) -> None:
        """Counts refused numbers once, although a restarted daemon refuses them again."""
        new = [
            number
            for number in range(nack.first, nack.first + nack.count)
            if number not in self._seen
        ]
        self._seen.update(new)
        label = nack.reason.label
        self.refused[label] = self.refused.get(label, 0) + len(new)
        for first, count in _runs(new):
            self.refusals.append(Refusal(nack.reason, first, count, nack.text))
        if len(self._seen) > _REMEMBERED:
            # Durable decisions are not made again.
            self._seen = {number for number in self._seen if number > acknowledged}

    def new_epoch(self) -> None:
        """Numbers begin at 1 again."""
        self._seen.clear()


def _runs(numbers: Iterable[int]) -> Iterable[tuple[int, int]]:
    first = count = 0
    for number in numbers:
        if count and number == first + count:
            count += 1
            continue
        if count:
            yield first, count
        first, count = number, 1
    if count:
        yield first, count
