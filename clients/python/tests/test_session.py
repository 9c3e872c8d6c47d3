"""Goal: whatever is lost, repeated or killed, each sample is decided once and in order."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from fake_daemon import SCHEMA, FakeDaemon
from millrace.errors import FencedError, SpoolError, UnreachableError
from millrace.session.journal import MemoryJournal, Unit
from millrace.session.parts import SessionOptions
from millrace.session.producer import ProducerSession
from millrace.session.spool import FileJournal
from millrace.wire.batches import encode_samples
from millrace.wire.messages import Nack, Welcome
from millrace.wire.reasons import Reason


def units(journal: MemoryJournal, values: list[float], epoch: int) -> list[Unit]:
    features = np.array(values, "<f4").reshape(-1, 1)
    labels = np.zeros(len(values), "<i4")
    frame = encode_samples(SCHEMA, journal.next, epoch, features, labels)
    return [Unit(journal.next, len(values), len(values), frame)]


def quiet() -> random.Random:
    """Chance under which nothing is lost."""
    chance = random.Random()
    chance.random = lambda: 0.5  # type: ignore[method-assign]
    return chance


def append(session: ProducerSession, values: list[float]) -> None:
    new = units(session.journal, values, session.epoch)  # type: ignore[arg-type]
    session.journal.write(new)
    session.journal.publish(new)


def talk(session: ProducerSession, daemon: FakeDaemon, now: float, chance: random.Random) -> None:
    """Lets both sides speak until neither has anything to say; some frames get lost."""
    for _ in range(1000):
        out = session.outgoing(now)
        if out is None:
            return
        session.sent(out, now)
        if chance.random() < 0.1:
            continue
        for answer in daemon.take(out.frame):
            if chance.random() > 0.1:
                session.receive(answer, now)
                if chance.random() < 0.1:
                    session.receive(answer, now)
    raise AssertionError("the session never falls silent")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("is_file", [False, True])
def test_losses_crashes_and_restarts(seed: int, is_file: bool, tmp_path: Path) -> None:
    chance = random.Random(seed)
    daemon = FakeDaemon(window=chance.choice((5, 16, 64)))
    now = 0.0

    def begin() -> ProducerSession:
        if not is_file:
            return ProducerSession("p", MemoryJournal(), now)
        journal = FileJournal(tmp_path, "ipc://x", "p")
        if journal.record is None:
            return ProducerSession("p", journal, now)
        epoch, schema, batch = journal.record
        return ProducerSession("p", journal, now, epoch=epoch, schema=schema, max_batch=batch)

    session = begin()
    value = 0
    for _ in range(60):
        now += chance.choice((0.01, 0.3, 1.1, 4.0))
        talk(session, daemon, now, chance)
        if session.schema is not None and value < 300:
            count = chance.randint(1, 16)
            append(session, [float(value + i) for i in range(count)])
            value += count
        event = chance.random()
        if event < 0.1:
            daemon.crash()
        elif event < 0.4:
            for answer in daemon.commit():
                session.receive(answer, now)
        elif event < 0.5 and is_file and session.schema is not None:
            session.journal.close()  # The process is gone; what it had written is not.
            session = begin()
            assert session.journal.next == value + 1
            assert session.journal.samples == value
    target = session.flush()
    for _ in range(200):
        if session.schema is not None and session.acknowledged >= target:
            break
        now += 0.5
        talk(session, daemon, now, quiet())
    assert daemon.durable.decided == [float(i) for i in range(value)]
    assert session.acknowledged == value
    assert session.report.positions_lost == 0


def test_a_late_first_welcome_moves_what_was_handed_over() -> None:
    journal = MemoryJournal()
    session = ProducerSession("p", journal, 0.0)
    for now in (0.0, 3.1):
        out = session.outgoing(now)
        assert out is not None
        session.sent(out, now)

    def welcome(epoch: int) -> bytes:
        return Welcome(epoch, 1, 0, 64, 1, SCHEMA.digest, SCHEMA, 16).encode()

    session.receive(welcome(1), 3.2)
    append(session, [1.0, 2.0])
    session.receive(welcome(2), 3.3)
    assert session.epoch == 2
    assert journal.next == 3
    daemon = FakeDaemon()
    daemon.live.number = daemon.durable.number = 2
    daemon.is_open = True
    out = session.outgoing(3.4)
    assert out is not None
    daemon.take(out.frame)
    assert daemon.live.decided == [1.0, 2.0]


def test_a_newer_epoch_ends_the_session() -> None:
    daemon, chance = FakeDaemon(), quiet()
    session = ProducerSession("p", MemoryJournal(), 0.0)
    talk(session, daemon, 0.0, chance)
    daemon.live.number += 1
    append(session, [1.0])
    with pytest.raises(FencedError):
        talk(session, daemon, 0.1, chance)
    with pytest.raises(FencedError):
        session.outgoing(0.2)


def test_refused_numbers_are_counted_once() -> None:
    daemon, chance = FakeDaemon(), quiet()
    session = ProducerSession("p", MemoryJournal(), 0.0)
    talk(session, daemon, 0.0, chance)
    append(session, [1.0, 2.0, 3.0, 4.0])
    talk(session, daemon, 0.0, chance)
    session.receive(Nack(1, 5, Reason.OUT_OF_BOUNDS, 2, 2, "too big").encode(), 0.1)
    session.receive(Nack(1, 5, Reason.OUT_OF_BOUNDS, 3, 1).encode(), 0.1)
    session.receive(Nack(1, 5, Reason.NOT_A_NUMBER, 2**32 - 1, 1).encode(), 0.1)
    assert session.report.refused == {"outOfBounds": 3}
    assert [r.numbers for r in session.report.refusals] == [range(2, 4), range(1, 2)]


def test_nobody_there() -> None:
    session = ProducerSession("p", MemoryJournal(), 0.0, options=SessionOptions(first_patience=1))
    session.check_patience(0.9)
    session.check_patience(1.1, 0.5)  # Whoever begins to wait later waits as long.
    with pytest.raises(UnreachableError):
        session.check_patience(1.1)


def filled(root: Path) -> tuple[Path, list[bytes]]:
    """A spool with three frames; its file, and the frames."""
    journal = FileJournal(root, "ipc://x", "p")
    journal.open_epoch(7, 1, SCHEMA, 16)
    frames = []
    for first in (0.0, 2.0, 4.0):
        new = units(journal, [first, first + 1], 7)
        journal.write(new)
        journal.publish(new)
        frames.append(new[0].frame)
    journal.close()
    path = min(journal.directory.glob("*.frames"))
    return path, frames


def test_every_torn_tail_leaves_the_whole_frames(tmp_path: Path) -> None:
    path, frames = filled(tmp_path)
    whole = path.read_bytes()
    ends = [0, *np.cumsum([len(frame) for frame in frames]).tolist()]
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        journal = FileJournal(tmp_path, "ipc://x", "p")
        complete = sum(end <= size for end in ends) - 1
        assert journal.next == 1 + 2 * complete
        assert [unit.frame for unit in journal.pending()] == frames[:complete]
        journal.close()
        assert path.stat().st_size == ends[complete]


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    path, frames = filled(tmp_path)
    whole = path.read_bytes()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 0x10
        path.write_bytes(changed)
        journal = FileJournal(tmp_path, "ipc://x", "p")
        there = [unit.frame for unit in journal.pending()]
        assert there == frames[: len(there)]
        assert len(there) == at // len(frames[0])
        journal.close()


def test_the_spool_is_one_process_s(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, "ipc://x", "p")
    with pytest.raises(SpoolError, match="another producer"):
        FileJournal(tmp_path, "ipc://x", "p")
    FileJournal(tmp_path, "ipc://x", "q").close()
    FileJournal(tmp_path, "ipc://y", "p").close()
    journal.close()
    FileJournal(tmp_path, "ipc://x", "p").close()


def test_files_of_acknowledged_frames_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millrace.session.spool.CHUNK_BYTES", 90)
    path, _ = filled(tmp_path)
    journal = FileJournal(tmp_path, "ipc://x", "p")
    assert len(list(path.parent.glob("*.frames"))) == 2
    journal.acknowledged(3)
    assert len(list(path.parent.glob("*.frames"))) == 2
    journal.acknowledged(6)
    (left,) = path.parent.glob("*.frames")
    assert left.stat().st_size == 0
    journal.close()
    again = FileJournal(tmp_path, "ipc://x", "p")
    assert (again.next, again.samples, again.pending_bytes) == (7, 6, 0)
    again.close()


def test_a_damaged_record_is_no_empty_one(tmp_path: Path) -> None:
    path, _ = filled(tmp_path)
    (path.parent / "p.json").write_text("{")
    with pytest.raises(SpoolError, match="damaged"):
        FileJournal(tmp_path, "ipc://x", "p")


def test_a_gap_goes_back_at_once_and_once() -> None:
    session = ProducerSession("p", MemoryJournal(), 0.0)
    talk(session, FakeDaemon(), 0.0, quiet())
    for first in (0.0, 2.0, 4.0):
        append(session, [first, first + 1])
        out = session.outgoing(0.0)
        assert out is not None
        session.sent(out, 0.0)
    assert session.position == 7
    session.receive(Nack(1, 3, Reason.SEQUENCE_GAP).encode(), 0.1)
    assert session.position == 3
    again = session.outgoing(0.1)
    assert again is not None
    assert (again.first, again.count) == (3, 2)
    session.sent(again, 0.1)
    session.receive(Nack(1, 3, Reason.SEQUENCE_GAP).encode(), 0.2)
    assert session.position == 5  # Told twice; the frames are on their way.
    session.receive(Nack(1, 3, Reason.SEQUENCE_GAP).encode(), 0.4)
    assert session.position == 3
    assert session.report.resent == 2
