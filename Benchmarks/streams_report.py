"""Writes docs/streams.md from finished runs: bars, runs, recalls, recovery, and the plots.

    python3 Benchmarks/streams_report.py RESULTS.jsonl KEYS OUTPUT_DIRECTORY

RESULTS.jsonl is what `streams` appended, KEYS the output of `streams --list`: only runs that the
experiments of today name are counted. Writes OUTPUT_DIRECTORY/streams.md and
OUTPUT_DIRECTORY/streams/*.svg. A bar that is missed is printed as missed.
"""

import os
import sys

import streams_plots
from streams_results import Results, bars

HEADER = """# Networks on real streams

Written by `make streams`; not edited by hand.

Every figure is *prequential*: each sample is predicted before its label is learned, one after the
other, once, by the daemon's own learner, with the configurations in `examples/`; settings that
differ from the file are in the table of runs, and `--set` gives them to `millraced`. *Overall* is
the share right of the whole stream, its beginning included; *last 1,000* of its end.

A seed decides the initial weights (and stochastic increments); the order of samples is one for all
seeds, drawn with seed 0 where it is drawn. Runs repeat to the last bit. Bars ask every seed;
differences are means of paired differences over the seeds, in points (hundredths).

Networks and rates were chosen by trying some dozens on these very streams: read the figures as
those of a tuned learner, not of a first try on something new.
"""

STREAMS = """- **har**: 7,795 raw windows of 128 moments × 6 channels, 12 activities of 21 people, in an order drawn
  over all (seed 0).
- **ecg**: 51,000 beats of 22 patients, then 49,693 beats of 22 other patients, in the order of their
  recording. Nine of ten are normal.
- **gas**: 5,933 rows of 128 figures in batches 1 to 6 of 36 months, each batch in an order drawn
  inside it; *gas drift* goes on with batches 8 and 9 (764 rows), which nobody announces.
- **elec2**: 45,312 half hours of a market in their order.
- **mnist**: the first 12,544 training images.
"""


def table(rows, columns):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def share(value, digits=4):
    return f"{value:.{digits}f}".removeprefix("0")


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def run_rows(results):
    for name, variant, runs in results.rows():
        first = runs[0]
        settings = "<br>".join(f"`{setting}`" for setting in first["settings"])
        size = f"{first['parameterBytes'] / 1024:.1f}"
        device = "–"
        if "deviceBits" in first:
            device = f"{first['deviceBits'] / 8192:.1f}"
            if first["deviceBits"] > first["deviceLimit"]:
                device += f" **of {first['deviceLimit'] / 8192:.0f}**"
        accuracy = mean(run["accuracy"] for run in runs)
        still = first["noChange"]
        kappa = (accuracy - still) / (1 - still)
        yield [name, variant, f"[{first['example']}](../examples/{first['example']}.toml)", settings,
               size, device, share(accuracy), " ".join(share(run["accuracy"]) for run in runs),
               share(mean(run["last1000"] for run in runs)), share(still), share(kappa, 3)]


def recall_rows(results, classes):
    """Patients of training, then the others: recall by class, and its mean beside all-normal."""
    for name, variant, runs in results.rows():
        if name != "ecg":
            continue
        for index, part in enumerate(runs[0]["parts"]):
            counts = part["counts"]
            recalls = [mean(run["parts"][index]["right"][c] / counts[c] for run in runs)
                       for c in range(len(classes))]
            accuracy = mean(sum(run["parts"][index]["right"]) / sum(counts) for run in runs)
            yield [variant, part["name"], *(share(r, 3) for r in recalls), share(accuracy),
                   share(mean(recalls), 3), share(counts[0] / sum(counts)), share(1 / len(classes), 3)]


def drift_rows(results):
    """By response: the batches that came unannounced, right in their first 50, first 100 and all."""
    for name, variant, runs in results.rows():
        if name != "gas drift":
            continue
        parts = runs[0]["parts"][-2:]
        cells = []
        for part in parts:
            index = runs[0]["parts"].index(part)
            cells.append(share(mean(run["early"][index][0] for run in runs), 3))
            cells.append(share(mean(run["early"][index][1] for run in runs), 3))
            cells.append(share(mean(sum(run["parts"][index]["right"]) / sum(part["counts"])
                                    for run in runs), 3))
        first = runs[0]["parts"][0]["end"]
        alarms = "; ".join(
            ", ".join(str(a - parts[0]["start"]) for a in run["alarms"] if a >= parts[0]["start"])
            or "none" for run in runs)
        before = mean(sum(1 for a in run["alarms"] if first <= a < parts[0]["start"]) for run in runs)
        yield [variant, *cells, alarms, f"{before:.1f}"]


def document(results, plots):
    found = list(bars(results))
    met = sum(1 for row in found if row[-1] == "met")
    parts = [HEADER, "## Bars\n",
             f"Of {len(found)} bars {met} are met, "
             f"{sum(1 for row in found if 'MISSED' in row[-1])} are missed, "
             f"{sum(1 for row in found if row[-1] == 'not run')} were not run.\n",
             table(found, ["what", "bar", "ours, by seed", "mean", "verdict"]),
             "## The streams\n", STREAMS, "## Runs\n",
             "*Weights* are all parameters in KiB, as a checkpoint stores them; *on chip* is what the "
             "emulated device of the configuration has to hold, activations and errors included (– without "
             "a device, or where it cannot hold them: there `millraced` starts with "
             "`--set device.memory=80KiB` besides). "
             "*No change* is right when the label before is repeated, κ is the part of the rest that "
             "is right besides. How fast they are is in [performance.md](performance.md).\n",
             table(run_rows(results),
                   ["stream", "network", "file", "settings", "weights, KiB", "on chip, KiB",
                    "overall", "by seed", "last 1,000", "no change", "κ"])]
    recalls = list(recall_rows(results, ["N", "S", "V", "F", "Q"]))
    if recalls:
        parts += ["## ecg: rare classes\n",
                  "Recall by class of the AAMI (normal, supraventricular, ventricular, fusion, "
                  "unknown), *balanced* is their mean. To say N always is right as often as *all N* "
                  "says, with a balanced accuracy of .200. Learning goes on over the other "
                  "patients: these are figures of a learner that gets every label after its "
                  "prediction, and not comparable with a model that is trained once.\n",
                  table(recalls, ["network", "patients", "N", "S", "V", "F", "Q", "accuracy",
                                  "balanced", "all N", "its balanced"])]
    drift = list(drift_rows(results))
    if drift:
        parts += ["## gas: two batches that nobody announced\n",
                  "Share right of the first 50 and 100 rows of each batch, and of the batch; alarms "
                  "are counted in rows from the first of batch 8, seed by seed, and *before* is the "
                  "mean number of alarms in batches 2 to 6, where every batch is a drift, too. The last row is what "
                  "a response has to beat: no detector, and a normaliser that always looks back about "
                  "500 rows, where the others look back at everything.\n",
                  table(drift, ["response", "8: first 50", "first 100", "all", "9: first 50",
                                "first 100", "all", "alarms", "before"])]
    parts.append("## Learning curves\n")
    parts += [f"![{title}](streams/{name}.svg)\n" for name, title in plots]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def main():
    runs, keys, output = sys.argv[1:4]
    results = Results(runs, keys)
    folder = os.path.join(output, "streams")
    os.makedirs(folder, exist_ok=True)
    plots = streams_plots.draw(results, folder)
    with open(os.path.join(output, "streams.md"), "w", encoding="utf-8") as file:
        file.write(document(results, plots))


if __name__ == "__main__":
    main()
