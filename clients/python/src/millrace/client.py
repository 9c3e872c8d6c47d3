"""Asks a daemon, and steers it: predictions, status, generations, checkpoints, rollback.

Every method exists twice, in :class:`Client` and, awaited, in :class:`AsyncClient`; both are made
of the same exchanges (:mod:`millrace.asking`) and differ in how they wait.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import zmq

from millrace.arrays import ArrayLike, as_features
from millrace.asking import READ_ONLY, Exchange, Prediction, Questions, join
from millrace.endpoints import (
    Connection,
    Endpoints,
    connect,
    descriptor_of,
    events,
    receive,
    send,
    wait_for_event,
)
from millrace.errors import KeyRefusedError, UnreachableError
from millrace.keys import Key, Keys, ServerKey
from millrace.replies import Checkpoint, Generation, Restored, Schema, Status, list_of


class _ClientBase:
    """Sockets, numbering, and what is the same for both clients.

    - state, query, admin: the daemon's state directory, or its endpoints.
    - timeout: how long a question may take in all, in seconds.
    - key, server_key: for TCP; see :class:`millrace.Keys`.

    Errors of all questions: UnreachableError (no answer in time), KeyFileError, KeyRefusedError,
    RefusedError (the daemon's own refusal, BusyError where trying later can help), FrameError (an
    answer that cannot be read).
    """

    def __init__(
        self,
        state: str | os.PathLike[str] | None = None,
        *,
        query: str | None = None,
        admin: str | None = None,
        timeout: float = 5.0,
        key: Key = None,
        server_key: ServerKey = None,
    ) -> None:
        self._key = (key, server_key)
        self.endpoints = Endpoints.find(state, query=query, admin=admin)
        self.timeout = timeout
        self._questions = Questions()
        self._sockets: dict[str, Connection] = {}
        self._known_schema: Schema | None = None

    def _socket(self, endpoint: str) -> Connection:
        if endpoint not in self._sockets:
            keys = Keys.find(*self._key) if endpoint.startswith("tcp://") else None
            self._sockets[endpoint] = connect(endpoint, keys)
        return self._sockets[endpoint]

    def _close(self) -> None:
        for socket in self._sockets.values():
            socket.close()
        self._sockets = {}

    def _drop(self, endpoint: str) -> None:
        """Forgets a connection: after a handshake that failed libzmq does not try again."""
        self._sockets.pop(endpoint).close()

    def _steps(
        self, exchange: Exchange, endpoint: str, timeout: float
    ) -> Iterator[tuple[int, float]]:
        """Drives an exchange; yields (poll flags, seconds) whenever there is nothing to do."""
        socket = self._socket(endpoint)
        end = time.monotonic() + timeout
        while True:
            try:
                while (frame := receive(socket)) is not None:
                    exchange.receive(frame, time.monotonic())
            except KeyRefusedError:
                self._drop(endpoint)
                raise
            if exchange.is_done:
                return
            blocked = False
            while (out := exchange.outgoing(time.monotonic())) is not None:
                if not send(socket, out):
                    blocked = True
                    break
                exchange.sent(time.monotonic())
            left = end - time.monotonic()
            if left <= 0:
                raise self._late(exchange, endpoint, timeout)
            flags = zmq.POLLIN | (zmq.POLLOUT if blocked else 0)
            yield flags, min(left, 0.05 if exchange.last_refusal else 0.25)

    def _late(self, exchange: Exchange, endpoint: str, timeout: float) -> Exception:
        if exchange.last_refusal is not None:
            return exchange.last_refusal
        if exchange.is_sent:
            why = f"no answer within {timeout:g} s; whether the daemon acted on it is not known"
        else:
            why = self._socket(endpoint).trouble or "nobody listens there"
            self._drop(endpoint)
        return UnreachableError(
            f"the daemon at {endpoint} does not answer: {why}. "
            "TRY: millraced --config FILE, or state= / query= of the daemon that runs"
        )


class Client(_ClientBase):
    """Asks one daemon; see :class:`_ClientBase` for parameters and errors.

        with millrace.Client(state="millrace-state") as client:
            client.predict(X).names

    Not for use from several threads at once.
    """

    def predict(self, X: ArrayLike, *, cost: bool = False) -> Prediction:
        """Predicts from the newest durable generation; learns nothing.

        - X: (count, features), or (features,) for one sample. Batches are split to the daemon's
          limits.
        - cost: ask what these samples cost on the daemon's emulated device.

        Raises SampleError when X cannot be sent.
        """
        schema = self.schema()
        wire = schema.wire
        features = as_features(X, wire)
        exchange = self._questions.predict(
            features, wire, schema.max_batch, schema.max_message_bytes, wants_cost=cost
        )
        self._run(exchange, self.endpoints.query, self.timeout + len(features) / 1000)
        return join(exchange, len(features), wire, schema.class_names)

    def schema(self) -> Schema:
        """What the daemon learns from. It does not change while the daemon runs, so it is asked
        once.
        """
        if self._known_schema is None:
            self._known_schema = Schema.of(self._ask("schema"))
        return self._known_schema

    def status(self) -> Status:
        """Where the daemon stands; all numbers of a producer are of one moment."""
        return Status.of(self._ask("status"))

    def generations(self) -> list[Generation]:
        """What the ring holds, newest first."""
        return list_of(Generation, self._ask("generations"), "generations")

    def checkpoints(self) -> list[Checkpoint]:
        """The checkpoint files, newest first."""
        return list_of(Checkpoint, self._ask("checkpoints"), "checkpoints")

    def checkpoint_save(self, name: str | None = None, *, replace: bool = False) -> Checkpoint:
        """Writes the newest generation as a safetensors file; its path is on the daemon's side.

        A checkpoint that has this name already is replaced only with ``replace``; otherwise
        :class:`RefusedError` with ``Reason.ALREADY_THERE``.
        """
        reply = self._ask("checkpointSave", name=name, replace=replace or None)
        return Checkpoint.of(reply["checkpoint"])

    def checkpoint_restore(self, name: str) -> Restored:
        """Makes a new generation with the learner's state of a checkpoint."""
        return Restored.of(self._ask("checkpointRestore", name=name))

    def rollback(self, generation: int) -> Restored:
        """Makes a new generation with the learner's state of an earlier one."""
        return Restored.of(self._ask("rollback", generation=generation))

    def hold(self, generation: int) -> int:
        """Keeps a generation out of the ring's turn; returns the one that is held."""
        return int(self._ask("hold", generation=generation)["held"])

    def forget(self, producer: str) -> int:
        """Gives the place of a producer that does not come back to others.

        Returns how many places are free. It must have been silent for ten seconds, with all its
        samples durable; otherwise :class:`RefusedError` with ``Reason.NOT_READY``. What it taught
        stays in the weights.
        """
        return int(self._ask("forget", name=producer)["freePlaces"])

    def stop(self) -> None:
        """Stops the daemon: what it has accepted is learned and made durable first."""
        self._ask("stop")

    def close(self) -> None:
        """Closes the sockets."""
        self._close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        exchange = self._questions.control(command, **arguments)
        self._run(exchange, _endpoint(self.endpoints, command), self.timeout)
        return next(iter(exchange.answers.values()))

    def _run(self, exchange: Exchange, endpoint: str, timeout: float) -> None:
        socket = self._socket(endpoint)
        for flags, seconds in self._steps(exchange, endpoint, timeout):
            socket.poll(max(1, int(seconds * 1000)), flags)


class AsyncClient(_ClientBase):
    """Asks one daemon from asyncio; questions of several tasks are asked one after the other.

        async with millrace.AsyncClient(state="millrace-state") as client:
            (await client.predict(X)).names

    Methods, parameters and errors are those of :class:`Client`.
    """

    _turn: asyncio.Lock | None = None

    async def predict(self, X: ArrayLike, *, cost: bool = False) -> Prediction:
        """See :meth:`Client.predict`."""
        schema = await self.schema()
        wire = schema.wire
        features = as_features(X, wire)
        exchange = self._questions.predict(
            features, wire, schema.max_batch, schema.max_message_bytes, wants_cost=cost
        )
        await self._run(exchange, self.endpoints.query, self.timeout + len(features) / 1000)
        return join(exchange, len(features), wire, schema.class_names)

    async def schema(self) -> Schema:
        """See :meth:`Client.schema`."""
        if self._known_schema is None:
            self._known_schema = Schema.of(await self._ask("schema"))
        return self._known_schema

    async def status(self) -> Status:
        """See :meth:`Client.status`."""
        return Status.of(await self._ask("status"))

    async def generations(self) -> list[Generation]:
        """See :meth:`Client.generations`."""
        return list_of(Generation, await self._ask("generations"), "generations")

    async def checkpoints(self) -> list[Checkpoint]:
        """See :meth:`Client.checkpoints`."""
        return list_of(Checkpoint, await self._ask("checkpoints"), "checkpoints")

    async def checkpoint_save(
        self, name: str | None = None, *, replace: bool = False
    ) -> Checkpoint:
        """See :meth:`Client.checkpoint_save`."""
        reply = await self._ask("checkpointSave", name=name, replace=replace or None)
        return Checkpoint.of(reply["checkpoint"])

    async def checkpoint_restore(self, name: str) -> Restored:
        """See :meth:`Client.checkpoint_restore`."""
        return Restored.of(await self._ask("checkpointRestore", name=name))

    async def rollback(self, generation: int) -> Restored:
        """See :meth:`Client.rollback`."""
        return Restored.of(await self._ask("rollback", generation=generation))

    async def hold(self, generation: int) -> int:
        """See :meth:`Client.hold`."""
        return int((await self._ask("hold", generation=generation))["held"])

    async def forget(self, producer: str) -> int:
        """See :meth:`Client.forget`."""
        return int((await self._ask("forget", name=producer))["freePlaces"])

    async def stop(self) -> None:
        """See :meth:`Client.stop`."""
        await self._ask("stop")

    async def close(self) -> None:
        """Closes the sockets."""
        self._close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        exchange = self._questions.control(command, **arguments)
        await self._run(exchange, _endpoint(self.endpoints, command), self.timeout)
        return next(iter(exchange.answers.values()))

    async def _run(self, exchange: Exchange, endpoint: str, timeout: float) -> None:
        if self._turn is None:
            self._turn = asyncio.Lock()
        async with self._turn:
            socket = self._socket(endpoint)
            readable = asyncio.Event()
            loop = asyncio.get_running_loop()
            descriptor = descriptor_of(socket)
            loop.add_reader(descriptor, readable.set)
            try:
                for flags, seconds in self._steps(exchange, endpoint, timeout):
                    if events(socket) & flags:
                        continue
                    # POLLOUT comes through the same descriptor.
                    await wait_for_event(readable, seconds)
                    readable.clear()
            finally:
                loop.remove_reader(descriptor)


def _endpoint(endpoints: Endpoints, command: str) -> str:
    """Commands that change something go to the admin socket."""
    return endpoints.query if command in READ_ONLY else endpoints.admin
