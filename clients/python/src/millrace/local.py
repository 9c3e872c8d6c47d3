"""A private daemon for a notebook, a script or a test: started, found and stopped from here.

    with millrace.local(X=X, y=y, hidden=[32]) as daemon:
        with daemon.producer() as producer:
            producer.send(X, y)
        with daemon.client() as client:
            client.predict(X[:5]).names

It listens on ipc sockets in a directory of its own and is stopped by its process id: at the end of
the ``with``, by :meth:`LocalDaemon.stop`, when the object is collected, or when this process ends,
however it ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from millrace.arrays import ArrayLike
from millrace.client import AsyncClient, Client
from millrace.configuration import Plan, setting
from millrace.endpoints import Endpoints
from millrace.errors import DaemonNotFoundError, DaemonStartError, MillraceError
from millrace.producer import Producer

# Ends the daemon when the pipe closes, which happens however this process ends.
_WATCH = 'read -r _; kill -TERM "$1" 2>/dev/null'

_ROOM = 1 << 30


def find_millraced(given: str | os.PathLike[str] | None = None) -> Path:
    """The daemon's executable: the argument, else ``MILLRACED``, else ``millraced`` on PATH.

    Raises DaemonNotFoundError.
    """
    named = given or os.environ.get("MILLRACED")
    if named:
        path = Path(named)
        if path.is_file() and os.access(path, os.X_OK):
            return path.absolute()
        source = "the argument millraced" if given else "the variable MILLRACED"
        raise DaemonNotFoundError(f"{path} is no executable file ({source} names it)")
    found = shutil.which("millraced")
    if found is None:
        raise DaemonNotFoundError(
            "millraced is not on PATH. TRY: make build in the Millrace tree, then "
            "export MILLRACED=…/.build/release/millraced, or millraced=PATH"
        )
    return Path(found).absolute()


class LocalDaemon:
    """A daemon of this process; made by :func:`local`, running when that returns.

    - state: its state directory. A temporary one goes when the daemon is stopped.
    - endpoints: its sockets.
    - classes: what labels were given as, in the order of their indices; empty for other tasks or
      a configuration file.
    """

    def __init__(
        self,
        executable: Path,
        arguments: Sequence[str],
        directory: Path,
        *,
        is_temporary: bool,
        classes: Sequence[Any] = (),
        timeout: float = 20.0,
    ) -> None:
        self.state = directory / "state" if is_temporary else directory
        self.endpoints = Endpoints.find(self.state)
        self.classes = tuple(classes)
        self.timeout = timeout
        self._command = [str(executable), *arguments, "--state", str(self.state)]
        for name in ("ingest", "query", "admin"):
            self._command += ["--set", f"daemon.{name}={getattr(self.endpoints, name)}"]
        self._log = directory / "millraced.log" if is_temporary else directory.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: subprocess.Popen[bytes] | None = None
        self._running: list[subprocess.Popen[bytes]] = []
        self._finalizer = weakref.finalize(
            self, _finish, self._running, directory if is_temporary else None
        )

    @property
    def pid(self) -> int:
        """The process id. Raises MillraceError when it does not run."""
        if self._process is None:
            raise MillraceError("the private daemon is not running. TRY: daemon.start()")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What the daemon has printed so far."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def start(self) -> LocalDaemon:
        """Starts the daemon, again after :meth:`kill`: it goes on from its durable state.

        Raises DaemonStartError with the daemon's own words.
        """
        if self.is_running:
            return self
        self.state.parent.mkdir(parents=True, exist_ok=True)
        with open(self._log, "ab") as log:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("MILLRACE_")}
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                start_new_session=True,
            )  # fmt: skip
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "sh", str(self._process.pid)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._running[:] = [self._process, self._watch]
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        end = time.monotonic() + self.timeout
        with Client(query=self.endpoints.query, timeout=0.2) as client:
            while True:
                with contextlib.suppress(MillraceError):
                    client.status()
                    return
                if self._process.poll() is not None or time.monotonic() > end:
                    status = self._process.poll()
                    said = self.log.strip()[-2000:]
                    self.kill()
                    how = "is not ready in time" if status is None else f"ended with {status}"
                    raise DaemonStartError(f"millraced {how}:\n{said}")

    def stop(self) -> None:
        """Stops the daemon as SIGTERM does: what it has accepted is learned and made durable.

        A temporary state directory goes.
        """
        self._finalizer()
        self._process = self._watch = None

    def kill(self) -> None:
        """Ends the process at once, as ``kill -9`` does; its state stays for :meth:`start`."""
        _end(self._running, signal.SIGKILL)
        self._process = self._watch = None

    def producer(self, name: str = "local", **options: Any) -> Producer:
        """A producer for this daemon.

        Its spool is in memory unless ``spool`` says otherwise: the daemon is as private as the
        process. Other options are those of :class:`millrace.Producer`.
        """
        options.setdefault("spool", False)
        if self.classes and self.classes != tuple(range(len(self.classes))):
            options.setdefault("classes", self.classes)
        return Producer(name, ingest=self.endpoints.ingest, **options)

    def client(self, timeout: float = 5.0) -> Client:
        """A client for this daemon."""
        ends = self.endpoints
        return Client(query=ends.query, admin=ends.admin, timeout=timeout)

    def async_client(self, timeout: float = 5.0) -> AsyncClient:
        """A client for asyncio."""
        ends = self.endpoints
        return AsyncClient(query=ends.query, admin=ends.admin, timeout=timeout)

    def __copy__(self) -> LocalDaemon:
        return self

    def __deepcopy__(self, memory: dict[int, Any]) -> LocalDaemon:
        """Itself: a process has no copy. Estimators with this daemon can be cloned."""
        return self

    def __enter__(self) -> LocalDaemon:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        running = f"pid {self._process.pid}" if self._process is not None else "not running"
        return f"<LocalDaemon {running}, state {self.state}>"


def local(
    config: str | os.PathLike[str] | None = None,
    *,
    X: ArrayLike | None = None,
    y: Any = None,
    features: int | None = None,
    feature_names: Sequence[str] | None = None,
    classes: Sequence[Any] | int | None = None,
    targets: int | None = None,
    task: str | None = None,
    steps: int = 1,
    dtype: str | None = None,
    hidden: Sequence[int] = (32,),
    rate: float = 0.01,
    seed: int = 1,
    settings: Mapping[str, Any] | None = None,
    state: str | os.PathLike[str] | None = None,
    millraced: str | os.PathLike[str] | None = None,
    timeout: float = 20.0,
) -> LocalDaemon:
    """Starts a private daemon and waits until it is ready.

    What it learns comes from one of:

    - config: a configuration file. The other arguments on this list are then not used.
    - X, y: arrays whose shapes and types are taken: (count, features) of u8, i16 or anything
      else (f32); the dtype of y decides the task: targets (regression) where it holds floats,
      classes where it holds anything else (integers, booleans, text), one for each different value,
      −1 included; a forecast of the next sample where there is no y. ``classes`` or ``targets``
      beside y decide instead. No sample of them is learned.
    - features, dtype (``u8``, ``i16``, ``f32``), and classes (a count, or labels in the order of
      their indices) or targets (a count); neither of these two is a forecast.
    - task: ``autoencoder`` instead of a forecast; steps: samples ahead that a forecast foretells.

    - hidden, rate, seed: sizes of the hidden layers, learning rate, seed of the weights.
    - settings: any key of the configuration, ``{"learning.momentum": 0.9, "labels.window": 100}``.
    - state: a directory that is kept and continued; None is a temporary one, gone at the end.
    - millraced: the executable; None looks at ``MILLRACED`` and PATH.
    - timeout: seconds to wait for it.

    Raises DaemonNotFoundError, DaemonStartError, ValueError; before anything is started SampleError
    for arrays of which nothing could be learned: another count of labels than of rows, a column
    without any finite number, or what cannot be samples at all.
    """
    executable = find_millraced(millraced)
    plan = None
    if config is None:
        plan = Plan.of(
            X=X, y=y, features=features, feature_names=feature_names, classes=classes,
            targets=targets, dtype=dtype, hidden=hidden, rate=rate, seed=seed, task=task,
            steps=steps,
        )  # fmt: skip
    directory = _temporary() if state is None else Path(state).absolute()
    if plan is None:
        path = Path(os.fspath(config)).absolute() if config is not None else directory
    else:
        path = directory / "millrace.toml" if state is None else directory.with_suffix(".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(plan.text(), "utf-8")
    arguments = ["--config", str(path)]
    for key, value in (settings or {}).items():
        arguments += ["--set", f"{key}={setting(value)}"]
    daemon = LocalDaemon(
        executable, arguments, directory, is_temporary=state is None,
        classes=plan.classes if plan else (), timeout=timeout,
    )  # fmt: skip
    try:
        return daemon.start()
    except BaseException:
        daemon.stop()
        raise


def _temporary() -> Path:
    """A new directory; in memory where there is room, since it goes with this process anyway.

    What is durable there outlives the daemon, not the machine. Short: a socket's path has at most
    107 bytes.
    """
    memory = Path("/dev/shm")
    root = None
    if "TMPDIR" not in os.environ and os.access(memory, os.W_OK | os.X_OK):
        root = memory if shutil.disk_usage(memory).free > _ROOM else None
    return Path(tempfile.mkdtemp(prefix="mr-", dir=root))


def _end(running: list[subprocess.Popen[bytes]], how: int) -> None:
    """Ends the daemon (first) and its watch, and waits for both."""
    for index, process in enumerate(running):
        if process.poll() is None:
            process.send_signal(how if index == 0 else signal.SIGKILL)
        try:
            process.wait(10.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdin is not None:
            process.stdin.close()
    running.clear()


def _finish(running: list[subprocess.Popen[bytes]], directory: Path | None) -> None:
    _end(running, signal.SIGTERM)
    if directory is not None:
        shutil.rmtree(directory, ignore_errors=True)
