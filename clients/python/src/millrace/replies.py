"""Replies to control requests as typed values; ``raw`` is the daemon's own object, whole.

Members that a newer daemon adds are in ``raw``; members that this class names and an older daemon
does not send have their stated defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from millrace.errors import FrameError
from millrace.wire.reasons import Reason
from millrace.wire.schema import ElementType, Task, WireSchema

JSON = Mapping[str, Any]
_T = TypeVar("_T", bound="_Reply")
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
    "list[str]": (list,),
}


def _camel(name: str) -> str:
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True)
class _Reply:
    raw: JSON = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls: type[_T], raw: Any) -> _T:
        """From a decoded JSON object. Raises FrameError when a member has another type."""
        if not isinstance(raw, dict):
            raise FrameError(Reason.BAD_REQUEST, f"{cls.__name__} is not an object")
        values: dict[str, Any] = {"raw": raw}
        for member in fields(cls):
            value = raw.get(_camel(member.name))
            if member.name == "raw" or value is None:
                continue
            wanted = _TYPES.get(str(member.type))
            if wanted is not None and not isinstance(value, wanted):
                raise FrameError(Reason.BAD_REQUEST, f"{_camel(member.name)} is {value!r}")
            values[member.name] = cls._part(member.name, value)
        return cls(**values)

    @classmethod
    def _part(cls, name: str, value: Any) -> Any:
        return value


@dataclass(frozen=True)
class ProducerStatus(_Reply):
    """One producer; every count is of its epoch. See ``protocol/schema/status-reply.json``."""

    name: str = ""
    epoch: int = 0
    position: int = 0
    durable: int = 0
    next: int = 1
    queued: int = 0
    learned: int = 0
    pending: int = 0
    expired: int = 0
    refused: int = 0
    skipped: int = 0
    labels: int = 0
    resends: int = 0
    id_count: int = 0
    id_sum: str = ""
    """Sum of the learned samples' numbers modulo 2⁶⁴, 16 hexadecimal digits."""
    id_xor: str = ""
    """Exclusive or of their SplitMix64 images, 16 hexadecimal digits."""
    figures: JSON = field(default_factory=dict)
    drift: JSON = field(default_factory=dict)
    """Its own detector of drift: ``alarms``, ``level``, ``newest``; empty without one."""

    @property
    def balances(self) -> bool:
        """Next − 1 = learned + pending + expired + refused + skipped + labels + queued."""
        parts = self.learned + self.pending + self.expired + self.refused + self.skipped
        return parts + self.labels + self.queued == self.next - 1


@dataclass(frozen=True)
class Status(_Reply):
    """Where the daemon stands."""

    version: str = ""
    mode: str = ""
    """``starting``, ``learning``, ``readOnly`` or ``stopping``."""
    uptime_seconds: float = 0.0
    generation: int = 0
    """The newest durable generation."""
    state_digest: str = ""
    """The digest of its learner section, 16 hexadecimal digits."""
    samples: int = 0
    """Samples in its weights."""
    producers: tuple[ProducerStatus, ...] = ()
    figures: JSON = field(default_factory=dict)
    """Test-then-train figures over all producers: ``overall``, ``last1000``, ``noChange`` …"""
    counters: JSON = field(default_factory=dict)
    budget_bytes: int = 0
    planned_bytes: int = 0
    resident_bytes: int = 0
    queue_depth: int = 0
    commits: int = 0
    in_flight: int = 0
    """Learned samples whose prediction and updates are still to come, in a pipelined network."""
    device: JSON = field(default_factory=dict)
    """The emulated device; empty without one."""
    drift: JSON = field(default_factory=dict)
    """The detector of drift: ``detector``, ``onAlarm``, ``alarms``, ``level``, ``raisedSamples``,
    ``newest``; empty without one."""

    @classmethod
    def _part(cls, name: str, value: Any) -> Any:
        return tuple(map(ProducerStatus.of, value)) if name == "producers" else value

    def producer(self, name: str) -> ProducerStatus:
        """The producer of this name. Raises KeyError."""
        for producer in self.producers:
            if producer.name == name:
                return producer
        raise KeyError(name)


@dataclass(frozen=True)
class Schema(_Reply):
    """What the daemon learns from."""

    task: str = ""
    """``classification``, ``regression``, ``forecast`` or ``autoencoder``."""
    features: int = 0
    element_type: str = "f32"
    scale: float = 1.0
    offset: float = 0.0
    feature_names: list[str] = field(default_factory=list)
    outputs: int = 0
    """Values of one prediction; of an autoencoder its error and percentile are the last two."""
    steps: int = 1
    """Samples ahead that a forecast foretells."""
    class_names: list[str] = field(default_factory=list)
    target_names: list[str] = field(default_factory=list)
    max_batch: int = 1
    max_message_bytes: int = 0
    schema_digest: str = ""
    pending_window: int = 0
    """For how many samples a label may be late."""
    network_text: str = ""

    @property
    def wire(self) -> WireSchema:
        """Shape and type of a sample. Raises FrameError when they are unknown ones."""
        try:
            return WireSchema(
                ElementType.named(self.element_type),
                self.features,
                self.outputs,
                Task.named(self.task),
            )
        except KeyError as error:
            raise FrameError(Reason.BAD_REQUEST, f"unknown {error} in schema") from None


@dataclass(frozen=True)
class Generation(_Reply):
    """One generation of the ring."""

    generation: int = 0
    restored_from: int = 0
    """0 when it was learned."""
    state_digest: str = ""
    state: str = ""
    """``writing``, ``durable`` or ``damaged``."""
    held: bool = False
    pins: int = 0
    samples: int = 0
    drift_alarms: int = 0
    """Alarms of drift until this generation."""
    drift_alarms_since: int = 0
    """The same since the generation before it in the list."""


@dataclass(frozen=True)
class Checkpoint(_Reply):
    """A checkpoint file."""

    name: str = ""
    path: str = ""
    generation: int = 0
    state_digest: str = ""
    bytes: int = 0
    samples: int = 0
    problem: str = ""
    """Why it cannot be restored; empty when it is intact."""


@dataclass(frozen=True)
class Restored(_Reply):
    """What a rollback or a restore has made."""

    generation: int = 0
    """The new generation, durable."""
    restored_from: int = 0
    state_digest: str = ""
    source: str = ""
    """``ring``, or the name of a checkpoint."""


def list_of(kind: type[_T], reply: JSON, member: str) -> list[_T]:
    """The member of a reply that is a list of ``kind``. Raises FrameError."""
    items = reply.get(member)
    if not isinstance(items, list):
        raise FrameError(Reason.BAD_REQUEST, f"no list of {member}")
    return [kind.of(item) for item in items]
