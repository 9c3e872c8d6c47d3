#!/usr/bin/env python3
"""Writes protocol/golden: byte vectors of every Millrace frame, valid and broken.

Made from protocol/MILLRACE.md with struct alone, so that it shares nothing with the encoders
that are tested against it. Run from the root of the package; the output is committed, and
`scripts/golden/frames.py --check` fails when it would change.
"""

import json
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2] / "protocol" / "golden"
TYPES = {
    "hello": 1, "welcome": 2, "samples": 3, "labels": 4, "skip": 5, "flush": 6, "ack": 7,
    "nack": 8, "credit": 9, "reset": 10, "predict": 16, "prediction": 17, "queryRefused": 18,
    "request": 32, "reply": 33,
}
ELEMENTS = {"u8": (0, "B"), "i16": (1, "h"), "f32": (2, "f")}
TASKS = {"classification": 0, "regression": 1, "forecast": 2, "autoencoder": 3}
REASONS = {"sequenceGap": 14, "outOfBounds": 12, "notReady": 28}
MASK = (1 << 64) - 1
COST = 16  # flag: the cost on the emulated device is wanted, or follows


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def xxh64_short(data):
    """XXH64 with seed 0 of fewer than 32 bytes."""
    p1, p2, p3, p4, p5 = (
        0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
        0x27D4EB2F165667C5)

    def rotated(value, bits):
        return ((value << bits) | (value >> (64 - bits))) & MASK

    digest, at = (p5 + len(data)) & MASK, 0
    while len(data) - at >= 8:
        lane = int.from_bytes(data[at:at + 8], "little")
        digest ^= rotated(lane * p2 & MASK, 31) * p1 & MASK
        digest, at = (rotated(digest, 27) * p1 + p4) & MASK, at + 8
    if len(data) - at >= 4:
        digest ^= int.from_bytes(data[at:at + 4], "little") * p1 & MASK
        digest, at = (rotated(digest, 23) * p2 + p3) & MASK, at + 4
    for byte in data[at:]:
        digest ^= byte * p5 & MASK
        digest = rotated(digest, 11) * p1 & MASK
    for shift, prime in ((33, p2), (29, p3)):
        digest = (digest ^ (digest >> shift)) * prime & MASK
    return digest ^ (digest >> 32)


def frame(kind, body=b"", flags=0, sequence=0, epoch=0, count=0, magic=b"MLR1", version=1,
          stated=None, checksum=None):
    kind = TYPES.get(kind, kind)
    stated = len(body) if stated is None else stated
    head = magic + struct.pack("<BBHQIII", version, kind, flags, sequence, epoch, count, stated)
    total = crc32c(head + bytes(4) + body) if checksum is None else checksum
    return head + struct.pack("<I", total) + body


def schema(element="f32", features=3, outputs=2, task="classification"):
    return {"elementType": element, "features": features, "outputs": outputs, "task": task}


def schema_digest(s):
    return xxh64_short(struct.pack(
        "<BBHII", ELEMENTS[s["elementType"]][0], TASKS[s["task"]], 0, s["features"],
        s["outputs"]))


def rows(element, values):
    return b"".join(struct.pack("<%d%s" % (len(row), ELEMENTS[element][1]), *row)
                    for row in values)


def samples(s, values, classes=None, targets=None, kind="samples", sequence=1, epoch=1, **more):
    body = rows(s["elementType"], values)
    flags = ELEMENTS[s["elementType"]][0]
    if classes is not None:
        body, flags = body + struct.pack("<%di" % len(classes), *classes), flags | 4
    if targets is not None:
        body, flags = body + rows("f32", targets), flags | 12
    flags = more.pop("flags", flags)
    count = more.pop("count", len(values))
    return frame(kind, body, flags=flags, sequence=sequence, epoch=epoch, count=count, **more)


def hello(name, digest=0, length=None, **more):
    name = name.encode()
    length = len(name) if length is None else length
    return frame("hello", struct.pack("<QH", digest, length) + name, **more)


def cost(clocks, nanoseconds, accesses, energy):
    return struct.pack("<QQQQ", clocks, nanoseconds, accesses, energy)


def refusal(reason, text, count=0, first=0):
    text = text.encode()
    return struct.pack("<HHIQ", REASONS[reason], len(text), count, first) + text


def valid():
    """name, bytes, and the fields that a decoder must find."""
    mnist, gas, wind = schema("u8", 4, 10), schema("f32", 3, 2), schema("f32", 2, 2, "regression")
    ecg = schema("i16", 5, 5, "forecast")
    yield "hello_new", hello("gas-rig.7"), {"name": "gas-rig.7", "epoch": 0, "digest": 0}
    long_name = "A" * 31 + "_z09" + "b" * 29
    digest = schema_digest(gas)
    yield ("hello_continue", hello(long_name, digest, epoch=7),
           {"name": long_name, "epoch": 7, "digest": digest})
    steps = schema("f32", 3, 3 * 4, "forecast")
    pump = schema("f32", 2, 2 + 2, "autoencoder")
    for label, s in (("mnist", mnist), ("wind", wind), ("ecg", ecg), ("steps", steps),
                     ("pump", pump)):
        body = struct.pack("<QQQQIIIBBH", 41, 1066, 9, schema_digest(s), s["features"],
                           s["outputs"], 256, ELEMENTS[s["elementType"]][0], TASKS[s["task"]], 0)
        yield ("welcome_" + label, frame("welcome", body, sequence=43, epoch=2),
               {"epoch": 2, "next": 43, "durable": 41, "limit": 1066, "generation": 9,
                "digest": schema_digest(s), "schema": s, "maxBatch": 256})
    pixels = [[0, 255, 128, 7], [1, 2, 3, 4]]
    yield ("samples_u8", samples(mnist, pixels, sequence=43, epoch=2),
           {"schema": mnist, "first": 43, "epoch": 2, "features": pixels})
    yield ("samples_u8_class", samples(mnist, pixels, [9, -1], sequence=43, epoch=2),
           {"schema": mnist, "first": 43, "epoch": 2, "features": pixels, "classes": [9, -1]})
    readings = [[1.5, -2.25, 1e9], [0.0, -0.0, 0.125]]
    yield ("samples_f32_class", samples(gas, readings, [1, 0], sequence=(1 << 40) + 1),
           {"schema": gas, "first": (1 << 40) + 1, "epoch": 1, "features": readings,
            "classes": [1, 0]})
    yield ("samples_f32_values", samples(wind, [[1, 2]], targets=[[-0.5, 3.75]]),
           {"schema": wind, "first": 1, "epoch": 1, "features": [[1, 2]],
            "targets": [[-0.5, 3.75]]})
    beats = [[-32768, 32767, 0, -1, 1]] * 3
    yield ("samples_i16_forecast", samples(ecg, beats, sequence=5, epoch=3),
           {"schema": ecg, "first": 5, "epoch": 3, "features": beats})
    body = struct.pack("<QQii", 3, 11, 1, 0)
    yield ("labels_class", frame("labels", body, flags=4, sequence=20, epoch=1, count=2),
           {"schema": gas, "first": 20, "epoch": 1, "samples": [3, 11], "classes": [1, 0]})
    body = struct.pack("<Qff", 8, 0.25, -8.0)
    yield ("labels_values", frame("labels", body, flags=12, sequence=9, epoch=4, count=1),
           {"schema": wind, "first": 9, "epoch": 4, "samples": [8], "targets": [[0.25, -8.0]]})
    yield ("skip", frame("skip", sequence=100, epoch=3, count=17),
           {"epoch": 3, "first": 100, "count": 17})
    yield "flush", frame("flush", sequence=77, epoch=3), {"epoch": 3, "request": 77}
    yield ("ack", frame("ack", struct.pack("<QQ", 2048, 12), sequence=1024, epoch=3),
           {"epoch": 3, "durable": 1024, "limit": 2048, "generation": 12})
    yield ("credit", frame("credit", struct.pack("<Q", 4096), sequence=1500, epoch=3),
           {"epoch": 3, "next": 1500, "limit": 4096})
    yield ("nack_gap", frame("nack", refusal("sequenceGap", ""), sequence=1500, epoch=3),
           {"epoch": 3, "expected": 1500, "reason": 14, "count": 0, "first": 0, "text": ""})
    text = "feature 2 is 1e30, the bound is 1e9 \u2013 see [input] upper"
    yield ("nack_sample",
           frame("nack", refusal("outOfBounds", text, 2, 1498), sequence=1500, epoch=3),
           {"epoch": 3, "expected": 1500, "reason": 12, "count": 2, "first": 1498, "text": text})
    yield "reset", frame("reset"), {}
    yield ("predict_f32", samples(gas, readings, kind="predict", sequence=5150, epoch=0),
           {"schema": gas, "first": 5150, "epoch": 0, "features": readings})
    outputs = [[0.25, 0.75], [0.5, 0.5]]
    body = struct.pack("<QIIii", 12, 2, 0, 1, 0) + rows("f32", outputs)
    yield ("prediction", frame("prediction", body, sequence=5150, count=2),
           {"request": 5150, "generation": 12, "classes": [1, 0], "outputs": outputs})
    spent = [34 * 1024, 2321067, 9000000, (1 << 40) + 7]
    yield ("hello_cost", hello("fpga", flags=COST),
           {"name": "fpga", "epoch": 0, "digest": 0, "wantsCost": True})
    head = struct.pack("<QQQQIIIBBH", 41, 1066, 9, schema_digest(mnist), 4, 10, 256, 0, 0, 0)
    yield ("welcome_cost", frame("welcome", head + cost(*spent), flags=COST, sequence=43, epoch=2),
           {"epoch": 2, "next": 43, "durable": 41, "limit": 1066, "generation": 9,
            "digest": schema_digest(mnist), "schema": mnist, "maxBatch": 256, "cost": spent})
    yield ("ack_cost", frame("ack", struct.pack("<QQ", 2048, 12) + cost(*spent), flags=COST,
                             sequence=1024, epoch=3),
           {"epoch": 3, "durable": 1024, "limit": 2048, "generation": 12, "cost": spent})
    yield ("predict_cost", samples(gas, readings, kind="predict", sequence=5152, epoch=0,
                                   flags=2 | COST),
           {"schema": gas, "first": 5152, "epoch": 0, "features": readings, "wantsCost": True})
    spent = [44, 2933, 20480, 0]
    yield ("prediction_cost", frame("prediction", body + cost(*spent), flags=COST, sequence=5152,
                                    count=2),
           {"request": 5152, "generation": 12, "classes": [1, 0], "outputs": outputs,
            "cost": spent})
    foretold = [[0.5 * value - 2 for value in range(12)]]
    body = struct.pack("<QIIi", 12, 12, 0, -1) + rows("f32", foretold)
    yield ("prediction_steps", frame("prediction", body, sequence=5153, count=1),
           {"request": 5153, "generation": 12, "classes": [-1], "outputs": foretold})
    # Two features as they were reconstructed, the error, and its percentile; -1 is none yet.
    repeated = [[20.5, -3.0, 0.125, 0.75], [18.0, 250.0, 40.0, -1.0]]
    body = struct.pack("<QIIii", 12, 4, 0, -1, -1) + rows("f32", repeated)
    yield ("prediction_autoencoder", frame("prediction", body, sequence=5154, count=2),
           {"request": 5154, "generation": 12, "classes": [-1, -1], "outputs": repeated})
    yield ("samples_f32_autoencoder", samples(pump, [[20.0, -2.5], [18.0, 1.0]], sequence=9),
           {"schema": pump, "first": 9, "epoch": 1, "features": [[20.0, -2.5], [18.0, 1.0]]})
    text = b"no generation yet"
    body = struct.pack("<HH", REASONS["notReady"], len(text)) + text
    yield ("query_refused", frame("queryRefused", body, sequence=5151),
           {"request": 5151, "reason": 28, "text": text.decode()})
    for kind, text in (("request", '{"command":"status"}'),
                       ("reply", '{"error":{"message":"no","reason":"notFound"},"ok":false}')):
        yield kind, frame(kind, text.encode(), sequence=6), {"request": 6, "json": text}


def broken():
    """name, bytes, the name of the reason, and the schema that the receiver has."""
    gas, wind = schema("f32", 3, 2), schema("f32", 2, 2, "regression")
    ecg = schema("i16", 5, 5, "forecast")
    good = samples(gas, [[1, 2, 3]], [1])
    yield "magic", frame("reset", magic=b"MLR2"), "badMagic", None
    yield "version", frame("reset", version=2), "badVersion", None
    yield "type_zero", frame(0), "unknownType", None
    yield "type_unknown", frame(99), "unknownType", None
    yield "checksum", frame("reset", checksum=0xDEADBEEF), "badChecksum", None
    yield "flipped_bit", good[:40] + bytes([good[40] ^ 4]) + good[41:], "badChecksum", gas
    yield "empty", b"", "shortBody", None
    yield "half_header", good[:31], "shortBody", None
    yield "body_cut", good[:-1], "shortBody", gas
    yield "body_longer", good + b"\0", "longBody", gas
    yield "hello_short", frame("hello", bytes(9)), "shortBody", None
    yield "hello_name_cut", hello("abc", length=4), "shortBody", None
    yield "hello_name_rest", hello("abc", length=2), "longBody", None
    yield "hello_name_empty", hello(""), "badName", None
    yield "hello_name_long", hello("x" * 65), "badName", None
    yield "hello_name_space", hello("two words"), "badName", None
    yield "hello_name_nul", hello("nul\0"), "badName", None
    yield "ack_short", frame("ack", bytes(15)), "shortBody", None
    yield "ack_cost_cut", frame("ack", bytes(47), flags=COST), "shortBody", None
    yield "ack_cost_missing", frame("ack", bytes(16), flags=COST), "shortBody", None
    yield "ack_cost_unflagged", frame("ack", bytes(48)), "longBody", None
    yield "ack_cost_long", frame("ack", bytes(49), flags=COST), "longBody", None
    yield "welcome_cost_cut", frame("welcome", bytes(48 + 31), flags=COST), "shortBody", None
    yield "credit_long", frame("credit", bytes(9)), "longBody", None
    yield "skip_nothing", frame("skip", sequence=4, epoch=1), "emptyBatch", None
    yield "skip_zero", frame("skip", sequence=0, epoch=1, count=1), "badRequest", None
    yield ("skip_overflow", frame("skip", sequence=MASK - 1, epoch=1, count=2),
           "badRequest", None)
    yield "reset_body", frame("reset", b"x"), "longBody", None
    yield "nack_text_cut", frame("nack", bytes([14, 0, 5, 0]) + bytes(12)), "shortBody", None
    yield "samples_none", samples(gas, [], []), "emptyBatch", gas
    yield "samples_zero", samples(gas, [[1, 2, 3]], sequence=0), "badRequest", gas
    yield "samples_overflow", samples(gas, [[1, 2, 3]], sequence=MASK), "badRequest", gas
    yield "samples_narrow", samples(schema(features=2), [[1, 2]], [0]), "wrongWidth", gas
    yield "samples_wide", samples(schema(features=4), [[1, 2, 3, 4]], [0]), "wrongWidth", gas
    yield "samples_count", samples(gas, [[1, 2, 3]], count=5), "wrongWidth", gas
    yield "samples_count_huge", samples(gas, [[1, 2, 3]], count=0xFFFFFFFF), "oversize", gas
    yield "samples_element", samples(schema("i16"), [[1, 2, 3]]), "wrongElementType", gas
    yield "samples_element_3", samples(gas, [[1, 2, 3]], flags=3), "wrongElementType", gas
    yield "samples_flags", samples(gas, [[1, 2, 3]], flags=2 | 16), "badRequest", gas
    yield "samples_flag_8", samples(gas, [[1, 2, 3]], flags=2 | 8), "badRequest", gas
    yield "samples_values", samples(gas, [[1, 2, 3]], targets=[[1, 2]]), "badRequest", gas
    yield "samples_class", samples(wind, [[1, 2]], [1]), "badRequest", wind
    yield "samples_label", samples(ecg, [[1, 2, 3, 4, 5]], [1]), "badRequest", ecg
    pump = schema("f32", 2, 2 + 2, "autoencoder")
    yield "samples_autoencoder", samples(pump, [[1, 2]], targets=[[1] * 4]), "badRequest", pump
    yield "samples_batch", samples(gas, [[1, 2, 3]] * 9), "oversize", gas
    yield "predict_labels", samples(gas, [[1, 2, 3]], [1], kind="predict"), "badRequest", gas
    yield ("labels_forecast", frame("labels", struct.pack("<Qi", 1, 1), flags=4, sequence=2,
                                    epoch=1, count=1), "badRequest", ecg)
    yield ("labels_flags", frame("labels", struct.pack("<Qi", 1, 1), sequence=2, epoch=1,
                                 count=1), "badRequest", gas)
    yield ("labels_width", frame("labels", struct.pack("<Q", 1), flags=4, sequence=2, epoch=1,
                                 count=1), "wrongWidth", gas)
    yield "samples_cost", samples(gas, [[1, 2, 3]], [1], flags=2 | 4 | COST), "badRequest", gas
    yield ("labels_cost", frame("labels", struct.pack("<Qi", 1, 1), flags=4 | COST, sequence=2,
                                epoch=1, count=1), "badRequest", gas)
    yield ("predict_flag_32", samples(gas, [[1, 2, 3]], kind="predict", flags=2 | 32),
           "badRequest", gas)
    yield ("prediction_cost_cut",
           frame("prediction", struct.pack("<QIIi", 1, 0, 0, 1) + bytes(31), flags=COST, count=1),
           "shortBody", None)
    yield ("prediction_cost_unflagged",
           frame("prediction", struct.pack("<QIIi", 1, 0, 0, 1) + bytes(32), count=1),
           "wrongWidth", None)
    yield "prediction_short", frame("prediction", bytes(15), count=1), "shortBody", None
    yield ("prediction_huge", frame("prediction", struct.pack("<QII", 1, MASK >> 32, 0),
                                    count=0xFFFFFFFF), "wrongWidth", None)


def header_fields(data):
    version, kind, flags, sequence, epoch, count, body = struct.unpack("<BBHQIII", data[4:28])
    return {"version": version, "type": {v: k for k, v in TYPES.items()}[kind], "flags": flags,
            "sequence": sequence, "epoch": epoch, "count": count, "bodyBytes": body}


def text_digits(fields):
    """64-bit digests are text, as in control messages."""
    if "digest" in fields:
        fields["digest"] = "%016x" % fields["digest"]
    return fields


def hexadecimal(data):
    digits = data.hex()
    return "".join(digits[at:at + 32] + "\n" for at in range(0, len(digits), 32))


def main():
    files = {}
    index = {"maxBatch": 8, "valid": [], "broken": []}
    for name, data, fields in valid():
        path = "frames/%s.hex" % name
        files[path] = hexadecimal(data)
        index["valid"].append({"name": name, "file": path, "header": header_fields(data),
                               "fields": text_digits(fields)})
    for name, data, reason, receiver in broken():
        path = "frames/broken_%s.hex" % name
        files[path] = hexadecimal(data)
        entry = {"name": name, "file": path, "reason": reason}
        if receiver:
            entry["schema"] = receiver
        index["broken"].append(entry)
    files["frames.json"] = json.dumps(index, indent=1, sort_keys=True) + "\n"
    if "--check" in sys.argv:
        stale = [p for p, text in files.items()
                 if not (ROOT / p).exists() or (ROOT / p).read_text() != text]
        sys.exit("stale: " + " ".join(stale) if stale else 0)
    (ROOT / "frames").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (ROOT / path).write_text(text)
    print("%d vectors in %s" % (len(files) - 1, ROOT.relative_to(ROOT.parents[1])))


if __name__ == "__main__":
    main()
