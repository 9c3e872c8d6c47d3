"""Goal: our bytes are the specification's bytes, and foreign bytes never do harm."""

from __future__ import annotations

import contextlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from millrace.errors import FrameError
from millrace.wire import batches, messages, queries
from millrace.wire.header import FrameType, Header, decode_frame, encode_frame
from millrace.wire.schema import ElementType, Task, WireSchema

GOLDEN = Path(__file__).resolve().parents[3] / "protocol" / "golden"
INDEX: dict[str, Any] = json.loads((GOLDEN / "frames.json").read_text())
OTHER = WireSchema(ElementType.F32, 3, 2, Task.CLASSIFICATION)
SMALL: dict[FrameType, Any] = {
    FrameType.HELLO: messages.Hello,
    FrameType.WELCOME: messages.Welcome,
    FrameType.SKIP: messages.Skip,
    FrameType.FLUSH: messages.Flush,
    FrameType.ACK: messages.Ack,
    FrameType.NACK: messages.Nack,
    FrameType.CREDIT: messages.Credit,
    FrameType.RESET: messages.Reset,
    FrameType.PREDICTION: queries.PredictionFrame,
    FrameType.QUERY_REFUSED: queries.QueryRefused,
}


def read(file: str) -> bytes:
    return bytes.fromhex((GOLDEN / file).read_text())


def schema_of(fields: dict[str, Any] | None) -> WireSchema | None:
    if fields is None:
        return None
    return WireSchema(
        ElementType.named(fields["elementType"]),
        fields["features"],
        fields["outputs"],
        Task.named(fields["task"]),
    )


def decode_anything(frame: bytes, schema: WireSchema, max_batch: int | None) -> Any:
    header, body = decode_frame(frame)
    if header.type in SMALL:
        return SMALL[header.type].decode(header, body)
    if header.type in (FrameType.SAMPLES, FrameType.PREDICT):
        return batches.decode_samples(header, body, schema, max_batch)
    if header.type is FrameType.LABELS:
        return batches.decode_labels(header, body, schema, max_batch)
    return queries.decode_reply(Header(FrameType.REPLY), body)


def encode_again(header: Header, body: bytes, fields: dict[str, Any]) -> bytes:
    """The frame, made from the fields that the vector states and nothing else."""
    schema = schema_of(fields.get("schema")) or OTHER
    features = np.array(fields.get("features", []), schema.element_type.dtype)
    labels = None
    if "classes" in fields:
        labels = np.array(fields["classes"], "<i4")
    if "targets" in fields:
        labels = np.array(fields["targets"], "<f4")
    if header.type is FrameType.SAMPLES:
        return batches.encode_samples(schema, fields["first"], fields["epoch"], features, labels)
    if header.type is FrameType.PREDICT:
        wants_cost = fields.get("wantsCost", False)
        return batches.encode_predict(schema, fields["first"], features, wants_cost=wants_cost)
    if header.type is FrameType.LABELS:
        assert labels is not None
        numbers = np.array(fields["samples"], "<u8")
        return batches.encode_labels(schema, fields["first"], fields["epoch"], numbers, labels)
    if header.type in SMALL:
        value = SMALL[header.type].decode(header, body)
        for name in ("epoch", "next", "durable", "limit", "generation", "request", "first",
                     "count", "expected", "text", "name"):  # fmt: skip
            if name in fields and hasattr(value, name) and not callable(getattr(value, name)):
                assert getattr(value, name) == fields[name], name
        if "digest" in fields:
            assert value.digest == int(fields["digest"], 16)
            if "schema" in fields:
                assert value.schema == schema
                assert value.schema.digest == value.digest
        if "cost" in fields:
            assert list(value.cost) == fields["cost"]
        if "reason" in fields:
            assert int(value.reason) == fields["reason"]
        return bytes(value.encode())
    return encode_frame(Header(header.type, sequence=header.sequence), body)


@pytest.mark.parametrize("vector", INDEX["valid"], ids=lambda vector: vector["name"])
def test_every_vector_decodes_and_encodes_to_itself(vector: dict[str, Any]) -> None:
    frame = read(vector["file"])
    header, body = decode_frame(frame)
    wanted = vector["header"]
    assert header.type.label == wanted["type"]
    assert (header.flags, header.sequence, header.epoch, header.count, len(body)) == (
        wanted["flags"], wanted["sequence"], wanted["epoch"], wanted["count"],
        wanted["bodyBytes"],
    )  # fmt: skip
    assert encode_again(header, body, vector["fields"]) == frame


@pytest.mark.parametrize("vector", INDEX["valid"], ids=lambda vector: vector["name"])
def test_decoded_arrays_are_the_stated_values(vector: dict[str, Any]) -> None:
    fields = vector["fields"]
    header, body = decode_frame(read(vector["file"]))
    value = decode_anything(read(vector["file"]), schema_of(fields.get("schema")) or OTHER, 8)
    if header.type in (FrameType.SAMPLES, FrameType.PREDICT):
        assert value.features.tolist() == fields["features"]
        assert (value.labels is None) == ("classes" not in fields and "targets" not in fields)
    if "samples" in fields and header.type is FrameType.LABELS:
        assert value.samples.tolist() == fields["samples"]
    if "classes" in fields and header.type is not FrameType.PREDICTION:
        assert value.labels.tolist() == fields["classes"]
    if header.type is FrameType.PREDICTION:
        assert value.classes.tolist() == fields["classes"]
        assert value.outputs.tolist() == fields["outputs"]
    if header.type in (FrameType.REPLY, FrameType.REQUEST):
        assert body.decode() == fields["json"]


@pytest.mark.parametrize("vector", INDEX["broken"], ids=lambda vector: vector["name"])
def test_every_broken_vector_is_refused_for_its_reason(vector: dict[str, Any]) -> None:
    schema = schema_of(vector.get("schema")) or OTHER
    with pytest.raises(FrameError) as caught:
        decode_anything(read(vector["file"]), schema, INDEX["maxBatch"])
    assert caught.value.reason.label == vector["reason"]


def test_every_frame_type_has_a_vector() -> None:
    seen = {vector["header"]["type"] for vector in INDEX["valid"]}
    assert seen == {type_.label for type_ in FrameType}


@pytest.mark.parametrize("vector", INDEX["valid"], ids=lambda vector: vector["name"])
def test_cut_and_changed_frames_raise_nothing_but_frame_errors(vector: dict[str, Any]) -> None:
    frame = read(vector["file"])
    schema = schema_of(vector["fields"].get("schema")) or OTHER
    for size in range(len(frame)):
        with pytest.raises(FrameError):
            decode_anything(frame[:size], schema, 8)
    seed = 20_261_121
    chance = random.Random(seed)
    for _ in range(300):
        header, body = decode_frame(frame)
        changed = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            if changed:
                changed[chance.randrange(len(changed))] = chance.randrange(256)
        del changed[chance.randint(0, len(changed)) if chance.random() < 0.3 else len(changed) :]
        again = encode_frame(  # A right checksum, so that the body's decoder gets to see it.
            replace(
                header,
                flags=chance.choice((header.flags, 0, 4, 12, 16, 18, 65_535)),
                count=chance.choice((header.count, 0, 1, 2**32 - 1)),
                sequence=chance.choice((header.sequence, 0, 2**64 - 1)),
            ),
            bytes(changed),
        )
        with contextlib.suppress(FrameError):
            decode_anything(again, schema, 8)
