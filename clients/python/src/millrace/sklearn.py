"""Estimators for scikit-learn, backed by a Millrace daemon.

    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from millrace.sklearn import MillraceClassifier

    model = make_pipeline(StandardScaler(), MillraceClassifier(hidden=[32]))
    model.fit(X, y).score(X_test, y_test)

``partial_fit`` learns samples one by one, in order, whatever the batches are. Predictions contain
everything learned before (``exact=True``); see :mod:`millrace.online` for what that means.

This module needs scikit-learn 1.6 or newer; :mod:`millrace` does not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "millrace.sklearn needs scikit-learn 1.6 or newer. TRY: pip install -U scikit-learn"
    ) from error

from millrace.arrays import plain
from millrace.link import Spool
from millrace.online import Daemon, Learner

Array = npt.NDArray[Any]


class _SklearnEstimator(Learner, BaseEstimator):  # type: ignore[misc]
    """What both estimators share.

    - hidden, rate, seed, settings: of the private daemon; see :func:`millrace.local`.
    - epochs: how often ``fit`` goes through the data, in its order.
    - exact: flush before each prediction; see :mod:`millrace.online`.
    - daemon: a LocalDaemon, or the state directory of a daemon that runs, instead of a private
      one. Clones then share what it learned, and ``fit``, which begins afresh, is refused.
    - spool: as for :class:`millrace.Producer`.
    """

    _producer_name = "sklearn"
    epochs: int

    def __init__(
        self,
        hidden: Sequence[int] = (32,),
        rate: float = 0.01,
        seed: int = 1,
        epochs: int = 1,
        exact: bool = True,
        settings: Mapping[str, Any] | None = None,
        daemon: Daemon | None = None,
        spool: Spool = False,
    ) -> None:
        self.hidden = hidden
        self.rate = rate
        self.seed = seed
        self.epochs = epochs
        self.exact = exact
        self.settings = settings
        self.daemon = daemon
        self.spool = spool

    def _check_own(self) -> None:
        if self.daemon is not None:
            raise ValueError(
                "fit begins afresh, and the daemon is not this estimator's own. TRY: partial_fit"
            )

    @contextlib.contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Takes back what a check of data that fails has noted: the old model is still there."""
        before = dict(self.__dict__)
        try:
            yield
        except BaseException:
            self.__dict__.clear()
            self.__dict__.update(before)
            raise

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self, "n_features_in_")
        plain(X, "X")
        rows = validate_data(self, X, reset=False, dtype=np.float32)
        return self.model.predict(rows).outputs

    def __sklearn_is_fitted__(self) -> bool:
        return self._online is not None


class MillraceClassifier(ClassifierMixin, _SklearnEstimator):  # type: ignore[misc]
    """A classifier; see :class:`_SklearnEstimator` for the parameters.

    - classes_: (classes,) the labels, in the order of ``predict_proba``'s columns.
    """

    classes_: Array

    def fit(self, X: Any, y: Any) -> MillraceClassifier:
        """Learns from nothing: a new private daemon, then ``epochs`` times through the data.

        Data that cannot be learned raise ValueError, and leave what was learned before.
        """
        self._check_own()
        with self._unchanged_on_error():
            rows, labels = self._checked(X, y, reset=True)
            self.classes_ = np.unique(labels)
            if len(self.classes_) < 2:
                raise ValueError(
                    f"a classifier needs at least two classes; y has one class: {self.classes_}"
                )
        self.close()
        self._learn(rows, labels, self.epochs)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Sequence[Any] | Array | None = None
    ) -> MillraceClassifier:
        """Goes on learning.

        - classes: all labels there will be; needed at the first call for a private daemon.
        """
        first = not hasattr(self, "classes_")
        rows, labels = self._checked(X, y, reset=first)
        if first:
            if classes is None and self.daemon is None:
                raise ValueError("the first call of partial_fit needs classes=")
            # Without classes the daemon's own names are the labels.
            self.classes_ = np.unique(np.asarray([] if classes is None else classes))
        self._learn(rows, labels, 1)
        return self

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Array, Array]:
        plain(X, "X")
        plain(y, "y")
        rows, labels = validate_data(self, X, y, reset=reset, dtype=np.float32)
        check_classification_targets(labels)
        return rows, labels

    def _learn(self, rows: Array, labels: Array, epochs: int) -> None:
        model = self._open(self.classes_.tolist(), features=rows.shape[1])
        self.classes_ = np.asarray(model.labels)
        for _ in range(epochs):
            model.learn(rows, labels)

    def predict_proba(self, X: Any) -> Array:
        """(count, classes) probabilities."""
        return self._outputs(X)

    def predict(self, X: Any) -> Array:
        """(count,) the most probable classes."""
        outputs = self._outputs(X)
        best: Array = self.classes_[np.argmax(outputs, axis=1)]
        return best


class MillraceRegressor(RegressorMixin, _SklearnEstimator):  # type: ignore[misc]
    """A regressor of one or several targets; see :class:`_SklearnEstimator`."""

    n_targets_: int

    def fit(self, X: Any, y: Any) -> MillraceRegressor:
        """Learns from nothing: a new private daemon, then ``epochs`` times through the data.

        Data that cannot be learned raise ValueError, and leave what was learned before.
        """
        self._check_own()
        with self._unchanged_on_error():
            rows, values = self._checked(X, y, reset=True)
        self.close()
        self._learn(rows, values, self.epochs)
        return self

    def partial_fit(self, X: Any, y: Any) -> MillraceRegressor:
        """Goes on learning."""
        rows, values = self._checked(X, y, reset=not hasattr(self, "n_features_in_"))
        self._learn(rows, values, 1)
        return self

    def _checked(self, X: Any, y: Any, *, reset: bool) -> tuple[Array, Array]:
        plain(X, "X")
        plain(y, "y")
        rows, values = validate_data(
            self, X, y, reset=reset, dtype=np.float32, multi_output=True, y_numeric=True
        )
        if reset:
            self.n_targets_ = 1 if values.ndim == 1 else values.shape[1]
        return rows, values

    def _learn(self, rows: Array, values: Array, epochs: int) -> None:
        model = self._open((), features=rows.shape[1], targets=self.n_targets_)
        for _ in range(epochs):
            model.learn(rows, values)

    def predict(self, X: Any) -> Array:
        """(count,) values, or (count, targets) for several, in the units of the targets."""
        outputs = self._outputs(X)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs
