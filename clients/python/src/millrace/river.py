"""Estimators for River, backed by a Millrace daemon.

    from river import datasets, evaluate, metrics
    from millrace.river import MillraceClassifier

    model = MillraceClassifier(classes=[False, True])
    evaluate.progressive_val_score(datasets.Phishing(), model, metrics.Accuracy())

What ``predict_one`` after ``learn_one`` means is defined in :mod:`millrace.online`: with
``exact=True`` (the default) the answer contains everything learned before, so test-then-train is
exact; ``exact=False`` is faster and answers from the newest durable generation.

This module needs River; :mod:`millrace` does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

try:
    from river import base
except ImportError as error:
    raise ImportError("millrace.river needs River. TRY: pip install river") from error

try:
    from river.base import AnomalyDetector
except ImportError:  # An earlier River.
    from river.anomaly.base import AnomalyDetector  # type: ignore[import-not-found, no-redef]

from millrace.arrays import plain
from millrace.asking import Prediction
from millrace.link import Spool
from millrace.online import Daemon, Learner, OnlineModel, row_of, rows_of


class _RiverEstimator(Learner):
    """Features as dictionaries.

    - hidden, rate, seed, settings: of the private daemon; see :func:`millrace.local`.
    - features: names in the order of the daemon's inputs. None takes the daemon's own names, or
      the first sample's.
    - missing: what a feature is that a sample does not have. Features that are not among the names
      are left out.
    - exact: flush before each prediction; see :mod:`millrace.online`.
    - daemon: a LocalDaemon, or the state directory of a daemon that runs, instead of a private
      one. Clones of this estimator then share what it learned.
    - spool: as for :class:`millrace.Producer`.
    """

    _producer_name = "river"
    features: Sequence[str] | None
    missing: float
    _names: list[Any] | None = None

    def _ready(self, names: Sequence[Any], labels: Sequence[Any], **shape: Any) -> OnlineModel:
        """The model, started with these names of features if it is not there yet."""
        if self._online is None:
            known = list(self.features or names)
            model = self._open(labels, features=len(known), **shape)
            if self.features is None and model.schema.feature_names:
                known = list(model.schema.feature_names)
            self._names = known
        return self.model

    def _row(self, x: Mapping[Any, Any]) -> Any:
        assert self._names is not None
        return row_of(x, self._names, self.missing)

    def _rows(self, X: Any) -> Any:
        assert self._names is not None
        return rows_of(X, self._names, self.missing)


def _names_of(X: Any) -> list[Any]:
    """The names of the features of many samples."""
    if hasattr(X, "columns"):
        return list(X.columns)
    if isinstance(X, Mapping):
        return list(X)
    if isinstance(X, (list, tuple)) and X and isinstance(X[0], Mapping):
        return list(X[0])
    return list(range(np.asarray(X).shape[1]))


def _like(X: Any, values: Any, columns: Sequence[Any] | None = None) -> Any:
    """``values`` as a pandas object with the rows of X where X is one, else as they are."""
    if type(X).__module__.partition(".")[0] != "pandas":
        return values
    import pandas as pd

    if columns is None:
        return pd.Series(values, index=X.index)
    return pd.DataFrame(values, index=X.index, columns=list(columns))


class MillraceClassifier(_RiverEstimator, base.MiniBatchClassifier):
    """A classifier; see :class:`_RiverEstimator` for the other parameters.

    - classes: all labels there will be, of any hashable type. Needed for a private daemon: its
      network is made once. None takes the names of the daemon that is given.
    """

    def __init__(
        self,
        classes: Sequence[Any] | None = None,
        hidden: Sequence[int] = (32,),
        rate: float = 0.01,
        seed: int = 1,
        features: Sequence[str] | None = None,
        missing: float = 0.0,
        exact: bool = True,
        settings: Mapping[str, Any] | None = None,
        daemon: Daemon | None = None,
        spool: Spool = False,
    ) -> None:
        self.classes = classes
        self.hidden = hidden
        self.rate = rate
        self.seed = seed
        self.features = features
        self.missing = missing
        self.exact = exact
        self.settings = settings
        self.daemon = daemon
        self.spool = spool

    @property
    def _multiclass(self) -> bool:
        return True

    def _started(self, names: Sequence[Any]) -> OnlineModel:
        if self._online is None and self.daemon is None and not self.classes:
            raise ValueError(
                "the classes must be known before the first sample. TRY: classes=[False, True]"
            )
        return self._ready(names, self.classes or ())

    def learn_one(self, x: Mapping[Any, Any], y: Any) -> None:
        """Learns one sample; returns when it is handed over."""
        model = self._started(list(x))
        model.learn(self._row(x), [y])

    def learn_many(self, X: Any, y: Any) -> None:
        """Learns samples one by one in order: the same as a loop of ``learn_one``.

        - X: a data frame, a mapping of columns, a list of dictionaries, or an array.
        """
        model = self._started(_names_of(X))
        model.learn(self._rows(X), list(y))

    def predict_proba_one(self, x: Mapping[Any, Any], **kwargs: Any) -> dict[Any, float]:
        """The probability of each class; before anything is learned, the initial network's."""
        model = self._started(list(x))
        outputs = model.predict(self._row(x)).outputs[0]
        return dict(zip(model.labels, outputs.tolist(), strict=True))

    def predict_one(self, x: Mapping[Any, Any], **kwargs: Any) -> Any:
        """The most probable class."""
        model = self._started(list(x))
        return model.labels[int(model.predict(self._row(x)).classes[0])]

    def _answer(self, X: Any) -> Prediction:
        model = self._started(_names_of(X))
        return model.predict(self._rows(X))

    def predict_proba_many(self, X: Any) -> Any:
        """(count, classes) probabilities; a pandas frame for a pandas frame."""
        outputs = self._answer(X).outputs
        return _like(X, outputs, self.model.labels)

    def predict_many(self, X: Any) -> Any:
        """The most probable classes: a list; a pandas series for a pandas frame."""
        classes = self._answer(X).classes
        return _like(X, [self.model.labels[index] for index in classes])


class MillraceRegressor(_RiverEstimator, base.MiniBatchRegressor):
    """A regressor of one target; see :class:`_RiverEstimator` for the parameters."""

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        rate: float = 0.01,
        seed: int = 1,
        features: Sequence[str] | None = None,
        missing: float = 0.0,
        exact: bool = True,
        settings: Mapping[str, Any] | None = None,
        daemon: Daemon | None = None,
        spool: Spool = False,
    ) -> None:
        self.hidden = hidden
        self.rate = rate
        self.seed = seed
        self.features = features
        self.missing = missing
        self.exact = exact
        self.settings = settings
        self.daemon = daemon
        self.spool = spool

    def learn_one(self, x: Mapping[Any, Any], y: float) -> None:
        """Learns one sample; returns when it is handed over."""
        model = self._ready(list(x), (), targets=1)
        model.learn(self._row(x), [float(plain(y, "y"))])

    def learn_many(self, X: Any, y: Any) -> None:
        """Learns samples one by one in order: the same as a loop of ``learn_one``."""
        model = self._ready(_names_of(X), (), targets=1)
        model.learn(self._rows(X), y)

    def predict_one(self, x: Mapping[Any, Any]) -> float:
        """The value, in the units of the target."""
        model = self._ready(list(x), (), targets=1)
        return float(model.predict(self._row(x)).outputs[0, 0])

    def predict_many(self, X: Any) -> Any:
        """(count,) values; a pandas series for a pandas frame."""
        model = self._ready(_names_of(X), (), targets=1)
        return _like(X, model.predict(self._rows(X)).outputs[:, 0])


class MillraceAnomalyDetector(_RiverEstimator, AnomalyDetector):
    """An autoencoder whose score is calibrated: the share of the errors so far that were smaller.

    - hidden: a narrow layer in the middle lets through only what samples have in common.

    See :class:`_RiverEstimator` for the other parameters.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (16, 4, 16),
        rate: float = 0.01,
        seed: int = 1,
        features: Sequence[str] | None = None,
        missing: float = 0.0,
        exact: bool = True,
        settings: Mapping[str, Any] | None = None,
        daemon: Daemon | None = None,
        spool: Spool = False,
    ) -> None:
        self.hidden = hidden
        self.rate = rate
        self.seed = seed
        self.features = features
        self.missing = missing
        self.exact = exact
        self.settings = settings
        self.daemon = daemon
        self.spool = spool

    def _started(self, names: Sequence[Any]) -> OnlineModel:
        return self._ready(names, (), task="autoencoder")

    def learn_one(self, x: Mapping[Any, Any]) -> None:
        """Learns one sample; returns when it is handed over."""
        model = self._started(list(x))
        model.learn(self._row(x))

    def learn_many(self, X: Any) -> None:
        """Learns samples one by one in order: the same as a loop of ``learn_one``."""
        model = self._started(_names_of(X))
        model.learn(self._rows(X))

    def score_one(self, x: Mapping[Any, Any]) -> float:
        """From 0, more usual than all so far, to 1, less; 0 before 100 samples are learned."""
        model = self._started(list(x))
        return float(_scores(model.predict(self._row(x)))[0])

    def score_many(self, X: Any) -> Any:
        """(count,) scores; a pandas series for a pandas frame."""
        model = self._started(_names_of(X))
        return _like(X, _scores(model.predict(self._rows(X))))


def _scores(prediction: Prediction) -> Any:
    if prediction.percentiles is None:
        raise ValueError('the daemon is no autoencoder. TRY: [output] task = "autoencoder"')
    return np.nan_to_num(prediction.percentiles, nan=0.0)
