"""Samples per second through the Python producer, from the first ``send`` to the last ACK.

    python clients/python/benchmark.py [DATA] [--rounds 5]

DATA has ``elec2/stream.{x,y}.npy`` and ``mnist/train.{x,y}.npy``; without it samples of the same
shapes and types come from a seed (then labels mean nothing, and speed is the same). Each round is
a new epoch of one daemon; the table has the median and the best, which differ on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import millrace
from millrace.wire import checksum

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Array = npt.NDArray[Any]


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


def rate(daemon: millrace.LocalDaemon, X: Array, y: Array, step: int, **options: Any) -> float:
    """Samples per second of one round."""
    with daemon.producer("bench", fresh=True, **options) as producer:
        start = time.perf_counter()
        for at in range(0, len(X), step):
            producer.send(X[at : at + step], y[at : at + step])
        producer.flush()
        return len(X) / (time.perf_counter() - start)


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
                    middle, best = statistics.median(rates), max(rates)
                    print(f"| {name} | {text} | {middle:,.0f} | {best:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
