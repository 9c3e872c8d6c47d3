"""The plots of docs/streams.md, as SVG. Equal results give equal bytes."""

import os

INK, GRID = "#333333", "#dddddd"
# Colours that people with any colour vision can tell apart (Okabe and Ito).
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000", "#56B4E9", "#888888"]
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 360, 56, 44, 250, 40


class Frame:
    """An empty plot: samples to the right, share right upwards."""

    def __init__(self, title, first, last, low, label):
        self.first, self.last, self.low = first, max(last, first + 1), low
        self.rows = 0
        self.out = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="sans-serif" font-size="12" fill="{INK}">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            f'<text x="{LEFT}" y="20" font-size="13">{title}</text>',
            f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end">{label}</text>']
        step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (1 - low) / s <= 8)
        tick = 1.0
        while tick >= low - 1e-9:
            _, y = self.place(first, tick)
            self.out.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
            self.out.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                            f'{tick:.2f}</text>')
            tick -= step
        width = self.last - first
        step = next(s for s in (50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)
                    if width / s <= 8)
        for sample in range(-(-first // step) * step, self.last + 1, step):
            x, y = self.place(sample, low)
            self.out.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">'
                            f'{sample:,}</text>')

    def place(self, sample, share):
        x = LEFT + (sample - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)
        y = TOP + (1 - max(share, self.low)) / (1 - self.low) * (HEIGHT - TOP - BOTTOM)
        return x, y

    def line(self, points, name):
        colour = COLOURS[self.rows % len(COLOURS)]
        path = "L".join("{:.1f} {:.1f}".format(*self.place(x, y)) for x, y in points)
        self.out.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        y = TOP + 14 + 18 * self.rows
        self.out.append(f'<path d="M{WIDTH - RIGHT + 14} {y - 4}h18" stroke="{colour}" '
                        'stroke-width="2.4"/>')
        self.out.append(f'<text x="{WIDTH - RIGHT + 38}" y="{y}">{name}</text>')
        self.rows += 1

    def mark(self, sample, name):
        x, y = self.place(sample, self.low)
        self.out.append(f'<path d="M{x:.1f} {TOP}V{y:.1f}" stroke="{INK}" stroke-dasharray="4 4"/>')
        self.out.append(f'<text x="{x:.1f}" y="{TOP - 6}" text-anchor="middle">{name}</text>')

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.out + ["</svg>"]) + "\n")


def mean(rows):
    return [sum(values) / len(values) for values in zip(*rows)]


def low(lines, outside=25):
    """A round number below all of the points but one in `outside`."""
    values = sorted(share for points in lines for _, share in points)
    return max(0, int((values[len(values) // outside] - 0.02) * 20) / 20)


def curve(results, name, folder):
    """The learning curve of every variant of an experiment."""
    lines = []
    for own, variant, runs in results.rows():
        if own == name:
            window = runs[0]["window"]
            shares = mean([run["curve"] for run in runs])
            lines.append((variant, [(window + i * window // 2, v) for i, v in enumerate(shares)]))
    if not lines:
        return None
    window = next(r[0]["window"] for own, _, r in results.rows() if own == name)
    count = max(points[-1][0] for _, points in lines)
    frame = Frame(f"{name}: share right of the last {window:,}, each predicted before it was learned",
                  0, count, low([p for _, p in lines]), "samples")
    for variant, points in lines:
        frame.line(points, variant)
    runs = next(r for own, _, r in results.rows() if own == name)
    for part in runs[0]["parts"][1:]:
        frame.mark(part["start"], part["name"].removeprefix("batch "))
    file = name.replace(" ", "-")
    frame.save(os.path.join(folder, f"{file}.svg"))
    return file, f"Learning curves: {name}"


def recovery(results, folder):
    """gas drift: what happens when batches 8 and 9 come."""
    lines = [(variant, [(x, y) for (x, _), y in zip(
        runs[0]["tail"], mean([[share for _, share in run["tail"]] for run in runs]))], runs)
        for own, variant, runs in results.rows() if own == "gas drift" and runs[0]["tail"]]
    if not lines:
        return None
    frame = Frame("gas: share right of the last 50 rows; batches 8 and 9 come unannounced",
                  lines[0][1][0][0], lines[0][1][-1][0], low([p for _, p, _ in lines], 1_000), "rows")
    for variant, points, _ in lines:
        frame.line(points, variant)
    for part in lines[0][2][0]["parts"][-2:]:
        frame.mark(part["start"], part["name"])
    frame.save(os.path.join(folder, "gas-recovery.svg"))
    return "gas-recovery", "Recovery from two batches that nobody announced"


def draw(results, folder):
    """Draws what there are runs for; file and title of each."""
    names = dict.fromkeys(name for name, _, _ in results.rows())
    plots = [curve(results, name, folder) for name in names if name != "gas drift"]
    return [plot for plot in plots + [recovery(results, folder)] if plot]
