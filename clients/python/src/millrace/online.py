"""A daemon as one model: what the estimators for River and scikit-learn share.

Learning is asynchronous and questions see durable generations only, so "the model" needs a
definition:

- exact: before a question, what was handed over is flushed. The answer then comes from a generation
  that contains every sample learned before it, and test-then-train is exact.
- otherwise a question is answered at once from the newest durable generation, which may lack what
  was handed over last (since the last commit; ``[commit] interval-milliseconds``).

Samples are learned one by one in the order in which they were handed over, however they were
grouped: learn_many is a loop of learn_one, to the last bit of the state.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from millrace.arrays import Array, as_features, as_labels, class_table, plain
from millrace.asking import Prediction
from millrace.client import Client
from millrace.errors import SampleError
from millrace.link import Spool
from millrace.local import LocalDaemon, local
from millrace.producer import Producer
from millrace.replies import Schema, Status
from millrace.wire.schema import Task, WireSchema

Daemon = LocalDaemon | str | os.PathLike[str]


class OnlineModel:
    """Producer and client of one daemon, and the order between them.

    - daemon: a LocalDaemon, or the state directory of one that runs. It is not stopped here.
    - name: the producer's name.
    - labels: what classes are called here; empty takes the daemon's names, or their indices where
      its configuration only counts them.
    """

    def __init__(
        self,
        daemon: Daemon,
        *,
        name: str,
        labels: Sequence[Any] = (),
        exact: bool = True,
        spool: Spool = False,
        owned: bool = False,
    ) -> None:
        self.daemon = daemon
        self.exact = exact
        self._owned = daemon if owned and isinstance(daemon, LocalDaemon) else None
        if isinstance(daemon, LocalDaemon):
            self._client = daemon.client()
            labels = labels or daemon.classes
        else:
            self._client = Client(daemon)
        self.schema: Schema = self._client.schema()
        self.wire: WireSchema = self.schema.wire
        count = self.wire.outputs if self.wire.task is Task.CLASSIFICATION else 0
        names: Sequence[Any] = self.schema.class_names or range(count)
        self.labels: list[Any] = list(labels or names)
        if count and len(self.labels) != count:
            raise ValueError(
                f"{len(self.labels)} classes, but the daemon has {count}: "
                f"{', '.join(map(str, names))}"
            )
        self._table: Mapping[Any, int] = class_table(self.labels)
        if isinstance(daemon, LocalDaemon):
            self._producer = Producer(name, ingest=daemon.endpoints.ingest, spool=spool)
        else:
            self._producer = Producer(name, daemon, spool=spool)
        self._is_dirty = False

    def learn(self, X: Any, y: Any = None) -> None:
        """Hands samples and their labels (None: without) over, in order.

        A label of −1 is a class where it is one of the classes. Raises SampleError, also for a
        label that is none of them: −1 does not mean "no label yet" here.
        """
        features = as_features(X, self.wire)
        labels = None
        if y is not None:
            labels = as_labels(y, len(features), self.wire, self._table or None)
        self._producer.send(features, labels)
        self._is_dirty = True

    def predict(self, X: Any) -> Prediction:
        """Answers from the defined state; see the top of the module."""
        generation = self.settle() if self.exact else 0
        prediction = self._client.predict(X)
        while prediction.generation < generation:  # The daemon was ended in between.
            prediction = self._client.predict(X)
        return prediction

    def settle(self) -> int:
        """Waits until everything handed over is durable; returns the generation it is in."""
        if self._is_dirty:
            self._producer.flush()
            self._is_dirty = False
        return self._producer.report.generation

    def status(self) -> Status:
        """The daemon's status after all that was handed over."""
        self.settle()
        return self._client.status()

    @property
    def producer(self) -> Producer:
        """For what the estimators do not offer: late labels, refusals."""
        return self._producer

    @property
    def client(self) -> Client:
        """For what the estimators do not offer: checkpoints, rollback."""
        return self._client

    def close(self) -> None:
        """Closes the sockets, and stops the daemon if it was started for this model."""
        self._producer.close(wait=False)
        self._client.close()
        if self._owned is not None:
            self._owned.stop()


class Learner:
    """The life of an estimator's model: made when first needed, from the estimator's parameters.

    Subclasses have the attributes ``daemon, hidden, rate, seed, settings, exact, spool``.
    """

    daemon: Daemon | None
    hidden: Sequence[int]
    rate: float
    seed: int
    settings: Mapping[str, Any] | None
    exact: bool
    spool: Spool
    _online: OnlineModel | None = None
    _producer_name = "python"

    @property
    def model(self) -> OnlineModel:
        """Producer, client and daemon behind this estimator, once it has learned or answered."""
        if self._online is None:
            raise ValueError(f"{type(self).__name__} has not learned anything yet")
        return self._online

    def _open(self, labels: Sequence[Any], **shape: Any) -> OnlineModel:
        """The model; a private daemon with this shape is started when none was given."""
        if self._online is None:
            daemon = self.daemon or local(
                hidden=self.hidden, rate=self.rate, seed=self.seed, settings=self.settings,
                classes=list(labels) or None, **shape,
            )  # fmt: skip
            self._online = OnlineModel(
                daemon, name=self._producer_name, labels=labels, exact=self.exact,
                spool=self.spool, owned=self.daemon is None,
            )  # fmt: skip
        return self._online

    def close(self) -> None:
        """Lets go of the daemon; a private one is stopped, and what it learned is gone."""
        if self._online is not None:
            self._online.close()
            self._online = None

    def __getstate__(self) -> dict[str, Any]:
        if self._online is not None:
            raise TypeError(
                f"a {type(self).__name__} that has learned cannot be copied or pickled: what it "
                "learned is in the daemon. TRY: model.client.checkpoint_save()"
            )
        return dict(self.__dict__)


def row_of(x: Mapping[Any, Any], names: Sequence[Any], missing: float) -> Array:
    """(1, features) of a dictionary of features, in the order of ``names``.

    Features that are not there are ``missing``; features that are not in ``names`` are left out.
    Raises SampleError naming the feature that is no number.
    """
    row = np.empty((1, len(names)), np.float64)
    for index, name in enumerate(names):
        value = x.get(name, missing)
        if isinstance(value, (np.generic, np.ndarray)):
            value = plain(value, f"feature {name!r}")
        try:
            row[0, index] = value
        except (TypeError, ValueError):
            raise SampleError(
                f"feature {name!r} is {value!r} and not a number. TRY: a transformer in front, "
                "such as river.preprocessing.OneHotEncoder"
            ) from None
    return row


def rows_of(X: Any, names: Sequence[Any], missing: float) -> Array:
    """(count, features) of a data frame, a mapping of columns, a list of dictionaries, or an array
    whose columns are in the order of ``names``. Raises SampleError.
    """
    if isinstance(X, (list, tuple)) and X and isinstance(X[0], Mapping):
        return np.concatenate([row_of(x, names, missing) for x in X])
    columns = X.columns if hasattr(X, "columns") else X.keys() if isinstance(X, Mapping) else None
    if columns is None:
        return plain(X, "X")
    there = set(columns)
    count = len(X) if hasattr(X, "columns") else len(next(iter(X.values())))
    rows = np.full((count, len(names)), missing, np.float64)
    for index, name in enumerate(names):
        if name not in there:
            continue
        column = plain(X[name], f"feature {name!r}")
        try:
            rows[:, index] = column
        except (TypeError, ValueError) as error:
            raise SampleError(f"feature {name!r} does not consist of numbers: {error}") from None
    return rows
