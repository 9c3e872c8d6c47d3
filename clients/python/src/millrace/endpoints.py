"""Where a daemon listens: from arguments, then the environment, then its state directory."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zmq

from millrace.errors import MillraceError


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


def connect(endpoint: str, context: zmq.Context[Any] | None = None) -> zmq.Socket[bytes]:
    """A DEALER connected to ``endpoint``; the connection itself comes about in the background.

    Nothing is queued while nobody is connected, so nothing goes astray in a pipe. Raises
    MillraceError when the text is no endpoint.
    """
    socket: zmq.Socket[bytes] = zmq.Socket(context or zmq.Context.instance(), zmq.DEALER)
    socket.linger = 0
    socket.setsockopt(zmq.IMMEDIATE, 1)
    socket.setsockopt(zmq.MAXMSGSIZE, 64 << 20)
    socket.setsockopt(zmq.RECONNECT_IVL, 20)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 500)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        socket.close()
        raise MillraceError(
            f"cannot connect to {endpoint!r}: {error}. TRY: ipc://PATH or tcp://HOST:PORT"
        ) from None
    return socket


def receive(socket: zmq.Socket[bytes]) -> bytes | None:
    """The next message of one frame, without waiting; None when there is none.

    Messages of several frames break the protocol's first rule and are passed over.
    """
    while True:
        try:
            frame = socket.recv(zmq.DONTWAIT)
        except zmq.Again:
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
