"""What a daemon learns from, as far as a sender must know it."""

from __future__ import annotations

import enum
import struct
from typing import Any, NamedTuple

import numpy as np

from millrace.wire.xxh64 import xxh64


class ElementType(enum.IntEnum):
    """The type of a feature on the wire."""

    U8 = 0
    I16 = 1
    F32 = 2

    @property
    def dtype(self) -> np.dtype[Any]:
        """The little-endian numpy type."""
        return np.dtype(("<u1", "<i2", "<f4")[self])

    @property
    def label(self) -> str:
        """``u8``, ``i16`` or ``f32``."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> ElementType:
        """The type with this label; KeyError for another."""
        return cls[label.upper()]


class Task(enum.IntEnum):
    """What is learned."""

    CLASSIFICATION = 0
    REGRESSION = 1
    FORECAST = 2
    AUTOENCODER = 3

    @property
    def label(self) -> str:
        """``classification``, ``regression``, ``forecast`` or ``autoencoder``."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Task:
        """The task with this label; KeyError for another."""
        return cls[label.upper()]


class WireSchema(NamedTuple):
    """Shape and type of a sample and its label."""

    element_type: ElementType
    features: int
    outputs: int
    task: Task

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample's features."""
        return self.features * self.element_type.dtype.itemsize

    @property
    def label_bytes(self) -> int:
        """Bytes of one label: 4 for a class, 4 × outputs for a row of targets, 0 without labels."""
        return (4, 4 * self.outputs, 0, 0)[self.task]

    @property
    def label_flags(self) -> int:
        """The flag bits of a labelled frame: 4 classes, 12 rows of f32, 0 none."""
        return (4, 12, 0, 0)[self.task]

    @property
    def steps(self) -> int:
        """Samples ahead that a forecast foretells; 0 of other tasks."""
        if self.task is not Task.FORECAST or self.features == 0:
            return 0
        return self.outputs // self.features

    @property
    def digest(self) -> int:
        """XXH64 of element type u8, task u8, zero u16, features u32, outputs u32."""
        return xxh64(
            struct.pack("<BBHII", self.element_type, self.task, 0, self.features, self.outputs)
        )

    def __str__(self) -> str:
        return (
            f"{self.features} × {self.element_type.label}, {self.outputs} outputs, "
            f"{self.task.label}"
        )
