"""Questions and answers without any socket or clock: what both query clients share.

An :class:`Exchange` is one question under way: frames to send, and what to do with the frames that
come back. Requests are numbered; an answer to an earlier, given-up one is passed over.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from millrace.errors import FrameError, RefusedError, TaskError, refusal
from millrace.wire.batches import encode_predict
from millrace.wire.cost import COST_BYTES, Cost
from millrace.wire.header import HEADER_BYTES, FrameType, decode_frame
from millrace.wire.queries import PredictionFrame, QueryRefused, decode_reply, encode_control
from millrace.wire.reasons import Kind, Reason
from millrace.wire.schema import Task, WireSchema

AGAIN = 1.0
"""Seconds after which a question that changes nothing is asked again."""
_LATER = 0.05
_WINDOW = 4
"""Questions under way at once; a daemon bounds how many may wait."""

READ_ONLY = frozenset(("status", "schema", "generations", "checkpoints"))


@dataclass(frozen=True)
class Prediction:
    """Answers for a batch.

    :attr:`classes` and :attr:`names` are those of a classification. The other tasks answer with
    values, in ``outputs``.

    - outputs: (count, outputs) f32: class probabilities, or values in the units of the data. Of a
      forecast of several steps (count, steps, features); of an autoencoder (count, features).
    - generations: the generation of each frame of the batch, oldest frame first; one unless the
      batch was split and a new generation became durable in between.
    - class_names: names of the classes; empty for other tasks.
    - cost: of these samples on the emulated device; None when it was not asked for, or there is
      no device.
    - errors: (count,) f32, autoencoder: how wrong the outputs are, as the root of the mean squared
      error in network units (σ of each feature with the running normaliser); None for other tasks.
    - percentiles: (count,) f32, autoencoder: the share of all producers' errors so far below that,
      NaN while fewer than 100 are known; None for other tasks.
    - task: ``classification``, ``regression``, ``forecast`` or ``autoencoder``.
    """

    _indices: npt.NDArray[np.int32]  # As they came: −1 for other tasks than classification.
    outputs: npt.NDArray[np.float32]
    generations: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    cost: Cost | None = None
    errors: npt.NDArray[np.float32] | None = None
    percentiles: npt.NDArray[np.float32] | None = None
    task: str = Task.CLASSIFICATION.label

    @property
    def generation(self) -> int:
        """The oldest generation that answered."""
        return min(self.generations)

    @property
    def classes(self) -> npt.NDArray[np.int32]:
        """(count,) the most probable class of each sample. Raises TaskError for other tasks."""
        if self.task != Task.CLASSIFICATION.label:
            raise self._without_classes("classes")
        return self._indices

    @property
    def names(self) -> list[str]:
        """The name of each sample's class. Raises TaskError for other tasks."""
        if self.task != Task.CLASSIFICATION.label:
            raise self._without_classes("names")
        if not self.class_names:
            raise TaskError("the daemon has no names for its classes. TRY: .classes")
        return [self.class_names[index] for index in self._indices]

    def _without_classes(self, asked: str) -> TaskError:
        more = ", .errors and .percentiles" if self.errors is not None else ""
        return TaskError(
            f"a prediction of a daemon whose task is {self.task} has no .{asked}: it consists of "
            f"values, not of classes. TRY: .outputs{more}"
        )

    def __len__(self) -> int:
        return len(self.outputs)


class Exchange:
    """One question, perhaps of several frames, under way."""

    def __init__(self, frames: Sequence[tuple[int, bytes]], *, repeatable: bool) -> None:
        """- frames: (request id, frame).
        - repeatable: whether asking twice does no harm.
        """
        self._todo = deque(frames)
        self._under_way: dict[int, tuple[bytes, float]] = {}
        self._repeatable = repeatable
        self._not_before = 0.0
        self.answers: dict[int, Any] = {}
        self.last_refusal: RefusedError | None = None
        self.is_sent = False
        """Whether anything has left; what has not cannot have had an effect."""

    @property
    def is_done(self) -> bool:
        """Whether every frame is answered."""
        return not self._todo and not self._under_way

    def outgoing(self, now: float) -> bytes | None:
        """The next frame to send, if any may be sent now."""
        if self._repeatable:
            for request, (frame, sent) in list(self._under_way.items()):
                if now - sent >= AGAIN:
                    del self._under_way[request]
                    self._todo.appendleft((request, frame))
        if not self._todo or len(self._under_way) >= _WINDOW or now < self._not_before:
            return None
        return self._todo[0][1]

    def sent(self, now: float) -> None:
        """The transport took the frame."""
        request, frame = self._todo.popleft()
        self._under_way[request] = (frame, now)
        self.is_sent = True

    def receive(self, frame: bytes, now: float) -> None:
        """Takes a frame. Raises RefusedError, or FrameError when an answer cannot be read."""
        try:
            header, body = decode_frame(frame)
        except FrameError as error:
            if error.reason in (Reason.BAD_MAGIC, Reason.BAD_VERSION):
                raise
            return
        if header.sequence not in self._under_way:
            if header.type is FrameType.QUERY_REFUSED and header.sequence == 0:
                refused = QueryRefused.decode(header, body)
                if refused.reason.kind is not Kind.RETRY:  # Our frame could not be read.
                    raise refusal(refused.reason, refused.text)
            return
        if header.type is FrameType.QUERY_REFUSED:
            self._refused(QueryRefused.decode(header, body), now)
            return
        if header.type is FrameType.PREDICTION:
            self.answers[header.sequence] = PredictionFrame.decode(header, body)
        else:
            reply = decode_reply(header, body)
            if reply.get("ok") is not True:
                said = reply.get("error")
                named = said if isinstance(said, dict) else {}
                reason = Reason.named(str(named.get("reason", "")))
                self._refused(
                    QueryRefused(header.sequence, reason, str(named.get("message", ""))), now
                )
                return
            self.answers[header.sequence] = reply
        self._under_way.pop(header.sequence, None)

    def _refused(self, refused: QueryRefused, now: float) -> None:
        """Asks again later where that can help; nothing was done then."""
        if refused.reason in (Reason.NOT_READY, Reason.BAD_CHECKSUM):
            frame, _ = self._under_way.pop(refused.request)
            self._todo.append((refused.request, frame))
            self._not_before = now + _LATER
            self.last_refusal = refusal(refused.reason, refused.text)
            return
        raise refusal(refused.reason, f"{refused.reason.label}: {refused.text}")


class Questions:
    """Makes exchanges and numbers them."""

    def __init__(self) -> None:
        self._request = 0

    def control(self, command: str, **arguments: Any) -> Exchange:
        """A control request."""
        self._request += 1
        value = {"command": command}
        value.update({name: item for name, item in arguments.items() if item is not None})
        frame = encode_control(FrameType.REQUEST, self._request, value)
        return Exchange([(self._request, frame)], repeatable=command in READ_ONLY)

    def predict(
        self,
        features: npt.NDArray[Any],
        schema: WireSchema,
        max_batch: int,
        max_message_bytes: int,
        *,
        wants_cost: bool = False,
    ) -> Exchange:
        """PREDICT frames for all rows, each within the daemon's limits both ways."""
        row = max(schema.sample_bytes, 4 + 4 * schema.outputs, 1)
        fit = (
            (max_message_bytes - HEADER_BYTES - 16 - COST_BYTES) // row
            if max_message_bytes
            else max_batch
        )
        step = max(1, min(max_batch, fit))
        frames = []
        for start in range(0, len(features), step):
            self._request += 1
            rows = features[start : start + step]
            frame = encode_predict(schema, self._request, rows, wants_cost=wants_cost)
            frames.append((self._request, frame))
        return Exchange(frames, repeatable=True)


def join(exchange: Exchange, count: int, schema: WireSchema, names: Sequence[str]) -> Prediction:
    """The answers of a finished exchange in the order of the questions.

    Raises FrameError *wrongWidth* when they are not as many, or not as wide, as they must be.
    """
    answers: list[PredictionFrame] = [exchange.answers[key] for key in sorted(exchange.answers)]
    if not answers:
        empty = np.empty((0, schema.outputs), np.float32)
        return _shaped(np.empty(0, np.int32), empty, (0,), names, None, schema)
    if any(answer.outputs.shape[1] != schema.outputs for answer in answers):
        raise FrameError(Reason.WRONG_WIDTH, "a prediction of another width")
    classes = np.concatenate([answer.classes for answer in answers]).astype(np.int32)
    outputs = np.concatenate([answer.outputs for answer in answers]).astype(np.float32)
    if len(classes) != count:
        raise FrameError(Reason.WRONG_WIDTH, f"{len(classes)} predictions of {count}")
    if schema.task is Task.CLASSIFICATION and len(names) and (classes >= len(names)).any():
        raise FrameError(Reason.WRONG_WIDTH, "a class that the schema does not have")
    costs = [answer.cost for answer in answers if answer.cost is not None]
    total = functools.reduce(Cost.plus, costs) if len(costs) == len(answers) else None
    generations = tuple(answer.generation for answer in answers)
    return _shaped(classes, outputs, generations, names, total, schema)


def _shaped(
    classes: npt.NDArray[np.int32],
    outputs: npt.NDArray[np.float32],
    generations: tuple[int, ...],
    names: Sequence[str],
    cost: Cost | None,
    schema: WireSchema,
) -> Prediction:
    """A prediction whose outputs have the shape that the task gives them."""
    errors = percentiles = None
    if schema.steps > 1 and schema.outputs == schema.steps * schema.features:
        outputs = outputs.reshape(len(outputs), schema.steps, schema.features)
    elif schema.task is Task.AUTOENCODER and schema.outputs == schema.features + 2:
        errors = outputs[:, -2].copy()
        percentiles = outputs[:, -1].copy()
        percentiles[percentiles < 0] = np.nan
        outputs = np.ascontiguousarray(outputs[:, :-2])
    return Prediction(
        classes, outputs, generations, tuple(names), cost, errors, percentiles, schema.task.label
    )
