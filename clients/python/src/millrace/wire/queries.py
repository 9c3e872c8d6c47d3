"""Frames of the query and admin sockets: PREDICTION, QUERY_REFUSED, REQUEST, REPLY (§5, §12)."""

from __future__ import annotations

import json
import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from millrace.errors import FrameError
from millrace.wire.cost import COST, COST_BYTES, Cost
from millrace.wire.header import FrameType, Header, encode_frame
from millrace.wire.messages import expect, split_text
from millrace.wire.reasons import Reason

_FIXED = struct.Struct("<QII")
_REFUSED = struct.Struct("<HH")


class PredictionFrame(NamedTuple):
    """The answer to one PREDICT.

    - classes: (count,) i32, the most probable class; −1 where there are no classes.
    - outputs: (count, outputs) f32, probabilities or values in the units of the data.
    - cost: of these samples, when it was asked for and there is a device.
    """

    request: int
    generation: int
    classes: npt.NDArray[np.int32]
    outputs: npt.NDArray[np.float32]
    cost: Cost | None = None

    def encode(self) -> bytes:
        """The whole frame."""
        count, width = self.outputs.shape
        header = Header(FrameType.PREDICTION, COST if self.cost else 0, self.request, 0, count)
        return encode_frame(
            header,
            _FIXED.pack(self.generation, width, 0),
            self.classes.astype("<i4").tobytes(),
            self.outputs.astype("<f4").tobytes(),
            self.cost.encode() if self.cost else b"",
        )

    @classmethod
    def decode(cls, header: Header, body: bytes) -> PredictionFrame:
        """Raises FrameError; the stated sizes are never trusted."""
        expect(header, FrameType.PREDICTION)
        if header.count == 0:
            raise FrameError(Reason.EMPTY_BATCH)
        if len(body) < _FIXED.size:
            raise FrameError(Reason.SHORT_BODY)
        generation, width, _ = _FIXED.unpack_from(body)
        values = _FIXED.size + 4 * header.count
        end = values + 4 * header.count * width
        whole = end + (COST_BYTES if header.flags & COST else 0)
        if len(body) != whole:
            cut = header.flags & COST and len(body) < whole
            raise FrameError(Reason.SHORT_BODY if cut else Reason.WRONG_WIDTH)
        classes = np.frombuffer(body, "<i4", header.count, _FIXED.size)
        outputs = np.frombuffer(body, "<f4", header.count * width, values)
        return cls(
            header.sequence,
            generation,
            classes,
            outputs.reshape(header.count, width),
            Cost.of(header.flags, body[end:]),
        )


class QueryRefused(NamedTuple):
    """A question that is not answered."""

    request: int
    reason: Reason
    text: str = ""

    def encode(self) -> bytes:
        """The whole frame."""
        text = self.text.encode()[:200]
        header = Header(FrameType.QUERY_REFUSED, sequence=self.request)
        return encode_frame(header, _REFUSED.pack(self.reason, len(text)), text)

    @classmethod
    def decode(cls, header: Header, body: bytes) -> QueryRefused:
        """Raises FrameError."""
        expect(header, FrameType.QUERY_REFUSED)
        if len(body) < _REFUSED.size:
            raise FrameError(Reason.SHORT_BODY)
        reason, size = _REFUSED.unpack_from(body)
        return cls(header.sequence, Reason.of(reason), split_text(body, _REFUSED.size, size))


def encode_control(type_: FrameType, request: int, value: dict[str, Any]) -> bytes:
    """A REQUEST or REPLY frame with ``value`` as UTF-8 JSON."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return encode_frame(Header(type_, sequence=request), text.encode())


def decode_reply(header: Header, body: bytes) -> dict[str, Any]:
    """The object of a REPLY, unknown members included.

    Raises FrameError *badRequest* when it is not one JSON object.
    """
    expect(header, FrameType.REPLY)
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise FrameError(Reason.BAD_REQUEST, f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise FrameError(Reason.BAD_REQUEST, "not one JSON object")
    return value
