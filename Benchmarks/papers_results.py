"""Finished runs, and the statistics of paired seeds."""

import json
import math


class Figure:
    """Mean and standard error of a list of numbers."""

    def __init__(self, values):
        self.n = len(values)
        self.mean = sum(values) / self.n
        variance = sum((v - self.mean) ** 2 for v in values) / max(1, self.n - 1)
        self.error = math.sqrt(variance / self.n) if self.n > 1 else float("nan")

    def text(self, digits=2, sign=False):
        mean = f"{self.mean:{'+' if sign else ''}.{digits}f}".replace("-", "−")
        error = "?" if math.isnan(self.error) else f"{self.error:.{digits}f}"
        return f"{mean} ± {error}"


class Results:
    """Runs by experiment, variant and seed; only those that KEYS names."""

    def __init__(self, path, keys):
        with open(keys) as file:
            wanted = dict(line.split("\t", 1) for line in file.read().splitlines())
        self.runs = {}
        self.order = []
        try:
            with open(path) as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            lines = []
        known = {}
        for line in lines:
            run = json.loads(line)
            if run["key"] in wanted:
                known[run["key"]] = run
        # In the order of the recipes, whichever run ended first.
        for key, protocol in wanted.items():
            if key in known:
                run = known[key]
                run["protocol"] = protocol
                name = (run["experiment"], run["variant"])
                if name not in self.runs:
                    self.order.append(name)
                self.runs.setdefault(name, {})[run["seed"]] = run

    def variants(self, experiment):
        return [variant for own, variant in self.order if own == experiment]

    def any_run(self, experiment, variant):
        runs = self.runs.get((experiment, variant))
        return runs[min(runs)] if runs else None

    @staticmethod
    def _value(run, kind):
        """Test or prequential accuracy of the last epoch, or of all samples of the first."""
        if kind == "auto":
            kind = "test" if run["test"] else "prequential"
        if kind == "first":
            return 100 * run["streamed"][0]
        return 100 * run[kind][-1]

    def figure(self, experiment, variant, kind="auto"):
        """Accuracy in percent, or None."""
        runs = self.runs.get((experiment, variant))
        return Figure([self._value(r, kind) for r in runs.values()]) if runs else None

    def difference(self, experiment, variant, baseline, kind="auto", other=None):
        """variant − baseline over the seeds that both have, in points, or None."""
        left = self.runs.get((experiment, variant))
        right = self.runs.get((other or experiment, baseline))
        seeds = sorted(set(left or {}) & set(right or {}))
        if not seeds:
            return None
        return Figure([self._value(left[s], kind) - self._value(right[s], kind) for s in seeds])

    def curve(self, experiment, variant, kind):
        """Mean in percent per epoch, or None."""
        runs = self.runs.get((experiment, variant))
        if not runs:
            return None
        series = [run[kind] for run in runs.values()]
        return [100 * sum(values) / len(values) for values in zip(*series)]

    def setting(self, experiment, variant, name):
        run = self.any_run(experiment, variant)
        return run["settings"].get(name) if run else None
