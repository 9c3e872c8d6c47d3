"""The refusals and silences that end a session, in words: what happened, why, what to do."""

from __future__ import annotations

from millrace.errors import BusyError, MillraceError, RefusedError, UnreachableError, refusal
from millrace.wire.messages import Nack
from millrace.wire.reasons import Reason

_ADVICE = {
    Reason.FENCED: "a newer epoch of this name is open. TRY: another name, or fresh=True",
    Reason.UNKNOWN_EPOCH: (
        "the daemon's state is older than this spool. TRY: fresh=True sends in a new epoch"
    ),
    Reason.UNKNOWN_PRODUCER: "TRY: a name that [producers] allow has",
    Reason.PRODUCER_TABLE_FULL: (
        "TRY: a name the daemon knows, or Client.forget of one that does not come back"
    ),
}


def text_of(nack: Nack) -> str:
    """The reason's name and the daemon's words."""
    return f"{nack.reason.label}: {nack.text}" if nack.text else nack.reason.label


def ending(nack: Nack, name: str) -> RefusedError:
    """The error for a fatal refusal of producer ``name``."""
    said = f"the daemon refuses producer {name}: {text_of(nack)}"
    advice = _ADVICE.get(nack.reason)
    return refusal(nack.reason, f"{said}. {advice}" if advice else said)


def unanswered(last_refusal: str, *, was_there: bool, patience: float) -> MillraceError:
    """The error when nobody has welcomed the producer for ``patience`` seconds."""
    if last_refusal:
        return BusyError(
            Reason.NOT_READY,
            f"the daemon does not take samples now: {last_refusal}. TRY: later; "
            "what was handed over is kept",
        )
    what = "went away and did not come back" if was_there else "does not answer"
    return UnreachableError(
        f"the daemon {what} (no WELCOME within {patience:g} s). "
        "TRY: millraced --config FILE, or state= / ingest= of the daemon that runs"
    )
