"""Samples and labels in a frame (``protocol/MILLRACE.md`` §6), as numpy arrays.

    SAMPLES body = features (count, features) of the element type, then labels where flag bit 2 is
                   set: classes (count,) i32, or targets (count, outputs) f32 with bit 3
    LABELS body  = sample numbers (count,) u64, then labels as above
    PREDICT body = features alone

Arrays given to the encoders have exactly the wire's type and shape already
(:mod:`millrace.arrays` makes them so).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from millrace.errors import FrameError
from millrace.wire.cost import COST
from millrace.wire.header import FrameType, Header, encode_frame
from millrace.wire.messages import check_numbers, expect
from millrace.wire.reasons import Reason
from millrace.wire.schema import ElementType, Task, WireSchema

LABELLED = 4
VALUE_LABELS = 8
_KNOWN = 0x000F

Array = npt.NDArray[Any]


class Samples(NamedTuple):
    """A run of samples, or of late labels when ``samples`` names the samples they are for."""

    first: int
    epoch: int
    features: Array | None
    labels: Array | None
    samples: Array | None = None


def encode_samples(
    schema: WireSchema, first: int, epoch: int, features: Array, labels: Array | None
) -> bytes:
    """A SAMPLES frame for the numbers from ``first`` on."""
    flags = int(schema.element_type) | (schema.label_flags if labels is not None else 0)
    header = Header(FrameType.SAMPLES, flags, first, epoch, len(features))
    if labels is None:
        return encode_frame(header, features.tobytes())
    return encode_frame(header, features.tobytes(), labels.tobytes())


def encode_labels(
    schema: WireSchema, first: int, epoch: int, samples: Array, labels: Array
) -> bytes:
    """A LABELS frame whose own numbers begin at ``first``."""
    header = Header(FrameType.LABELS, schema.label_flags, first, epoch, len(samples))
    return encode_frame(header, samples.tobytes(), labels.tobytes())


def encode_predict(
    schema: WireSchema, request: int, features: Array, *, wants_cost: bool = False
) -> bytes:
    """A PREDICT frame."""
    flags = int(schema.element_type) | (COST if wants_cost else 0)
    header = Header(FrameType.PREDICT, flags, request, 0, len(features))
    return encode_frame(header, features.tobytes())


def _labels(schema: WireSchema, body: bytes, count: int) -> Array:
    if schema.task is Task.CLASSIFICATION:
        return np.frombuffer(body, "<i4", count)
    return np.frombuffer(body, "<f4", count * schema.outputs).reshape(count, schema.outputs)


def decode_samples(
    header: Header, body: bytes, schema: WireSchema, max_batch: int | None = None
) -> Samples:
    """Features and labels of a SAMPLES or PREDICT frame, as views of the body.

    Raises FrameError in the order of the specification: numbers, flags, element type, label
    bits, batch, width.
    """
    if header.type is FrameType.SAMPLES:
        check_numbers(header)
    elif header.type is not FrameType.PREDICT:
        raise FrameError(Reason.UNKNOWN_TYPE, header.type.label)
    elif header.count == 0:
        raise FrameError(Reason.EMPTY_BATCH)
    labelled = _check_flags(header, schema)
    if max_batch is not None and header.count > max_batch:
        raise FrameError(Reason.OVERSIZE, f"{header.count} samples")
    row = schema.sample_bytes + (schema.label_bytes if labelled else 0)
    if len(body) != header.count * row:
        raise FrameError(Reason.WRONG_WIDTH, f"{len(body)} bytes for {header.count} samples")
    elements = header.count * schema.features
    features = np.frombuffer(body, schema.element_type.dtype, elements)
    labels = (
        _labels(schema, body[header.count * schema.sample_bytes :], header.count)
        if labelled
        else None
    )
    shape = (header.count, schema.features)
    return Samples(header.sequence, header.epoch, features.reshape(shape), labels)


def _check_flags(header: Header, schema: WireSchema) -> bool:
    """Whether labels follow; FrameError when the flags are not those of the schema."""
    if header.flags & ~(_KNOWN | (COST if header.type is FrameType.PREDICT else 0)):
        raise FrameError(Reason.BAD_REQUEST, f"flags {header.flags}")
    if header.flags & 3 != schema.element_type or header.flags & 3 > ElementType.F32:
        raise FrameError(Reason.WRONG_ELEMENT_TYPE)
    bits = header.flags & (LABELLED | VALUE_LABELS)
    if bits and (header.type is not FrameType.SAMPLES or bits != schema.label_flags):
        raise FrameError(Reason.BAD_REQUEST, f"label bits {bits}")
    return bits != 0


def decode_labels(
    header: Header, body: bytes, schema: WireSchema, max_batch: int | None = None
) -> Samples:
    """Sample numbers and labels of a LABELS frame, as views of the body. Raises FrameError."""
    expect(header, FrameType.LABELS)
    check_numbers(header)
    if header.flags == 0 or header.flags != schema.label_flags:
        raise FrameError(Reason.BAD_REQUEST, f"flags {header.flags}")
    if max_batch is not None and header.count > max_batch:
        raise FrameError(Reason.OVERSIZE, f"{header.count} labels")
    if len(body) != header.count * (8 + schema.label_bytes):
        raise FrameError(Reason.WRONG_WIDTH, f"{len(body)} bytes for {header.count} labels")
    samples = np.frombuffer(body, "<u8", header.count)
    labels = _labels(schema, body[8 * header.count :], header.count)
    return Samples(header.sequence, header.epoch, None, labels, samples)
