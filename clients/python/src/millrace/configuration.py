"""A configuration file for :func:`millrace.local`, from shapes and types of arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from millrace.arrays import Array, ArrayLike, numbers, plain
from millrace.errors import SampleError

_FRAME_LIMIT = 1 << 20
_ELEMENTS = {"u8": 1, "i16": 2, "f32": 4}
_TASKS = ("classification", "regression", "forecast", "autoencoder")
_BY_DTYPE = {"uint8": "u8", "int16": "i16"}


def setting(value: Any) -> str:
    """A value as ``--set`` takes it: text as it is, lists and truth values as TOML has them."""
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, np.ndarray)):
        value = list(value)
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Plan:
    """What a private daemon shall learn."""

    task: str
    features: int
    dtype: str
    classes: tuple[Any, ...]
    """Labels in the order of their indices."""
    targets: int
    hidden: tuple[int, ...]
    rate: float
    seed: int
    feature_names: tuple[str, ...] = ()
    steps: int = 1

    @classmethod
    def of(
        cls,
        *,
        X: ArrayLike | None,
        y: Any,
        features: int | None,
        feature_names: Sequence[str] | None,
        classes: Sequence[Any] | int | None,
        targets: int | None,
        dtype: str | None,
        hidden: Sequence[int],
        rate: float,
        seed: int,
        task: str | None = None,
        steps: int = 1,
    ) -> Plan:
        """From the arguments of :func:`millrace.local`.

        Raises ValueError; SampleError for arrays of which no sample could be learned: better than
        a daemon that starts and learns nothing.
        """
        labels = None if y is None else plain(y, "y")
        if X is not None:
            array = numbers(X, "X")
            rows = len(array) if array.ndim > 1 else 1
            _refuse_empty_columns(array.reshape(rows, -1) if array.size else array)
            if labels is not None:
                _refuse_other_count(array, rows, labels, targets)
            features = features or array.size // max(rows, 1)
            dtype = dtype or _BY_DTYPE.get(array.dtype.name, "f32")
        if not features:
            raise ValueError("local needs X, features or a configuration file")
        if (dtype or "f32") not in _ELEMENTS:
            raise ValueError(f"dtype is one of {', '.join(_ELEMENTS)}, not {dtype!r}")
        if labels is not None and classes is None and targets is None:
            if labels.dtype.kind == "f":
                targets = labels.shape[1] if labels.ndim > 1 else 1
            else:
                classes = _different(labels)
        names: tuple[Any, ...] = ()
        if classes is not None:
            names = tuple(range(classes)) if isinstance(classes, int) else tuple(classes)
            if len(names) < 2 or len({str(name) for name in names}) != len(names):
                raise ValueError(f"at least two classes with different names, not {names!r}")
        found = "classification" if names else "regression" if targets else task or "forecast"
        if task not in (None, found) or found not in _TASKS:
            raise ValueError(
                f"task is {task!r}, but the data are for {found!r}. TRY: 'forecast' or "
                "'autoencoder' without y, classes and targets; else no task at all"
            )
        if steps < 1 or (steps > 1 and found != "forecast"):
            raise ValueError(f"steps is {steps}: a forecast takes 1 or more, {found} none")
        return cls(
            found, features, dtype or "f32", names, targets or 0, tuple(hidden), rate, seed,
            tuple(feature_names or ()), steps,
        )  # fmt: skip

    def text(self) -> str:
        """The configuration file."""
        label = 4 * max(self.targets, 1)
        row = self.features * _ELEMENTS[self.dtype] + label
        more = 2 if self.task == "autoencoder" else 0
        answer = 4 + 4 * (len(self.classes) or self.targets or self.steps * self.features + more)
        batch = max(1, min(256, _FRAME_LIMIT // max(row, answer)))
        message = max(32_768, 64 + batch * max(row, answer))
        lines = [
            "[input]",
            f"features = {self.features}",
            f'type = "{self.dtype}"',
            "[output]",
            f'task = "{self.task}"',
        ]
        if self.feature_names:
            lines.insert(3, f"names = {json.dumps(self.feature_names, ensure_ascii=False)}")
        if self.classes:
            names = [str(name) for name in self.classes]
            lines.append(f"classes = {json.dumps(names, ensure_ascii=False)}")
        if self.targets:
            lines.append(f"targets = {self.targets}")
        if self.steps > 1:
            lines.append(f"steps = {self.steps}")
        lines += [
            "[network]",
            f"hidden = {list(self.hidden)}",
            f"seed = {self.seed}",
        ]
        if self.task == "autoencoder":
            # A rectifier in a narrow layer lets half of what should pass come out as 0.
            lines.append('activation = "tanh"')
        lines += [
            "[learning]",
            f"rate = {self.rate}",
            "[commit]",
            "# Soon visible to questions that do not wait for a flush.",
            "interval-milliseconds = 50",
            "[memory]",
            "# A ceiling, not what is taken: the plan follows from the shapes.",
            'budget = "4GiB"',
            "[daemon]",
            f"max-batch = {batch}",
            f"max-message = {message}",
        ]
        return "\n".join(lines) + "\n"


def _refuse_empty_columns(array: Array) -> None:
    """Raises SampleError for features without any finite number: each sample would be refused."""
    if not array.size or array.dtype.kind != "f":
        return
    empty = np.flatnonzero(~np.isfinite(array).any(axis=0)).tolist()
    if empty:
        some = ", ".join(map(str, empty[:8])) + (", …" if len(empty) > 8 else "")
        raise SampleError(
            f"X has no finite number in {len(empty)} of {array.shape[1]} columns ({some}): the "
            "daemon would refuse every sample. TRY: X without these columns, or with numbers in "
            "place of NaN"
        )


def _refuse_other_count(array: Array, rows: int, labels: Array, targets: int | None) -> None:
    """Raises SampleError unless there is one label for each sample."""
    count = len(labels) if labels.ndim else 1
    if count == rows or (targets and labels.size == rows * targets):
        return
    hint = "TRY: X and y of the same samples"
    if array.ndim == 1:
        hint = "TRY: X.reshape(-1, 1), if each number is a sample; as it is, X is one sample"
    raise SampleError(f"X has {rows} rows and y has {count} labels. {hint}")


def _different(labels: Array) -> list[Any]:
    """The classes of labels, in order. Raises SampleError where they cannot be found."""
    if labels.ndim > 1:
        raise SampleError(
            f"y has shape {labels.shape}; classes need one dimension. TRY: y.ravel() of a column, "
            "y.astype(float) of targets"
        )
    try:
        return list(np.unique(labels).tolist())
    except TypeError as error:
        raise SampleError(
            f"y has labels that have no order: {error}. TRY: classes= with all of them"
        ) from None
