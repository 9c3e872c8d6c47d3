"""The tables of docs/drift.md from the lines that `guard-study DATA drift SEEDS` printed.

    python3 Benchmarks/drift_report.py FILE
"""

import json
import sys
from collections import defaultdict

STEPS = (5933, 6227, 6697)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def figure(values):
    return f"{mean(values):.3f}".removeprefix("0")


def delay(run, step, end):
    """Samples from a step to the first alarm after it; None without."""
    return next((alarm - step + 1 for alarm in run["alarms"] if step <= alarm < end), None)


def batches(name, groups):
    print(f"**{name}**\n")
    print("| detector, response | alarms before | seen after (8; 9) | batch 8: first 50 | 100 | 200 | all 294 | batch 9: first 50 | 100 | all 470 | whole |")
    print("|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for (stream, detector, response), group in groups.items():
        if stream != name:
            continue
        before = " ".join(str(sum(alarm < STEPS[0] for alarm in run["alarms"])) for run in group)
        found = "; ".join(
            " ".join(str(delay(run, STEPS[k], STEPS[k + 1]) or "–") for run in group) for k in (0, 1)
        )
        eight = [figure(run["batch8"][k] for run in group) for k in range(4)]
        nine = [figure(run["batch9"][k] for run in group) for k in (0, 1, 3)]
        whole = f"{mean(run['accuracy'] for run in group):.4f}".removeprefix("0")
        print(f"| {detector}, {response} | {before} | {found} | " + " | ".join(eight + nine + [whole]) + " |")
    print()


def main():
    runs = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    groups = defaultdict(list)
    for run in runs:
        groups[run["stream"], run["detector"], run["response"]].append(run)
    for name in dict.fromkeys(stream for stream, _, _ in groups):
        if name.startswith("gas"):
            batches(name, groups)
    print("| stream | detector | response | alarms | accuracy |")
    print("|---|---|---|---|---:|")
    for (stream, detector, response), group in groups.items():
        if stream.startswith("gas"):
            continue
        alarms = " ".join(str(len(run["alarms"])) for run in group)
        whole = f"{mean(run['accuracy'] for run in group):.4f}".removeprefix("0")
        print(f"| {stream} | {detector} | {response} | {alarms} | {whole} |")


if __name__ == "__main__":
    main()
