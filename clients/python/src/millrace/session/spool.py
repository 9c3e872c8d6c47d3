"""The journal on disk: unfinished work of a name goes on after a crash of this process.

    ROOT/<digest of the daemon's endpoint>/NAME.json     the record: epoch, schema, largest batch
    ROOT/<digest of the daemon's endpoint>/NAME.lock     locked while a producer is open
    ROOT/<digest of the daemon's endpoint>/NAME~EPOCH~FIRST~SAMPLES.frames

A ``.frames`` file is a run of whole SAMPLES, LABELS and SKIP frames from number FIRST on (16
hexadecimal digits); SAMPLES samples of the epoch came before it. A file is removed when all of it
is acknowledged; the newest one stays, since its name says where the epoch stands.

Invariants: the record of an epoch is durable before a number of that epoch is sent; frames are on
disk (fdatasync) before they are sent and before ``send`` returns; a frame's own checksum covers
epoch and number, so a frame of another place never passes; a torn tail ends the file at the last
whole frame, and what was torn had not been sent.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from millrace.errors import FrameError, SpoolError
from millrace.session.journal import MemoryJournal, Unit, unit_from
from millrace.wire.header import HEADER_BYTES, FrameType, decode_frame
from millrace.wire.schema import ElementType, Task, WireSchema
from millrace.wire.xxh64 import xxh64

CHUNK_BYTES = 4 << 20
"""A file takes no more frames beyond this size."""

_CARRIED = (FrameType.SAMPLES, FrameType.LABELS, FrameType.SKIP)


def default_root() -> Path:
    """``MILLRACE_SPOOL``, else ``millrace/spool`` in the XDG state directory; below it ``python``.

    The command-line client keeps its spools beside it: they have another form.
    """
    named = os.environ.get("MILLRACE_SPOOL")
    if named:
        return Path(named).absolute() / "python"
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "millrace" / "spool" / "python"


class _Chunk:
    """One file of frames."""

    def __init__(self, path: Path, first: int, samples: int, descriptor: int, size: int) -> None:
        self.path = path
        self.first = first
        self.samples = samples
        self.descriptor = descriptor
        self.size = size
        self.last = first - 1


class Record(NamedTuple):
    """What is remembered of an epoch."""

    epoch: int
    schema: WireSchema
    max_batch: int


class FileJournal(MemoryJournal):
    """A journal whose frames are on disk before anybody sees them."""

    def __init__(self, root: Path, endpoint: str, name: str, *, sync: bool = True) -> None:
        """Opens and locks the spool of ``name`` for the daemon at ``endpoint``.

        - sync: False leaves it to the system when frames reach the disk.

        Raises SpoolError when another process holds it, or it cannot be read or is damaged.
        """
        super().__init__()
        self.directory = root / f"{xxh64(endpoint.encode()):016x}"
        self.name = name
        self.endpoint = endpoint
        self.sync = sync
        self.record: Record | None = None
        self._chunks: list[_Chunk] = []
        self._lock = -1
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = self._take_lock()
            self.record = self._load()
            if self.record is not None:
                self.epoch = self.record.epoch
                self._recover()
        except OSError as error:
            self.close()
            if isinstance(error, SpoolError):
                raise
            raise SpoolError(f"the spool {self.directory} cannot be used: {error}") from error

    def open_epoch(self, epoch: int, next_: int, schema: WireSchema, max_batch: int) -> None:
        """Stores the epoch durably; frames of an earlier one are removed."""
        super().open_epoch(epoch, next_, schema, max_batch)
        if self.record is not None and self.record.epoch == epoch:
            # The daemon began anew and counts from 1 again: files would bear the same names.
            for chunk in self._chunks:
                self._drop(chunk)
            self._chunks = []
        fresh = self._create(next_, 0)
        self._store(Record(epoch, schema, max_batch))
        self._replace_all(fresh)

    def forget(self) -> None:
        """Drops what an earlier run left, as far as this run is concerned; the files go when the
        new epoch is there.
        """
        self._clear()
        self.epoch, self.next, self.samples = 0, 1, 0

    def write(self, units: list[Unit]) -> None:
        """Appends the frames to the newest file and synchronises it once."""
        try:
            chunk = self._chunks[-1]
            if chunk.size >= CHUNK_BYTES:
                chunk = self._create(units[0].first, self.samples)
                self._chunks.append(chunk)
            data = b"".join(unit.frame for unit in units)
            done = 0
            while done < len(data):
                done += os.pwrite(chunk.descriptor, data[done:], chunk.size + done)
            if self.sync:
                os.fdatasync(chunk.descriptor)
        except OSError as error:
            raise SpoolError(
                f"samples cannot be kept in the spool {self.directory}: {error}"
            ) from error
        chunk.size += len(data)
        chunk.last = units[-1].last

    def advance(self, number: int) -> None:
        """Goes on at ``number`` in a new file."""
        super().advance(number)
        self._replace_all(self._create(number, self.samples))

    def acknowledged(self, number: int) -> None:
        """Removes files whose frames are all acknowledged, but the newest."""
        super().acknowledged(number)
        if self.base == self.next and self._chunks and self._chunks[-1].size > CHUNK_BYTES // 64:
            # All is acknowledged: an empty file says where the epoch stands just as well.
            self._chunks.append(self._create(self.next, self.samples))
        while len(self._chunks) > 1 and self._chunks[0].last <= number:
            self._drop(self._chunks.pop(0))

    def close(self) -> None:
        """Closes the files and lets the lock go."""
        for chunk in self._chunks:
            os.close(chunk.descriptor)
        self._chunks = []
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    # Files

    def _take_lock(self) -> int:
        path = self.directory / f"{self.name}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            raise SpoolError(
                f"another producer is open as {self.name}: it holds {path}. "
                "TRY: close it, or use another name"
            ) from None
        return descriptor

    def _create(self, first: int, samples: int) -> _Chunk:
        path = self.directory / f"{self.name}~{self.epoch}~{first:016x}~{samples}.frames"
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        self._sync_directory()
        return _Chunk(path, first, samples, descriptor, 0)

    def _drop(self, chunk: _Chunk) -> None:
        os.close(chunk.descriptor)
        with contextlib.suppress(FileNotFoundError):
            chunk.path.unlink()

    def _replace_all(self, fresh: _Chunk) -> None:
        for chunk in self._chunks:
            self._drop(chunk)
        self._chunks = [fresh]

    def _sync_directory(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    # The record

    @property
    def _record_path(self) -> Path:
        return self.directory / f"{self.name}.json"

    def _load(self) -> Record | None:
        """The record, None when there is none. Damaged is an error and not "none": everything
        would be sent again.
        """
        try:
            value: dict[str, Any] = json.loads(self._record_path.read_bytes())
            if value["version"] != 1 or value["name"] != self.name:
                raise ValueError(f"version {value['version']}, name {value['name']}")
            schema = WireSchema(
                ElementType.named(value["elementType"]),
                int(value["features"]),
                int(value["outputs"]),
                Task.named(value["task"]),
            )
            return Record(int(value["epoch"]), schema, int(value["maxBatch"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise SpoolError(
                f"the spool record {self._record_path} is damaged: {error}. "
                "TRY: remove it, then fresh=True"
            ) from error

    def _store(self, record: Record) -> None:
        schema = record.schema
        value = {
            "version": 1,
            "name": self.name,
            "endpoint": self.endpoint,
            "epoch": record.epoch,
            "elementType": schema.element_type.label,
            "features": schema.features,
            "outputs": schema.outputs,
            "task": schema.task.label,
            "maxBatch": record.max_batch,
        }
        temporary = self._record_path.with_suffix(".json.tmp")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(value, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._record_path)
        self._sync_directory()
        self.record = record

    # After a crash

    def _recover(self) -> None:
        found = []
        for path in self.directory.glob("*.frames"):
            place = self._parse(path.name)
            if place is None:
                continue
            if place[0] == self.epoch:
                found.append((place[1], place[2], path))
            else:
                path.unlink()
        found.sort()
        for index, (first, samples, path) in enumerate(found):
            if self._chunks and first != self.next:
                if index + 1 < len(found) or path.stat().st_size > 0:
                    raise SpoolError(
                        f"the spool has a gap before {path}: number {self.next} is missing. "
                        "TRY: fresh=True begins a new epoch"
                    )
                # A crash within ``advance``: what came before was of no more use.
                for chunk in self._chunks:
                    self._drop(chunk)
                self._chunks = []
                self._clear()
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            chunk = _Chunk(path, first, samples, descriptor, 0)
            self._chunks.append(chunk)
            self.next, self.samples = first, samples
            self._read(chunk)
        if not self._chunks:
            raise SpoolError(
                f"the spool of {self.name} has no frames file for epoch {self.epoch}. "
                "TRY: fresh=True begins a new epoch"
            )

    def _read(self, chunk: _Chunk) -> None:
        """Takes whole frames that follow each other; cuts the file behind them."""
        data = chunk.path.read_bytes()
        units = []
        at, expected = 0, chunk.first
        while len(data) - at >= HEADER_BYTES:
            size = HEADER_BYTES + int.from_bytes(data[at + 24 : at + 28], "little")
            frame = data[at : at + size]
            try:
                header, _ = decode_frame(frame)
            except FrameError:
                break
            if (
                header.type not in _CARRIED
                or header.epoch != self.epoch
                or header.sequence != expected
                or header.count == 0
            ):
                break
            units.append(unit_from(header, frame))
            at += size
            expected += header.count
        os.ftruncate(chunk.descriptor, at)
        os.fsync(chunk.descriptor)
        chunk.size = at
        chunk.last = expected - 1
        self.publish(units)

    def _parse(self, file: str) -> tuple[int, int, int] | None:
        """(epoch, first number, samples before) of a file of this producer."""
        parts = file.removesuffix(".frames").split("~")
        if len(parts) != 4 or parts[0] != self.name:
            return None
        try:
            return int(parts[1]), int(parts[2], 16), int(parts[3])
        except ValueError:
            return None
