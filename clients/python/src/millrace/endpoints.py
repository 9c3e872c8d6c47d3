"""Where a daemon listens: from arguments, then the environment, then its state directory."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq
from zmq.utils.monitor import parse_monitor_message

from millrace.errors import KeyRefusedError, MillraceError
from millrace.keys import Keys


@dataclass(frozen=True)
class Endpoints:
    """The three sockets of one daemon, as ZeroMQ endpoints."""

    ingest: str
    query: str
    admin: str

    @classmethod
    def find(
        cls,
        state: str | os.PathLike[str] | None = None,
        *,
        ingest: str | None = None,
        query: str | None = None,
        admin: str | None = None,
    ) -> Endpoints:
        """The endpoints, each from the first of: its argument, the state directory that is named,
        ``MILLRACE_INGEST`` / ``_QUERY`` / ``_ADMIN``, ``MILLRACE_STATE``, ``./millrace-state``.
        """
        folder = Path(state or os.environ.get("MILLRACE_STATE") or "millrace-state").absolute()

        def one(given: str | None, name: str) -> str:
            named = None if state else os.environ.get(f"MILLRACE_{name.upper()}")
            return given or named or f"ipc://{folder}/{name}.sock"

        return cls(one(ingest, "ingest"), one(query, "query"), one(admin, "admin"))


def spooled(endpoint: str) -> str:
    """An ingest endpoint as spools know it: one socket has one name there, whether its directory is
    spelled with links, ``..`` or neither, so that the same stream is not taken for a new one.
    """
    if endpoint.startswith("tcp://localhost:"):
        return "tcp://127.0.0.1:" + endpoint.removeprefix("tcp://localhost:")
    if not endpoint.startswith("ipc://"):
        return endpoint
    path = Path(endpoint.removeprefix("ipc://")).absolute()
    return f"ipc://{path.parent.resolve()}/{path.name}"


_FAILURES = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class Connection(zmq.Socket[bytes]):
    """A socket that knows, over TCP, why nobody answers: a handshake that failed."""

    endpoint = ""
    keys: Keys | None = None
    trouble = ""
    """Why the newest handshake failed; empty when none did."""
    refusal: KeyRefusedError | None = None
    """What is raised from then on: after it libzmq does not connect again."""
    _watch: zmq.Socket[bytes] | None = None

    def watch(self) -> None:
        """Has libzmq report on handshakes from now on."""
        events = _FAILURES | zmq.EVENT_HANDSHAKE_SUCCEEDED
        self._watch = self.get_monitor_socket(events)
        self._watch.linger = 0

    def hear(self) -> None:
        """Takes libzmq's reports. Raises KeyRefusedError when the daemon refused the key."""
        if self._watch is None:
            return
        while True:
            try:
                report = parse_monitor_message(self._watch.recv_multipart(zmq.DONTWAIT))
            except zmq.Again:
                break
            event = report["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.trouble = ""
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self.refusal = self._refused()
            elif self.keys is not None:
                self.trouble = (
                    "the handshake with keys fails: another daemon than server_key says listens "
                    "there, or one that takes no keys"
                )
            else:
                self.trouble = (
                    "the handshake without keys fails: a daemon that asks for keys, or something "
                    "else, listens there (key=, server_key=)"
                )
        if self.refusal is not None:
            raise self.refusal

    def _refused(self) -> KeyRefusedError:
        if self.keys is None:
            return KeyRefusedError(
                f"the daemon at {self.endpoint} asks for a key. TRY: key= and server_key=, or "
                "MILLRACE_KEY and MILLRACE_SERVER_KEY"
            )
        return KeyRefusedError(
            f"the daemon at {self.endpoint} refused this key: {self.keys.public_key} is not in its "
            "folder of clients, or may not come in at this door. TRY: copy NAME.key into that "
            "folder, with the right it needs in allow, and reload the daemon"
        )

    def close(self, linger: int | None = None) -> None:
        """Closes the socket and ends the reports."""
        if self._watch is not None and not self.closed:
            self.disable_monitor()
            self._watch.close()
            self._watch = None
        super().close(linger)


def connect(
    endpoint: str, keys: Keys | None = None, context: zmq.Context[Any] | None = None
) -> Connection:
    """A DEALER connected to ``endpoint``; the connection itself comes about in the background.

    - keys: for TCP; an ipc socket is guarded by the permissions of its file.

    Nothing is queued while nobody is connected, so nothing goes astray in a pipe. Raises
    MillraceError when the text is no endpoint.
    """
    socket = Connection(context or zmq.Context.instance(), zmq.DEALER)
    socket.endpoint = endpoint
    socket.linger = 0
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.MAXMSGSIZE, 64 << 20)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
    if endpoint.startswith("tcp://"):
        socket.watch()
        socket.keys = keys
        socket.setsockopt(zmq.IPV6, int(endpoint.startswith("tcp://[")))
        if keys is not None:
            keys.apply(socket)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise MillraceError(
            f"cannot connect to {endpoint!r}: {error}. TRY: ipc://PATH or tcp://HOST:PORT"
        ) from None
    return socket


def receive(socket: Connection) -> bytes | None:
    """The next message of one frame, without waiting; None when there is none.

    Messages of several frames break the protocol's first rule and are passed over. Raises
    KeyRefusedError when the daemon refused the key.
    """
    while True:
        try:
            frame = socket.recv(zmq.DONTWAIT)
        except zmq.Again:
            socket.hear()
            return None
        if not socket.getsockopt(zmq.RCVMORE):
            return frame
        while socket.getsockopt(zmq.RCVMORE):
            socket.recv(zmq.DONTWAIT)


def send(socket: zmq.Socket[bytes], frame: bytes) -> bool:
    """Sends one frame without waiting; False while nobody is connected or the pipe is full."""
    try:
        socket.send(frame, zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True


def descriptor_of(socket: zmq.Socket[bytes]) -> int:
    """The descriptor that becomes readable once when the socket's events change."""
    return int(socket.getsockopt(zmq.FD))


def events(socket: zmq.Socket[bytes]) -> int:
    """What the socket is ready for now: POLLIN, POLLOUT."""
    return int(socket.getsockopt(zmq.EVENTS))


async def wait_for_event(event: asyncio.Event, seconds: float) -> None:
    """Waits until the event is set, at most so long; it is set then in either case.

    Not ``asyncio.wait_for``: before Python 3.12 that loses a cancellation which comes together
    with the event.
    """
    alarm = asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        alarm.cancel()
