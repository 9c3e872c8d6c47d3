"""CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), of header and body together.

``google-crc32c`` does it in C where it is installed. The own form uses that a CRC is linear over
XOR: a byte ``b`` that ``k`` bytes follow adds ``T[k][b]`` to the register, whatever stands around
it. So 64 positions are looked up at once and folded with XOR; the registers of 64 blocks are bytes
again, each followed by a multiple of 64 bytes, and are folded the same way.

    crc(m) = fold(T, m xor first four bytes FF) xor FFFFFFFF

Invariant: both forms give the same number for every input (held together by a test).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

try:
    import google_crc32c as _c

    IS_NATIVE: bool = _c.implementation == "c"
except ImportError:
    IS_NATIVE = False

_POLYNOMIAL = 0x82F63B78
_BLOCK = 64
_SHORT = 160
"""Below so many bytes the plain loop is faster than numpy's calls."""

Words = npt.NDArray[np.uint32]


def _byte_table() -> list[int]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = (register >> 1) ^ (_POLYNOMIAL if register & 1 else 0)
        table.append(register)
    return table


_TABLE = _byte_table()


def _loop(data: bytes, register: int) -> int:
    table = _TABLE
    for byte in data:
        register = (register >> 8) ^ table[(register ^ byte) & 0xFF]
    return register


@functools.cache
def _byte_positions() -> Words:
    """``T[k][b]`` for the 64 positions of a block, the first byte's row first: (64 · 256,)."""
    table = np.array(_TABLE, np.uint32)
    rows = [table]
    for _ in range(_BLOCK - 1):
        last = rows[-1]
        rows.append((last >> np.uint32(8)) ^ table[last & np.uint32(0xFF)])
    return np.concatenate(rows[::-1])


@functools.cache
def _register_positions(level: int) -> Words:
    """The same for the four bytes of 64 registers, each followed by ``64**level · k`` bytes.

    Rows are (register, byte of the register), first register first: (64 · 4 · 256,).
    """
    start = np.arange(256, dtype=np.uint32)
    row = np.concatenate([start << np.uint32(8 * byte) for byte in range(4)])
    step = _block_step() if level == 1 else _full_step(level - 1)
    rows = [row]
    for _ in range(_BLOCK - 1):
        rows.append(_apply(step, rows[-1]))
    table: Words = np.concatenate(rows[::-1])
    return table


def _apply(step: Words, registers: Words) -> Words:
    """``step``, a linear map given by (4, 256) images of single bytes, of each register."""
    result: Words = step[registers & np.uint32(0xFF)]
    for byte in range(1, 4):
        result = (
            result
            ^ step[np.uint32(256 * byte) + ((registers >> np.uint32(8 * byte)) & np.uint32(0xFF))]
        )
    return result


def _block_step() -> Words:
    """The map "64 zero bytes follow"."""
    table = np.array(_TABLE, np.uint32)
    registers = np.concatenate(
        [np.arange(256, dtype=np.uint32) << np.uint32(8 * byte) for byte in range(4)]
    )
    for _ in range(_BLOCK):
        registers = (registers >> np.uint32(8)) ^ table[registers & np.uint32(0xFF)]
    return registers


def _full_step(level: int) -> Words:
    """The map "64 ** (level + 1) zero bytes follow": one step beyond the first row's."""
    first_row = _register_positions(level)[:1024]
    step = _block_step() if level == 1 else _full_step(level - 1)
    return _apply(step, first_row)


_OFFSETS = np.arange(_BLOCK, dtype=np.intp) * 256
_REGISTER_OFFSETS = np.arange(4 * _BLOCK, dtype=np.intp) * 256


def _fold(data: npt.NDArray[np.uint8], table: Words, offsets: npt.NDArray[np.intp]) -> Words:
    """One register for each group of ``len(offsets)`` bytes; zeros are put in front."""
    width = len(offsets)
    rest = -len(data) % width
    if rest:
        data = np.concatenate([np.zeros(rest, np.uint8), data])
    index = data.reshape(-1, width).astype(np.intp)
    index += offsets
    folded: Words = np.bitwise_xor.reduce(table.take(index), axis=1)
    return folded


def _vectorised(data: bytes, register: int) -> int:
    """The register after ``data``, at least 4 bytes."""
    values = np.frombuffer(data, np.uint8).copy()
    values[:4] ^= np.frombuffer(register.to_bytes(4, "little"), np.uint8)
    registers = _fold(values, _byte_positions(), _OFFSETS)
    level = 1
    while len(registers) > 1:
        octets = registers.astype("<u4").view(np.uint8)
        registers = _fold(octets, _register_positions(level), _REGISTER_OFFSETS)
        level += 1
    return int(registers[0])


def crc32c_plain(*parts: bytes) -> int:
    """CRC-32C of the parts one after the other, without the C package."""
    register = 0xFFFFFFFF
    for part in parts:
        register = (_loop if len(part) < _SHORT else _vectorised)(part, register)
    return register ^ 0xFFFFFFFF


def _crc32c_native(*parts: bytes) -> int:
    value = 0
    for part in parts:
        value = _c.extend(value, part)
    return value


crc32c = _crc32c_native if IS_NATIVE else crc32c_plain
"""CRC-32C of the parts one after the other, by the fastest form there is."""
