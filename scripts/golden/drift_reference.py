#!/usr/bin/env python3
"""What River's detectors say of five made-up streams; writes Tests/LearningTests/Golden/drift.txt.

    python3 -m venv /tmp/river && /tmp/river/bin/pip install river==0.26.1
    /tmp/river/bin/python scripts/golden/drift_reference.py

Lines of the file, words between blanks; streams are made again by the test (`DriftStreams`):

    adwin STREAM DELTA M CLOCK cuts N (INDEX WIDTH)... marks N (WIDTH TOTAL VARIANCE)...
    page STREAM DELTA LAMBDA MINIMUM alarms N INDEX... marks N (MEAN DISTANCE)...
    faded STREAM DELTA LAMBDA MINIMUM ALPHA alarms N INDEX...

A mark is the state after every 1,000th value. ADWIN is `AdaptiveWindowing`, which keeps the window after a
cut (River's `ADWIN` around it begins anew), with min_window_length = 1, for which its bound is that of the
paper. Page-Hinkley is `drift.PageHinkley` for rises; `faded` is what its own way of forgetting does.
"""

import pathlib

from river import __version__, drift
from river._river_rust.drift import AdaptiveWindowing

COUNT = 6000
MASK = (1 << 64) - 1


def uniform(seed):
    """SplitMix64, the upper 53 bits as a number in [0, 1)."""
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((z ^ (z >> 31)) >> 11) * 2.0**-53


def stream(number):
    values = uniform(number + 1)
    for index in range(COUNT):
        u = next(values)
        if number == 0:  # errors of a classifier: a rise, a fall
            yield 1.0 if u < (0.1 if index < 2000 else 0.4 if index < 4000 else 0.2) else 0.0
        elif number == 1:  # a level that creeps up
            yield 0.2 + 0.2 * u + 0.4 * max(0, index - 2000) / 4000
        elif number == 2:  # a learner that learns, then a jump
            yield 0.7 / (1 + index / 200) + 0.1 * u + (0.2 if index >= 4500 else 0.0)
        elif number == 3:  # nothing changes
            yield u * u
        else:  # short bursts
            yield u * (0.9 if index % 1500 < 120 else 0.25)


def adwin(number, delta, buckets, clock):
    window = AdaptiveWindowing(
        delta=delta, clock=clock, max_buckets=buckets, min_window_length=1, grace_period=10
    )
    cuts, marks = [], []
    for index, x in enumerate(stream(number)):
        if window.update(x):
            cuts.append(f"{index} {int(window.get_width())}")
        if index % 1000 == 999:
            marks.append(f"{int(window.get_width())} {window.get_total()!r} {window.get_variance()!r}")
    return f"adwin {number} {delta!r} {buckets} {clock} cuts {len(cuts)} {' '.join(cuts)} marks {len(marks)} {' '.join(marks)}"


def page(number, delta, threshold, minimum, alpha=1.0):
    test = drift.PageHinkley(
        min_instances=minimum, delta=delta, threshold=threshold, alpha=alpha, mode="up"
    )
    alarms, marks = [], []
    for index, x in enumerate(stream(number)):
        test.update(x)
        if test.drift_detected:
            alarms.append(f"{index}")
        if index % 1000 == 999:
            distance = test._sum_increase - test._min_increase
            marks.append(f"{test._x_mean.get()!r} {distance!r}")
    if alpha < 1:
        return f"faded {number} {delta!r} {threshold!r} {minimum} {alpha!r} alarms {len(alarms)} {' '.join(alarms)}"
    return f"page {number} {delta!r} {threshold!r} {minimum} alarms {len(alarms)} {' '.join(alarms)} marks {len(marks)} {' '.join(marks)}"


def main():
    lines = [f"# River {__version__}; scripts/golden/drift_reference.py"]
    for number in range(5):
        for delta, buckets, clock in [(0.002, 5, 32), (0.05, 5, 1), (0.002, 2, 7), (0.3, 8, 16)]:
            lines.append(adwin(number, delta, buckets, clock))
        for delta, threshold, minimum in [(0.005, 5.0, 30), (0.05, 20.0, 100), (0.0, 50.0, 1)]:
            lines.append(page(number, delta, threshold, minimum))
    lines.append(page(2, 0.005, 5.0, 30, 0.999))
    folder = pathlib.Path(__file__).resolve().parents[2] / "Tests/LearningTests/Golden"
    (folder / "drift.txt").write_text("\n".join(" ".join(line.split()) for line in lines) + "\n")


if __name__ == "__main__":
    main()
