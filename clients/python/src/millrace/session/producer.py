"""One producer's conversation with the daemon: the state machine of ``protocol/MILLRACE.md`` §10.

It owns no socket, no thread and no clock. Whoever drives it hands in what arrives and the time,
and takes out what is to be sent:

    session.receive(frame, now)
    while (out := session.outgoing(now)) and socket takes out.frame:
        session.sent(out, now)
    wait for the socket, at most until session.wake_at(now)

    connecting → greeting → streaming            (flushing: streaming with a flush target)
                    ↑___________|                 RESET, silence, a reason to retry

Invariants: acknowledged < position <= limit + 1 after a WELCOME; numbers are sent in order from
``position``; a number above ``acknowledged`` can be sent again at any time (go-back-N).
"""

from __future__ import annotations

from millrace.errors import (
    FrameError,
    MillraceError,
    RefusedError,
    SampleError,
    SpoolError,
)
from millrace.session.journal import Journal, Unit, part_of, renumbered
from millrace.session.parts import Outgoing, SessionOptions, Sort, State
from millrace.session.refusals import ending, text_of, unanswered
from millrace.session.report import Report
from millrace.wire.header import FrameType, decode_frame
from millrace.wire.messages import Ack, Credit, Flush, Hello, Nack, Reset, Skip, Welcome
from millrace.wire.reasons import Kind, Reason
from millrace.wire.schema import WireSchema


class ProducerSession:
    """A producer's session."""

    def __init__(
        self,
        name: str,
        journal: Journal,
        now: float,
        *,
        epoch: int = 0,
        schema: WireSchema | None = None,
        max_batch: int = 1,
        options: SessionOptions | None = None,
    ) -> None:
        """A session that has not sent anything yet.

        - epoch: the epoch to continue, 0 for a new one.
        - schema, max_batch: those of that epoch, when it is continued.
        """
        self.name = name
        self.journal = journal
        self.options = options or SessionOptions()
        self.report = Report()
        self.state = State.CONNECTING
        self.epoch = epoch
        self.schema = schema
        self.max_batch = max(1, min(max_batch, self.options.max_batch))
        self.position = journal.base
        self.acknowledged = journal.base - 1
        self.limit = 0
        self._window = 0
        self.failure: MillraceError | None = None
        """What ended the session for good."""
        self._highest_sent = 0
        self._new_epoch_greetings = 0
        self._rewind = (0, -1.0)
        self._last_heard = self._last_welcome = now
        self._last_greeting = -1e9
        self._was_welcome = False
        self._not_before = now
        self._flush_target = 0
        self._last_flush = -1e9
        self._flush_request = 0
        self._flushes_in_vain = 0

    # What the owner asks

    @property
    def is_open(self) -> bool:
        """Whether the daemon has welcomed this session and nothing has ended it since."""
        return self.state is State.STREAMING and self.failure is None

    @property
    def flushed(self) -> bool:
        """Whether everything up to the last ``flush`` is durably decided."""
        return self.acknowledged >= self._flush_target

    def flush(self) -> int:
        """Asks for durability of everything handed over so far; the highest number of it."""
        target = self.journal.next - 1
        if target > self._flush_target:
            self._flush_target = target
            self._last_flush = -1e9
        return target

    # In

    def receive(self, frame: bytes, now: float) -> None:
        """Takes one frame of the daemon. What does not decode or belong here is passed over.

        Raises the error that ends the session, if the daemon refuses for good.
        """
        self._last_heard = now
        try:
            header, body = decode_frame(frame)
            if header.type is FrameType.WELCOME:
                self._welcome(Welcome.decode(header, body), now)
            elif header.type is FrameType.ACK:
                self._ack(Ack.decode(header, body))
            elif header.type is FrameType.CREDIT:
                credit = Credit.decode(header, body)
                if credit.epoch == self.epoch and self.is_open:
                    self.limit = max(self.limit, credit.limit)
                    self._window = max(self._window, credit.limit + 1 - credit.next)
            elif header.type is FrameType.NACK:
                self._nack(Nack.decode(header, body), now)
            elif header.type is FrameType.RESET:
                Reset.decode(header, body)
                self.report.resets += 1
                # In greeting it answers a frame from before the HELLO; WELCOME follows.
                if self.is_open:
                    self._greet_later(0, now)
        except FrameError as error:
            if error.reason in (Reason.BAD_VERSION, Reason.BAD_MAGIC):
                self._fail(
                    RefusedError(
                        error.reason,
                        "the daemon does not speak Millrace 1. "
                        "TRY: a millrace package of the daemon's version",
                    )
                )

    def _welcome(self, welcome: Welcome, now: float) -> None:
        is_new = self.epoch == 0 or (welcome.epoch > self.epoch and self._new_epoch_greetings > 1)
        if welcome.epoch != self.epoch and not is_new:
            return
        if not (self.state is State.GREETING or is_new) or welcome.next <= welcome.durable:
            return
        if self.schema is not None and welcome.schema != self.schema:
            self._fail(
                SampleError(
                    f"the daemon takes other samples than this spool has: {welcome.schema}, "
                    f"not {self.schema}. TRY: fresh=True begins a new epoch"
                )
            )
        if welcome.epoch != self.epoch:
            # Nothing can have been accepted in an epoch that was overtaken.
            self._highest_sent = self.acknowledged = 0
            self.report.new_epoch()
            self.epoch = welcome.epoch
        elif welcome.durable < self.acknowledged and self._was_welcome:
            self.report.positions_lost += 1
        self.schema = welcome.schema
        self.max_batch = max(1, min(self.options.max_batch, welcome.max_batch))
        self.report.generation = max(self.report.generation, welcome.generation)
        self.report.last_refusal = ""
        self.report.cost = welcome.cost
        self._settle(welcome)
        self.acknowledged = welcome.durable
        self._highest_sent = max(self._highest_sent, welcome.next - 1)
        self.position = welcome.next
        self.limit = welcome.limit
        self._window = welcome.limit + 1 - welcome.next
        self._last_welcome = now
        self._was_welcome = True
        self._rewind = (0, -1.0)
        self._flushes_in_vain = 0
        self._last_flush = -1e9
        self.state = State.STREAMING

    def _settle(self, welcome: Welcome) -> None:
        """Brings the journal to what the daemon knows."""
        journal = self.journal
        if journal.epoch != welcome.epoch:
            # Two epochs may have been assigned to us; what was handed over in the lower one moves.
            moved = renumbered(journal.pending(), welcome.epoch, welcome.next)
            journal.open_epoch(welcome.epoch, welcome.next, welcome.schema, welcome.max_batch)
            if moved:
                journal.write(moved)
                journal.publish(moved)
        elif welcome.next > journal.next:
            if journal.next - 1 > welcome.durable:
                self._fail(
                    SpoolError(
                        f"numbers of {self.name} up to {welcome.next - 1} were used by another "
                        f"client while this spool held {journal.next - 1 - welcome.durable} that "
                        "are not acknowledged. TRY: another name, or fresh=True"
                    )
                )
            journal.advance(welcome.next)
        journal.acknowledged(welcome.durable)

    def _ack(self, ack: Ack) -> None:
        if ack.epoch != self.epoch or not self.is_open:
            return
        self.limit = max(self.limit, ack.limit)
        if ack.generation >= self.report.generation:
            self.report.cost = ack.cost
        self.report.generation = max(self.report.generation, ack.generation)
        if not self.acknowledged < ack.durable <= self._highest_sent:
            return
        self.acknowledged = ack.durable
        self._flushes_in_vain = 0
        # What is durable need not be sent again, even if a NACK had sent us back behind it.
        self.position = max(self.position, ack.durable + 1)
        self.journal.acknowledged(ack.durable)

    def _nack(self, nack: Nack, now: float) -> None:
        if nack.epoch not in (0, self.epoch) and nack.reason is not Reason.FENCED:
            return
        kind = nack.reason.kind
        if kind is Kind.SAMPLE:
            last = nack.first + nack.count - 1
            if self.is_open and nack.count and nack.first and last <= self._highest_sent:
                self.report.refuse(nack, self.acknowledged)
                self.report.last_refusal = text_of(nack)
        elif kind is Kind.RETRY:
            self._retry(nack, now)
        else:
            self._stop(nack, now)

    def _retry(self, nack: Nack, now: float) -> None:
        if nack.reason in (Reason.SEQUENCE_GAP, Reason.BAD_CHECKSUM, Reason.NO_CREDIT):
            if nack.reason is Reason.NO_CREDIT:
                self.report.last_refusal = text_of(nack)
            if not self.is_open or not self.acknowledged < nack.expected <= self.position:
                return
            target, at = self._rewind
            if target == nack.expected and now - at < 0.2:
                return  # The same gap, told once more.
            self._rewind = (nack.expected, now)
            self.position = nack.expected
        elif nack.reason is not Reason.DUPLICATE:
            self.report.last_refusal = text_of(nack)
            if self.is_open:
                self._greet_later(0.25, now)
            elif self.state is State.GREETING:
                # Patience runs on: the time of the last WELCOME stays.
                self.state = State.CONNECTING
                self._not_before = now + 0.25

    def _stop(self, nack: Nack, now: float) -> None:
        if (
            nack.reason is Reason.FENCED
            and 1 < self._new_epoch_greetings < 10
            and self.acknowledged == 0
        ):
            # Two epochs were assigned to us; the WELCOME of the newer one may be lost.
            self.epoch = 0
            self._greet_later(0.1, now)
            return
        self._fail(ending(nack, self.name))

    def _fail(self, error: MillraceError) -> None:
        self.failure = error
        raise error

    def _greet_later(self, seconds: float, now: float) -> None:
        self.state = State.CONNECTING
        self._last_welcome = now
        self._not_before = now + seconds

    # Out

    def outgoing(self, now: float) -> Outgoing | None:
        """The next frame to send; None when there is nothing to say now.

        Raises, again, whatever ended the session.
        """
        if self.failure is not None:
            raise self.failure
        if self.state is State.STREAMING and self._is_silent(now):
            self._greet_later(0, now)
        if self.state is State.STREAMING:
            return self._numbers() or self._flush(now)
        silence = self.options.silence if self.epoch == 0 else self.options.silence / 3
        since = now - self._last_greeting
        if now < self._not_before or (self.state is State.GREETING and since < silence):
            return None
        return Outgoing(
            Hello(self.name, self.epoch, wants_cost=self.options.cost).encode(), Sort.HELLO
        )

    def sent(self, out: Outgoing, now: float) -> None:
        """The transport has taken ``out``."""
        if out.kind is Sort.HELLO:
            if self.epoch == 0:
                self._new_epoch_greetings += 1
            self.report.greetings += 1
            self._last_greeting = now
            self.state = State.GREETING
        elif out.kind is Sort.FLUSH:
            self._flushes_in_vain += 1
            self._last_flush = now
        else:
            if self._highest_sent <= self.acknowledged:
                self._last_heard = now  # Silence counts from the first frame.
            last = out.first + out.count - 1
            new = max(0, last - max(self._highest_sent, out.first - 1))
            self.report.sent += new
            self.report.resent += out.count - new
            self.report.frames += 1
            self._highest_sent = max(self._highest_sent, last)
            self.position = last + 1

    def wake_at(self, now: float) -> float:
        """When to call ``outgoing`` again although nothing has arrived."""
        if self.state is State.CONNECTING:
            return max(self._not_before, now + 0.02)
        if self.state is State.GREETING:
            return now + 0.25
        wake = now + 60.0
        if self.acknowledged < self._highest_sent or self._is_blocked:
            wake = self._last_heard + self._patience
        if not self.flushed and self.position > self._flush_target:
            wake = min(wake, self._last_flush + 1.0)
        return max(wake, now + 0.001)

    @property
    def _patience(self) -> float:
        """How much silence is suspicious. Without credit there is nothing to send that a
        restarted daemon would answer with RESET, and credit normally comes soon: ask earlier.
        """
        return self.options.blocked_silence if self._is_blocked else self.options.silence

    def _is_silent(self, now: float) -> bool:
        waits = self.acknowledged < self._highest_sent or self._is_blocked
        return waits and now - self._last_heard >= self._patience

    @property
    def _is_blocked(self) -> bool:
        """Whether there is something to send and no credit for it."""
        return self.limit < self.position < self.journal.next

    def _numbers(self) -> Outgoing | None:
        room = self.limit + 1 - self.position
        if room <= 0 or self.position >= self.journal.next:
            return None
        unit = self.journal.unit_at(self.position)
        if unit is None:
            # Acknowledged once and gone; the daemon has lost them since.
            count = min(self.journal.base - self.position, room, 2**32 - 1)
            frame = Skip(self.epoch, self.position, count).encode()
            return Outgoing(frame, Sort.NUMBERS, self.position, count)
        unit = self._fit(unit, room)
        if unit is None:
            return None
        return Outgoing(unit.frame, Sort.NUMBERS, unit.first, unit.count)

    def _fit(self, unit: Unit, room: int) -> Unit | None:
        """The frame as it is (the daemon trims what it has), or as much of it as may be sent."""
        assert self.schema is not None
        if unit.last <= self.limit and unit.count <= self.max_batch:
            return unit
        count = min(unit.last + 1 - self.position, self.max_batch, room)
        if unit.last > self.limit and room < self._window:
            return None  # More credit comes when the learner takes what is under way.
        return part_of(unit, self.position, count, self.schema)

    def _flush(self, now: float) -> Outgoing | None:
        if self.flushed or self.position <= self._flush_target:
            return None
        if now - self._last_flush < 1.0:
            return None
        if self._flushes_in_vain >= 3:
            # The last frames may be lost: no gap tells, and each FLUSH is answered all the same.
            self._flushes_in_vain = 0
            self._greet_later(0, now)
            return self.outgoing(now)
        self._flush_request += 1
        return Outgoing(Flush(self.epoch, self._flush_request).encode(), Sort.FLUSH)

    def check_patience(self, now: float, since: float = 0.0) -> None:
        """Raises UnreachableError or BusyError when nobody has answered for too long.

        For whoever waits, from the moment ``since`` on; a session that nobody waits for goes on
        trying.
        """
        if self.state is State.STREAMING:
            return
        options = self.options
        patience = options.later_patience if self._was_welcome else options.first_patience
        if now - max(self._last_welcome, since) <= patience:
            return
        raise unanswered(self.report.last_refusal, was_there=self._was_welcome, patience=patience)
