"""Medians of the rounds of `scripts/bench`, as a table and as JSON rows.

Each row is {name, value, unit, reference, ratio}; ratio above 1: we are better than what we are
measured against. A row without a reference has null for both. What is measured against what, and
every bar, is in rows.py.

    python3 Benchmarks/table.py RESULTS_DIRECTORY OUTPUT.json
"""

import datetime
import glob
import json
import os
import platform
import statistics
import sys

from rows import ROWS, STEP, bar_text, figure, is_met, row

KERNEL_SETS = ("x86-64-v4", "x86-64-v3", "portable", "plain")
# What kernel-bench calls them.
BANDWIDTH = {"ff.1024": "ff.1024x1024", "bpup.1024": "bpup.1024x1024"}


def ours(directory):
    """name (without the kernel set) -> median, median reference and unit; and the kernel set."""
    values, references, units, kernel_set = {}, {}, {}, ""
    for path in glob.glob(os.path.join(directory, "ours.*.json")):
        for found in json.load(open(path)):
            name = found["name"]
            for suffix in KERNEL_SETS:
                if name.endswith("." + suffix):
                    name, kernel_set = name[: -len(suffix) - 1], suffix
            values.setdefault(name, []).append(found["value"])
            units[name] = found["unit"]
            if "reference" in found:
                references.setdefault(name, []).append(found["reference"])
    middle = {name: statistics.median(list_) for name, list_ in values.items()}
    against = {name: statistics.median(list_) for name, list_ in references.items()}
    return middle, against, units, kernel_set


def medians(directory, rival):
    """Each number of a rival's rounds as its median, and its version; empty without it."""
    rounds = [json.load(open(path)) for path in glob.glob(f"{directory}/{rival}.[0-9]*.json")]
    if not rounds:
        return {}
    found = {"version": rounds[0]["version"]}
    for key, value in rounds[0].items():
        if not isinstance(value, str):
            found[key] = statistics.median(each[key] for each in rounds)
    return found


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def compare(directory):
    """Every row that was measured, in the order of rows.py; and what the run was."""
    values, references, units, kernel_set = ours(directory)
    torch, blas = medians(directory, "torch"), medians(directory, "openblas")
    fann = medians(directory, "fann")
    for name, long in BANDWIDTH.items():
        if long in values:
            values[name], units[name] = values[long], units[long]
            references[name] = references.get(long)
    for suffix, rival in ((".by-hand", torch.get("byHand")), (".openblas", blas.get("relu")),
                          (".fann", fann.get("step"))):
        if STEP in values and rival:
            values[STEP + suffix], units[STEP + suffix] = values[STEP], units[STEP]
            references[STEP + suffix] = rival
    references[STEP] = torch.get("autograd")
    references[STEP + ".tanh"] = blas.get("tanh")
    blocks = medians(directory, "blocks")
    for name in values:
        if name.startswith("block."):
            references[name] = blocks.get(name.split(".")[1])
    rows = [row(name, values[name], units[name], references.get(name))
            for name, _, _ in ROWS if name in values]
    run = {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": processor(), "processors": os.cpu_count(), "kernels": kernel_set,
        "kernel": platform.release(),
        "rivals": [f"PyTorch {torch['version']}"] * bool(torch)
        + [" ".join(blas["version"].split()[:2])] * bool(blas)
        + [f"FANN {fann['version']}"] * bool(fann),
        "busy": json.load(open(os.path.join(directory, "busy.json"))),
        "missing": [name for name, _, _ in ROWS if name not in values],
    }
    return rows, run


def main():
    directory, output = sys.argv[1], sys.argv[2]
    rows, run = compare(directory)
    found = {each["name"]: each for each in rows}
    print(f"\n{run['processor']}, {run['processors']} processors, kernels {run['kernels']}, "
          + (", ".join(run["rivals"]) or "no rivals"))
    print(f"{'name':34}{'value':>11} {'unit':10}{'reference':>11}{'ratio':>8}{'bar':>12}  "
          f"{'':8}against")
    if run["busy"] > 10:
        print(f"(other work took {run['busy']} % of the processors when this began)")
    missed = []
    for name, against, bar in ROWS:
        if name not in found:
            continue
        each = found[name]
        met = is_met(bar, each)
        verdict = {None: "", True: "met", False: "MISSED"}[met]
        missed += [name] if met is False else []
        ratio = f"{each['ratio']:.2f}" if each["ratio"] is not None else "-"
        print(f"{name:34}{figure(each['value']):>11} {each['unit']:10}"
              f"{figure(each['reference']):>11}{ratio:>8}{bar_text(bar, each['unit']):>12}  "
              f"{verdict:8}{against}")
    if run["missing"]:
        print("left out: " + ", ".join(run["missing"]))
    if missed:
        print("MISSED: " + ", ".join(missed))
    with open(output, "w") as file:
        file.write("[\n" + ",\n".join(" " + json.dumps(each) for each in rows) + "\n]\n")
    with open(os.path.join(directory, "run.json"), "w") as file:
        json.dump(run, file)
    print(f"written to {output}")


if __name__ == "__main__":
    main()
