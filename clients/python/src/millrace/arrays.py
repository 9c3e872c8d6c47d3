"""What people have (lists, any numpy type, names of classes) to what the wire takes.

Nothing is rounded, wrapped or cut silently: a value that does not fit the wire's type raises
SampleError. Floats become f32, as the daemon computes; whether a value is finite and inside the
bounds the daemon decides, sample by sample.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from millrace.errors import SampleError
from millrace.wire.schema import ElementType, Task, WireSchema

Array: TypeAlias = npt.NDArray[Any]
ArrayLike: TypeAlias = npt.ArrayLike


def as_features(values: ArrayLike, schema: WireSchema) -> Array:
    """(count, features) of the schema's element type; one sample may be given as (features,).

    Raises SampleError for another width, or values that the element type cannot hold.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise SampleError(f"the rows of X are not of one length: {error}") from None
    if array.ndim == 1 and array.size == schema.features:
        array = array.reshape(1, -1)
    if array.ndim > 2 and array.size == len(array) * schema.features:
        array = array.reshape(len(array), schema.features)
    if array.ndim != 2 or array.shape[1] != schema.features:
        raise SampleError(
            f"X has shape {array.shape}; the daemon takes (count, {schema.features}): {schema}"
        )
    return _as_type(array, schema.element_type)


def _as_type(array: Array, element: ElementType) -> Array:
    wanted = element.dtype
    if array.dtype == wanted:
        return np.ascontiguousarray(array)
    if array.dtype.kind not in "biuf":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise SampleError(f"X does not consist of numbers: {error}") from None
    if element is ElementType.F32:
        with np.errstate(over="ignore"):
            return np.ascontiguousarray(array, wanted)
    limits = np.iinfo(wanted)
    inside = (array >= limits.min) & (array <= limits.max)
    if not inside.all() or (array.dtype.kind == "f" and (array != np.floor(array)).any()):
        raise SampleError(
            f"X has values that are not whole numbers of {limits.min} … {limits.max}: "
            f"the daemon takes {element.label}"
        )
    return np.ascontiguousarray(array, wanted)


def class_table(names: Sequence[Any]) -> Mapping[Any, int]:
    """From a class to its index."""
    return {name: index for index, name in enumerate(names)}


def as_labels(
    values: Any, count: int, schema: WireSchema, classes: Mapping[Any, int] | None = None
) -> Array:
    """Labels as the wire has them: (count,) i32, or (count, outputs) f32.

    - values: classes as indices, where −1 stands for "no label yet" as on the wire; or as members
      of ``classes``, where −1 is a class if it is a member, and else an error like any other. None
      stands for "no label yet" in both. Targets as numbers; NaN in the first output stands for "no
      label yet".

    Raises SampleError.
    """
    if schema.task is Task.FORECAST:
        raise SampleError("a forecast takes no labels: the next sample is the target")
    if schema.task is Task.AUTOENCODER:
        raise SampleError("an autoencoder takes no labels: the sample itself is the target")
    if schema.task is Task.CLASSIFICATION:
        return _as_classes(values, count, classes)
    try:
        targets = np.asarray(values, "<f4")
    except (TypeError, ValueError) as error:
        raise SampleError(f"y does not consist of numbers: {error}") from None
    if targets.size != count * schema.outputs:
        raise SampleError(
            f"y has shape {targets.shape}; {count} samples need ({count}, {schema.outputs})"
        )
    return np.ascontiguousarray(targets.reshape(count, schema.outputs))


def _as_classes(values: Any, count: int, classes: Mapping[Any, int] | None) -> Array:
    if isinstance(values, (str, bytes)) or np.ndim(values) == 0:
        values = [values]
    if len(values) != count:
        raise SampleError(f"y has {len(values)} labels for {count} samples")
    if classes is not None:
        return _looked_up(values, classes)
    labels = (
        np.asarray([-1 if label is None else label for label in values])
        if isinstance(values, (list, tuple))
        else np.asarray(values)
    )
    if labels.dtype.kind == "f" and (labels == np.floor(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "biu":
        raise SampleError(
            f"y holds {labels.dtype} and not class indices. "
            "TRY: classes=client.schema().class_names"
        )
    if labels.size and (labels.min() < -1 or labels.max() >= 2**31):
        raise SampleError("y has a class index below −1 or above 2³¹ − 1")
    return np.ascontiguousarray(labels.reshape(-1), "<i4")


def _looked_up(values: Any, classes: Mapping[Any, int]) -> Array:
    items = values.tolist() if isinstance(values, np.ndarray) else values
    labels = np.empty(len(items), "<i4")
    for row, label in enumerate(items):
        index = -1 if label is None else classes.get(label)
        if index is None:
            known = ", ".join(map(repr, list(classes)[:8]))
            hint = ". TRY: None, or leaving the sample out, where there is no label yet"
            raise SampleError(
                f"{label!r} is not one of the classes: {known}{hint if label == -1 else ''}"
            )
        labels[row] = index
    return labels


def runs(labels: Array | None, schema: WireSchema, count: int) -> list[tuple[int, int, bool]]:
    """(first row, end, labelled) of runs that can share a frame.

    Rows with targets and rows without cannot share a frame; a class of −1 can.
    """
    if labels is None or schema.task is not Task.REGRESSION:
        return [(0, count, labels is not None)]
    has = ~np.isnan(labels[:, 0])
    edges = np.flatnonzero(np.diff(has)) + 1
    starts = [0, *edges.tolist(), count]
    return [
        (first, end, bool(has[first])) for first, end in itertools.pairwise(starts) if end > first
    ]
