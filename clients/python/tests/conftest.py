"""The real daemon, samples from a seed, and spools that stay out of the home directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zmq.auth

import millrace
from millrace.errors import DaemonNotFoundError
from millrace.local import find_millraced

REPOSITORY = Path(__file__).resolve().parents[3]
Array = npt.NDArray[Any]
Start = Callable[..., millrace.LocalDaemon]


@pytest.fixture(autouse=True)
def spool_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where spools lie in a test."""
    monkeypatch.setenv("MILLRACE_SPOOL", str(tmp_path / "spool"))
    return tmp_path / "spool" / "python"


@pytest.fixture(scope="session")
def millraced() -> Path:
    """The daemon's executable: ``MILLRACED``, PATH, or what ``make build`` made."""
    try:
        return find_millraced()
    except DaemonNotFoundError as error:
        built = REPOSITORY / ".build" / "release" / "millraced"
        if built.exists():
            os.environ["MILLRACED"] = str(built)
            return built
        pytest.skip(f"needs the daemon: {error}")


@pytest.fixture
def start(millraced: Path) -> Iterator[Start]:
    """Starts private daemons of 4 features and 3 classes unless told otherwise; stops them."""
    daemons = []

    def begin(config: str | None = None, **options: Any) -> millrace.LocalDaemon:
        if config is None and "X" not in options:
            options = {"features": 4, "classes": 3, "hidden": [8]} | options
        daemon = millrace.local(config, millraced=millraced, **options)
        daemons.append(daemon)
        return daemon

    yield begin
    for daemon in daemons:
        daemon.stop()


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """A configuration file of 2 features and 3 classes that have no names."""
    path = tmp_path / "counted.toml"
    path.write_text(
        '[input]\nfeatures = 2\ntype = "f32"\n'
        '[output]\ntask = "classification"\nclasses = 3\n'
        "[network]\nhidden = [4]\n"
    )
    return path


@pytest.fixture(scope="session")
def stream() -> tuple[Array, Array]:
    """20,000 samples of three clusters that drift: (count, 4) f32, (count,) classes."""
    chance = np.random.default_rng(20_261_121)
    y = chance.integers(0, 3, 20_000)
    drift = np.linspace(0, 2, len(y))[:, None]
    centres = chance.normal(size=(3, 4)) * 2
    X = centres[y] + chance.normal(size=(len(y), 4)) + drift
    return X.astype(np.float32), y


def masked(shape: tuple[int, ...], dtype: str = "f4") -> Any:
    """An array of ones whose first entry is masked."""
    array = np.ma.masked_array(np.ones(shape, dtype))
    array[(0,) * len(shape)] = np.ma.masked
    return array


def pair(folder: Path, name: str) -> tuple[Path, Path]:
    """A pair that pyzmq made: its public and its secret certificate."""
    public, secret = zmq.auth.create_certificates(folder, name, {"name": name})
    os.chmod(secret, 0o600)
    return Path(public), Path(secret)


def ids(numbers: range) -> tuple[int, str, str]:
    """Count, sum, and exclusive or of SplitMix64, of sequence numbers, as status has them."""
    array = np.arange(numbers.start, numbers.stop, dtype=np.uint64)
    mixed = array + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    total = int(array.sum(dtype=np.uint64))
    return len(array), f"{total:016x}", f"{int(np.bitwise_xor.reduce(mixed)):016x}"
