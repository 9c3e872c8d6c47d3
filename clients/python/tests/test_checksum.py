"""Goal: both forms of CRC-32C, and XXH64, give the published numbers."""

from __future__ import annotations

import random

import pytest

from millrace.wire import checksum
from millrace.wire.xxh64 import xxh64


def one_by_one(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


def test_published_values() -> None:
    assert checksum.crc32c(b"123456789") == 0xE3069283
    assert checksum.crc32c_plain(b"123456789") == 0xE3069283
    assert checksum.crc32c_plain(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert checksum.crc32c_plain(b"\xff" * 32) == 0x62A8AB43
    assert checksum.crc32c_plain(b"") == 0


@pytest.mark.parametrize(
    "size", [0, 1, 4, 63, 64, 65, 159, 160, 161, 255, 256, 4095, 4096, 4097, 9216, 40_000]
)
def test_all_forms_agree(size: int) -> None:
    data = random.Random(size).randbytes(size)
    wanted = one_by_one(data)
    assert checksum.crc32c(data) == wanted
    assert checksum.crc32c_plain(data) == wanted
    for cut in (0, size // 3, size):
        assert checksum.crc32c_plain(data[:cut], data[cut:]) == wanted


def test_a_message_beyond_three_levels() -> None:
    data = random.Random(7).randbytes(300_000)
    middle = checksum.crc32c_plain(data[:100_000], data[100_000:200_000], data[200_000:])
    assert checksum.crc32c_plain(data) == middle
    assert checksum.crc32c(data) == middle


def test_xxh64() -> None:
    assert xxh64(b"") == 0xEF46DB3751D8E999  # The specification's own values.
    assert xxh64(b"abc") == 0x44BC2CF5AD770999
    assert xxh64(b"Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1
