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

# By numpy's kind of dtype: what numpy would turn into numbers by leaving out what it means.
# "Complex data not supported" are the words that scikit-learn's own checks look for.
_NO_NUMBERS = {
    "c": "Complex data not supported: samples are real numbers. TRY: the real and the imaginary "
    "parts as features of their own, or the absolute values",
    "M": "A moment is no number by itself. TRY: the time since a moment, in a unit: "
    "(values - start) / np.timedelta64(1, 's')",
    "m": "A time is no number without a unit. TRY: values / np.timedelta64(1, 's')",
    "V": "Records are no rows of numbers. TRY: "
    "numpy.lib.recfunctions.structured_to_unstructured(values)",
}


def plain(values: Any, name: str) -> Array:
    """An array of ``values`` that leaves nothing out which they say beside their numbers.

    Raises SampleError for masked entries, whose hidden values nobody means; for complex numbers,
    moments, times and records; for rows of different lengths. ``name`` is what the text calls them.
    """
    refuse_masked(values, name)
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise SampleError(f"the rows of {name} are not of one length: {error}") from None
    found = [array.dtype]
    if array.dtype.kind == "O":
        refuse_masked(array.ravel().tolist(), name)
        found = [value.dtype for value in array.flat if isinstance(value, np.generic)]
    for dtype in found:
        if dtype.kind in _NO_NUMBERS:
            raise SampleError(f"{name} holds {dtype}. {_NO_NUMBERS[dtype.kind]}")
    return array


def refuse_masked(values: Any, name: str) -> None:
    """Raises SampleError for masked entries: of an array, or of members of a list or tuple."""
    members = values if isinstance(values, (list, tuple)) else [values]
    masked = [value for value in members if isinstance(value, np.ma.MaskedArray)]
    if not masked:
        return
    count = sum(int(np.sum(np.ma.getmaskarray(value).view(np.bool_))) for value in masked)
    if count:
        raise SampleError(
            f"{name} holds a masked array ({masked[0].dtype}) with {count} masked entries, and a "
            "mask cannot be sent. TRY: leaving those rows out, or values.filled(VALUE) with what "
            "shall stand there"
        )


def numbers(values: Any, name: str) -> Array:
    """An array of truth values, integers or floats; text that says numbers becomes float64.

    Raises SampleError, as :func:`plain` does, and for what does not consist of numbers.
    """
    array = plain(values, name)
    if array.dtype.kind in "biuf":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise SampleError(f"{name} does not consist of numbers: {error}") from None


def as_features(values: ArrayLike, schema: WireSchema) -> Array:
    """(count, features) of the schema's element type; one sample may be given as (features,).

    Raises SampleError for another width, for values that the element type cannot hold, and for
    what is no array of numbers; see :func:`plain`.
    """
    array = numbers(values, "X")
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
    given = plain(values, "y")
    try:
        targets = np.asarray(given, "<f4")
    except (TypeError, ValueError) as error:
        raise SampleError(f"y does not consist of numbers: {error}") from None
    is_other_count = targets.ndim > 1 and len(targets) != count
    if targets.size != count * schema.outputs or is_other_count:
        raise SampleError(
            f"y has shape {targets.shape}; {count} samples need ({count}, {schema.outputs})"
        )
    return np.ascontiguousarray(targets.reshape(count, schema.outputs))


def _as_classes(values: Any, count: int, classes: Mapping[Any, int] | None) -> Array:
    dimensions = 1 if isinstance(values, (list, tuple)) else np.ndim(values)
    if dimensions == 0:
        values = [values]
    elif dimensions > 1:
        raise _not_one_dimension(f"shape {np.shape(values)}", count)
    if len(values) != count:
        raise SampleError(f"y has {len(values)} labels for {count} samples")
    if classes is not None:
        return _looked_up(values, classes)
    if isinstance(values, (list, tuple)):
        values = [-1 if label is None else label for label in values]
    labels = plain(values, "y")
    if labels.ndim != 1:
        raise _not_one_dimension(f"shape {labels.shape}", count)
    if labels.dtype.kind == "f" and (labels == np.floor(labels)).all():
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "biu":
        raise SampleError(
            f"y holds {labels.dtype} and not class indices. "
            "TRY: classes=client.schema().class_names"
        )
    if labels.size and (labels.min() < -1 or labels.max() >= 2**31):
        raise SampleError("y has a class index below −1 or above 2³¹ − 1")
    return np.ascontiguousarray(labels, "<i4")


def _not_one_dimension(found: str, count: int) -> SampleError:
    return SampleError(
        f"y has {found}; classes need one dimension, ({count},): one label for each sample. "
        "TRY: np.ravel(y) of a column, np.argmax(y, axis=1) of one column for each class"
    )


def _looked_up(values: Any, classes: Mapping[Any, int]) -> Array:
    if isinstance(values, np.ndarray):
        items = plain(values, "y").tolist()
    else:  # Not made an array, in which 1 and "a" would be one type, and a tuple no member.
        refuse_masked(values, "y")
        items = values
    labels = np.empty(len(items), "<i4")
    for row, label in enumerate(items):
        try:
            index = -1 if label is None else classes.get(label)
        except TypeError:  # Not hashable, so no member of anything.
            raise _not_one_dimension(f"the label {label!r}", len(items)) from None
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
