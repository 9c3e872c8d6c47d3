"""Finished runs of `streams`, and the bars that they are held against."""

import json


class Results:
    """Runs by experiment and variant, in the order of the experiments; only those that KEYS names."""

    def __init__(self, path, keys):
        with open(keys, encoding="utf-8") as file:
            wanted = file.read().splitlines()
        known = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                run = json.loads(line)
                known[run["key"]] = run
        self.groups = {}
        for key in wanted:
            if key in known:
                run = known[key]
                self.groups.setdefault((run["experiment"], run["variant"]), []).append(run)

    def rows(self):
        """Experiment, variant and the runs of its seeds."""
        return [(name, variant, runs) for (name, variant), runs in self.groups.items()]

    def values(self, name, variant, figure):
        """One number per seed; none without runs."""
        return [run[figure] for run in self.groups.get((name, variant), [])]


# What, experiment, variant, figure, least, and for a difference the variant it is against.
BARS = [
    ("har: a network for 64 KiB", "har", "convolutions", "accuracy", 0.90, None),
    ("har: the same, 2:8", "har", "convolutions, 2:8", "accuracy", -1.5, "convolutions"),
    ("har: the same, circulant 8", "har", "convolutions, circulant 8", "accuracy", -1.5,
     "convolutions"),
    ("har: LSTM, gates circulant 8", "har", "LSTM, circulant 8", "accuracy", -1.5, "LSTM"),
    ("har: LSTM, gates circulant 16", "har", "LSTM, circulant 16", "accuracy", -1.5, "LSTM"),
    ("gas: shuffled inside each batch", "gas", "128-128-6", "accuracy", 0.96, None),
    ("elec2: a network below 16 KiB", "elec2", "8-16-2", "accuracy", 0.91, None),
    ("mnist: last 1,000 of 12,544", "mnist", "convolutions", "last1000", 0.965, None),
    ("mnist: ESSOP, L = 8", "mnist", "convolutions, L = 8", "last1000", -1.5,
     "convolutions"),
    ("mnist: ESSOP, L = 16", "mnist", "convolutions, L = 16", "last1000", -1.5,
     "convolutions"),
]


def bars(results):
    """Rows of the table of bars."""
    for what, name, variant, figure, least, against in BARS:
        values = results.values(name, variant, figure)
        title = {"accuracy": "overall", "last1000": "last 1,000"}[figure]
        if against:
            others = results.values(name, against, figure)
            values = [100 * (a - b) for a, b in zip(values, others)]
            bar = f"{title} at most {-least} points below"
            shown, digits = [f"{v:+.2f}".replace("-", "−") for v in values], 2
            mean = sum(values) / len(values) if values else 0
            middle = f"{mean:+.2f}".replace("-", "−")
            fine = mean >= least
        else:
            bar = f"{title} ≥ {least:.3f}".replace("0.", ".")
            shown = [f"{v:.4f}".removeprefix("0") for v in values]
            mean = sum(values) / len(values) if values else 0
            middle = f"{mean:.4f}".removeprefix("0")
            fine = bool(values) and min(values) >= least
        if not values:
            yield [what, bar, "–", "–", "not run"]
        else:
            yield [what, bar, " ".join(shown), middle, "met" if fine else "**MISSED**"]
