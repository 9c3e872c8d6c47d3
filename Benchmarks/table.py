"""Medians of the rounds of `scripts/bench`, as a table and as JSON rows.

Each row is {name, value, unit, reference, ratio}; ratio = reference / value (of rates value /
reference), so above 1 we are better than what we are measured against. A row without a reference
has null for both.

    python3 Benchmarks/table.py RESULTS_DIRECTORY OUTPUT.json
"""

import glob
import json
import os
import platform
import statistics
import sys

STEP = "step.784-128-10"


STRUCTURES = [
    # name, bar: all against our own dense, exact junction in the same run
    ("structure.predefined.1-16", 11),
    ("structure.predefined.1-16.type-2", None),
    ("structure.predefined.1-32", 20),
    ("structure.predefined.1-32.type-2", None),
    ("structure.nm.2-8.ff", 3.8),
    ("structure.nm.2-8.bp", 3.8),
    ("structure.nm.2-8.step", None),
    ("structure.nm.2-8.step.many", 1.75),
    ("structure.circulant.8", 4),
    ("structure.circulant.16", 8),
    ("rule.essop.8.up", 1),
]


# name, what it is measured against: figures of the emulated device that are no times of a step
DEVICE = [
    ("device.fpga.library", "the FPGA"),
    ("device.fpga.daemon", "the FPGA"),
    ("device.accounting", "what may be spent"),
]


def ours(directory):
    """name (without the kernel set) -> median, median reference and unit; and the kernel set."""
    values, references, units, kernel_set = {}, {}, {}, ""
    for path in glob.glob(os.path.join(directory, "ours.*.json")):
        for row in json.load(open(path)):
            name = row["name"]
            for suffix in ("x86-64-v4", "x86-64-v3", "portable", "plain"):
                if name.endswith("." + suffix):
                    name, kernel_set = name[: -len(suffix) - 1], suffix
            values.setdefault(name, []).append(row["value"])
            units[name] = row["unit"]
            if "reference" in row:
                references.setdefault(name, []).append(row["reference"])
    middle = {name: statistics.median(list_) for name, list_ in values.items()}
    against = {name: statistics.median(list_) for name, list_ in references.items()}
    return middle, against, units, kernel_set


def torch(directory):
    """Medians of both forms and PyTorch's version; empty without it."""
    rounds = [json.load(open(p)) for p in glob.glob(os.path.join(directory, "torch.*.json"))]
    if not rounds:
        return {}
    return {
        "version": rounds[0]["version"],
        "autograd": statistics.median(r["autograd"] for r in rounds),
        "byHand": statistics.median(r["byHand"] for r in rounds),
    }


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main():
    directory, output = sys.argv[1], sys.argv[2]
    mine, references, units, kernel_set = ours(directory)
    rival = torch(directory)
    with_torch = f"PyTorch {rival['version']}" if rival else ""
    # name, our figure, what it is measured against, its figure, the bar
    plan = [
        (STEP, mine[STEP], f"{with_torch}, autograd", rival.get("autograd"), 15),
        (STEP + ".by-hand", mine[STEP], f"{with_torch}, by hand", rival.get("byHand"), 4),
        (STEP + ".tanh", mine[STEP + ".tanh"], "", None, None),
        ("ff.1024", mine["ff.1024x1024"], "reading the same bytes", mine["stream-read.4194304"],
         None),
        ("bpup.1024", mine["bpup.1024x1024"], "changing the same bytes in place",
         mine["stream-update.4194304"], None),
    ]
    for name, bar in STRUCTURES:
        if name in references:
            plan.append((name, mine[name], "our dense, exact", references[name], bar))
    plan = [(*row, "us") for row in plan]
    for name, against in DEVICE:
        if name in mine:
            plan.append((name, mine[name], against, references.get(name), 1, units[name]))
    rows = []
    print(f"\n{processor()}, kernels {kernel_set}, {with_torch or 'no PyTorch'}")
    print(f"{'name':34}{'value':>10} {'unit':10}{'reference':>10}{'ratio':>8}{'bar':>6}  against")
    for name, value, against, reference, bar, unit in plan:
        if against.startswith(", "):
            continue
        is_rate = unit.endswith("/s")
        ratio = None
        if reference and value > 0:
            ratio = round(value / reference if is_rate else reference / value, 2)
        rows.append({"name": name, "value": round(value, 3), "unit": unit,
                     "reference": round(reference, 3) if reference else None, "ratio": ratio})
        shown = [f"{reference:.2f}" if reference else "-", f"{ratio:.2f}" if ratio else "-",
                 f"{bar}x" if bar else "-"]
        print(f"{name:34}{value:10.2f} {unit:10}{shown[0]:>10}{shown[1]:>8}{shown[2]:>6}  {against}")
    with open(output, "w") as file:
        file.write("[\n" + ",\n".join(" " + json.dumps(row) for row in rows) + "\n]\n")
    print(f"written to {output}")


if __name__ == "__main__":
    main()
