"""Everything that this package raises on its own account.

A message says what happened, why, and what to do. All of it derives from :class:`MillraceError`;
where Python has a matching class (``ValueError``, ``TimeoutError``), it derives from that too.
"""

from __future__ import annotations

from millrace.wire.reasons import Reason


class MillraceError(Exception):
    """The root of all errors of this package."""


class FrameError(MillraceError, ValueError):
    """Bytes that are not a frame of this protocol; :attr:`reason` says why."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason.label + (f": {detail}" if detail else ""))
        self.reason = reason


class SampleError(MillraceError, ValueError):
    """Arrays or values that cannot become samples or labels of the daemon's schema."""


class TaskError(MillraceError, AttributeError):
    """A part of an answer that this daemon's answers do not have; the text names one they have."""


class UnreachableError(MillraceError, TimeoutError):
    """Nobody answers at the endpoint, or not in time."""


class KeyFileError(MillraceError, ValueError):
    """Keys that are missing, are none, or lie where others can read them."""


class KeyRefusedError(MillraceError, PermissionError):
    """The daemon does not know the key, or the key may not come in at this door."""


class RefusedError(MillraceError):
    """The daemon said no; :attr:`reason` says why, in the words of the specification."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message or f"the daemon refused: {reason.label}")
        self.reason = reason


class BusyError(RefusedError):
    """The daemon said: not now (*notReady*, *stopping*, *readOnly*). The same later can work."""


class FencedError(RefusedError):
    """A newer epoch of this producer's name is open: somebody else took over."""


class UnknownEpochError(RefusedError):
    """The daemon's state is older than this spool. ``fresh=True`` begins a new epoch."""


class SpoolError(MillraceError, OSError):
    """The spool cannot be read or written, is damaged, or another process holds it."""


class DaemonNotFoundError(MillraceError, FileNotFoundError):
    """There is no ``millraced`` to start."""


class DaemonStartError(MillraceError, RuntimeError):
    """``millraced`` did not start; the text has its own words."""


def refusal(reason: Reason, message: str) -> RefusedError:
    """The error for a refusal with this reason."""
    kinds: dict[Reason, type[RefusedError]] = {
        Reason.FENCED: FencedError,
        Reason.UNKNOWN_EPOCH: UnknownEpochError,
        Reason.NOT_READY: BusyError,
        Reason.STOPPING: BusyError,
        Reason.READ_ONLY: BusyError,
    }
    return kinds.get(reason, RefusedError)(reason, message)
