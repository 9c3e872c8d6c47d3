"""Client of Millrace, a daemon that learns online from sensor streams.

- :class:`Producer`, :class:`AsyncProducer`: samples in, exactly once.
- :class:`Client`, :class:`AsyncClient`: predictions, status, checkpoints, rollback.
- :func:`local`: a private daemon for a notebook or a test.
- :mod:`millrace.river`, :mod:`millrace.sklearn`: estimators for River and scikit-learn; imported
  only when asked for, and so are those packages.
"""

from millrace.aio import AsyncProducer
from millrace.asking import Prediction
from millrace.client import AsyncClient, Client
from millrace.endpoints import Endpoints
from millrace.errors import (
    BusyError,
    DaemonNotFoundError,
    DaemonStartError,
    FencedError,
    FrameError,
    KeyFileError,
    KeyRefusedError,
    MillraceError,
    RefusedError,
    SampleError,
    SpoolError,
    TaskError,
    UnknownEpochError,
    UnreachableError,
)
from millrace.keys import Keys
from millrace.local import LocalDaemon, local
from millrace.producer import Producer
from millrace.replies import Checkpoint, Generation, ProducerStatus, Restored, Schema, Status
from millrace.session.parts import SessionOptions
from millrace.session.report import Refusal, Report
from millrace.wire.cost import Cost
from millrace.wire.reasons import Reason

__version__ = "0.1.0"
__all__ = [
    "AsyncClient",
    "AsyncProducer",
    "BusyError",
    "Checkpoint",
    "Client",
    "Cost",
    "DaemonNotFoundError",
    "DaemonStartError",
    "Endpoints",
    "FencedError",
    "FrameError",
    "Generation",
    "KeyFileError",
    "KeyRefusedError",
    "Keys",
    "LocalDaemon",
    "MillraceError",
    "Prediction",
    "Producer",
    "ProducerStatus",
    "Reason",
    "Refusal",
    "RefusedError",
    "Report",
    "Restored",
    "SampleError",
    "Schema",
    "SessionOptions",
    "SpoolError",
    "Status",
    "TaskError",
    "UnknownEpochError",
    "UnreachableError",
    "local",
]
