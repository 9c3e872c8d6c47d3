"""Samples per second through the Python producer, from the first ``send`` to the last ACK.

    python clients/python/benchmark.py [DATA] [--rounds 5]

DATA has ``elec2/stream.{x,y}.npy`` and ``mnist/train.{x,y}.npy``; without it samples of the same
shapes and types come from a seed (then labels mean nothing, and speed is the same). Each round is
a new epoch of one daemon. Columns: samples/s (median, best of the rounds: they differ on a busy
machine), and microseconds of this process's processor time per sample.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import millrace
from millrace.wire import checksum

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Array = npt.NDArray[Any]


class Measured(NamedTuple):
    """Samples per second, and microseconds of processor time of this process per sample."""

    rate: float
    work: float


def samples(name: str, data: Path | None) -> tuple[Array, Array]:
    """X and y of elec2 or mnist."""
    file, count = ("stream", 45_312) if name == "elec2" else ("train", 12_544)
    if data is not None:
        parts = [np.load(data / name / f"{file}.{part}.npy")[:count] for part in "xy"]
        return parts[0], parts[1]
    chance = np.random.default_rng(1)
    if name == "elec2":
        return chance.random((count, 8), np.float32), chance.integers(0, 2, count)
    return chance.integers(0, 256, (count, 784), np.uint8), chance.integers(0, 10, count)


def rate(daemon: millrace.LocalDaemon, X: Array, y: Array, step: int, **options: Any) -> Measured:
    """One round."""
    with daemon.producer("bench", fresh=True, **options) as producer:
        start, work = time.perf_counter(), time.process_time()
        for at in range(0, len(X), step):
            producer.send(X[at : at + step], y[at : at + step])
        producer.flush()
        wall, work = time.perf_counter() - start, time.process_time() - work
        return Measured(len(X) / wall, 1e6 * work / len(X))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print("CRC-32C in", "C (google-crc32c)" if checksum.IS_NATIVE else "numpy")
    with tempfile.TemporaryDirectory() as spool:
        ways: list[tuple[str, int, dict[str, Any]]] = [
            ("one array, memory", 1 << 30, {}),
            ("one array, spool", 1 << 30, {"spool": spool}),
            ("256 a call, memory", 256, {}),
            ("256 a call, spool, sync=False", 256, {"spool": spool, "sync": False}),
            ("256 a call, spool", 256, {"spool": spool}),
            ("1 a call, memory", 1, {}),
        ]
        for name in ("elec2", "mnist"):
            X, y = samples(name, arguments.data)
            with millrace.local(EXAMPLES / f"{name}.toml") as daemon:
                for text, step, options in ways:
                    rates = [rate(daemon, X, y, step, **options) for _ in range(arguments.rounds)]
                    middle = statistics.median(one.rate for one in rates)
                    best = max(one.rate for one in rates)
                    work = statistics.median(one.work for one in rates)
                    row = (name, text, f"{middle:,.0f}", f"{best:,.0f}", f"{work:.2f}")
                    print("|", " | ".join(row), "|", flush=True)


if __name__ == "__main__":
    main()
