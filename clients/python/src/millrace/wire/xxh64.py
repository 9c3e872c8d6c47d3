"""XXH64, the digest of schemas and of endpoint names (xxHash specification, section 3)."""

from __future__ import annotations

_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
_MASK = 0xFFFFFFFFFFFFFFFF


def _rotate(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (64 - bits))) & _MASK


def _round(lane: int, word: int) -> int:
    return (_rotate((lane + word * _P2) & _MASK, 31) * _P1) & _MASK


def xxh64(data: bytes, seed: int = 0) -> int:
    """The 64-bit digest of ``data``."""
    size, at = len(data), 0
    if size >= 32:
        lanes = [
            (seed + _P1 + _P2) & _MASK,
            (seed + _P2) & _MASK,
            seed,
            (seed - _P1) & _MASK,
        ]
        while at + 32 <= size:
            for lane in range(4):
                word = int.from_bytes(data[at : at + 8], "little")
                lanes[lane] = _round(lanes[lane], word)
                at += 8
        digest = sum(_rotate(lanes[i], bits) for i, bits in enumerate((1, 7, 12, 18))) & _MASK
        for lane in range(4):
            digest = ((digest ^ _round(0, lanes[lane])) * _P1 + _P4) & _MASK
    else:
        digest = (seed + _P5) & _MASK
    digest = (digest + size) & _MASK
    while at + 8 <= size:
        digest ^= _round(0, int.from_bytes(data[at : at + 8], "little"))
        digest = (_rotate(digest, 27) * _P1 + _P4) & _MASK
        at += 8
    if at + 4 <= size:
        digest ^= (int.from_bytes(data[at : at + 4], "little") * _P1) & _MASK
        digest = (_rotate(digest, 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        digest = (_rotate(digest ^ (byte * _P5 & _MASK), 11) * _P1) & _MASK
    digest = ((digest ^ (digest >> 33)) * _P2) & _MASK
    digest = ((digest ^ (digest >> 29)) * _P3) & _MASK
    return digest ^ (digest >> 32)
