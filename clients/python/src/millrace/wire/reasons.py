"""Why something was refused: the table of ``protocol/MILLRACE.md`` §11."""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """What a refusal means for the sender."""

    FATAL = "fatal"
    """The same again can never work."""
    RETRY = "retry"
    """Nothing was consumed; send again."""
    SAMPLE = "sample"
    """The numbers are consumed and refused for good."""


class Reason(enum.IntEnum):
    """A refusal's code; :attr:`label` is its name on the wire's table and in JSON."""

    BAD_MAGIC = 1
    BAD_VERSION = 2
    UNKNOWN_TYPE = 3
    BAD_CHECKSUM = 4
    SHORT_BODY = 5
    LONG_BODY = 6
    OVERSIZE = 7
    WRONG_WIDTH = 8
    WRONG_ELEMENT_TYPE = 9
    NOT_A_NUMBER = 10
    INFINITE = 11
    OUT_OF_BOUNDS = 12
    LABEL_OUT_OF_RANGE = 13
    SEQUENCE_GAP = 14
    DUPLICATE = 15
    FENCED = 16
    UNKNOWN_EPOCH = 17
    NO_CREDIT = 18
    UNKNOWN_PRODUCER = 19
    PRODUCER_TABLE_FULL = 20
    SCHEMA_MISMATCH = 21
    READ_ONLY = 22
    UNKNOWN_SAMPLE = 23
    BAD_NAME = 24
    STOPPING = 25
    BAD_REQUEST = 26
    NOT_ALLOWED = 27
    NOT_READY = 28
    NOT_FOUND = 29
    FAILED = 30
    EMPTY_BATCH = 31
    ALREADY_THERE = 32

    @classmethod
    def of(cls, code: int) -> Reason:
        """The reason with this code; an unknown code is :attr:`FAILED`."""
        return _BY_CODE.get(code, cls.FAILED)

    @classmethod
    def named(cls, label: str) -> Reason:
        """The reason with this name, such as ``badMagic``; an unknown one is :attr:`FAILED`."""
        return _BY_LABEL.get(label, cls.FAILED)

    @property
    def label(self) -> str:
        """The name in JSON and in the specification, such as ``outOfBounds``."""
        first, *rest = self.name.lower().split("_")
        return first + "".join(word.capitalize() for word in rest)

    @property
    def kind(self) -> Kind:
        """What it means for the sender."""
        return _KINDS.get(self, Kind.FATAL)


_BY_CODE = {int(reason): reason for reason in Reason}
_BY_LABEL = {reason.label: reason for reason in Reason}
_KINDS = {
    **dict.fromkeys(
        (
            Reason.BAD_CHECKSUM,
            Reason.SEQUENCE_GAP,
            Reason.DUPLICATE,
            Reason.NO_CREDIT,
            Reason.READ_ONLY,
            Reason.STOPPING,
            Reason.NOT_READY,
        ),
        Kind.RETRY,
    ),
    **dict.fromkeys(
        (
            Reason.NOT_A_NUMBER,
            Reason.INFINITE,
            Reason.OUT_OF_BOUNDS,
            Reason.LABEL_OUT_OF_RANGE,
            Reason.UNKNOWN_SAMPLE,
        ),
        Kind.SAMPLE,
    ),
}
