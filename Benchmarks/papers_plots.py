"""The plots of docs/papers.md, as SVG. Equal results give equal bytes: no dates, fixed ids."""

import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

matplotlib.rcParams.update({
    "svg.hashsalt": "papers", "svg.fonttype": "path", "font.size": 10, "axes.grid": True,
    "grid.color": "#dddddd", "axes.spines.top": False, "axes.spines.right": False,
    "figure.figsize": (7.2, 4.4), "legend.frameon": False, "figure.facecolor": "white",
})

# Colours that people with any colour vision can tell apart (Okabe and Ito), each with its mark.
STYLES = [("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"),
          ("#E69F00", "v"), ("#000000", "x")]


def line(axes, results, experiment, points, label, style, offset=1.0, joined=True):
    """points: (x, variant); those without runs are left out. False if there are none."""
    found = [(x, results.figure(experiment, variant)) for x, variant in points]
    found = [(x, f) for x, f in found if f]
    if not found:
        return False
    colour, mark = STYLES[style]
    axes.errorbar(
        [x * offset for x, _ in found], [f.mean for _, f in found],
        yerr=[f.error if f.n > 1 else 0 for _, f in found], label=label, color=colour,
        marker=mark, markersize=5, linewidth=1.4, capsize=3,
        linestyle="-" if joined else "none", elinewidth=1.4)
    return True


def level(axes, results, experiment, variant, label):
    """A dashed line with its band of standard errors."""
    f = results.figure(experiment, variant)
    if not f:
        return False
    axes.axhline(f.mean, color="#555555", linestyle="--", linewidth=1.2, label=label)
    if f.n > 1:
        axes.axhspan(f.mean - f.error, f.mean + f.error, color="#555555", alpha=0.15, linewidth=0)
    return True


def save(figure, axes, folder, name, xlabel, ylabel, title, legend="best"):
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title, fontsize=11)
    axes.legend(loc=legend)
    figure.tight_layout()
    figure.savefig(os.path.join(folder, name + ".svg"), metadata={"Date": None, "Creator": None})
    plt.close(figure)


def powers_of_two(axes, values, labels=None):
    axes.set_xscale("log", base=2)
    axes.set_xticks(values, labels or [str(v) for v in values])
    axes.minorticks_off()


def density(results, folder):
    figure, axes = plt.subplots()
    parts = [2, 4, 8, 16, 32]
    families = ["random", "structured", "type 1", "type 2", "type 3", "lane-aligned"]
    drawn = False
    for index, name in enumerate(families):
        points = [(1 / part, f"{name} 1/{part}") for part in parts]
        # Side by side, so that marks and error bars can be told apart.
        drawn |= line(axes, results, "0.7", points, name, index, 2 ** ((index - 2.5) * 0.045))
    drawn |= level(axes, results, "0.7", "dense", "dense")
    powers_of_two(axes, [1 / p for p in parts], [f"1/{p}" for p in parts])
    save(figure, axes, folder, "density", "density of the first junction (edges / all edges)",
         "test accuracy (%)", "Families of patterns: 1024-256-10, mnist", "lower right")
    return drawn


def widths(results, folder):
    figure, axes = plt.subplots()
    formats = [(8, "(8,2,5)"), (10, "(10,2,7)"), (12, "(12,3,8)"), (16, "(16,4,11)")]
    drawn = line(axes, results, "0.5", formats, "mnist, 1024-64-32, starts drawn", 0)
    drawn |= line(axes, results, "0.5", [(b, f + " starts at zero") for b, f in formats],
                  "mnist, 1024-64-32, starts all zero", 1)
    drawn |= line(axes, results, "0.5s", formats, "smallnet, 64-16-4", 2)
    axes.set_xticks([8, 10, 12, 16], [f"{b}\n{f}" for b, f in formats])
    save(figure, axes, folder, "bits", "bits of a number (b_w, b_n, b_f)",
         "prequential accuracy, last 1,000 (%)", "Bit widths, clash-free type 2", "lower right")
    return drawn


def epochs(results, folder):
    figure, axes = plt.subplots()
    drawn = False
    for index, format in enumerate(["(8,2,5)", "(10,2,7)", "(12,3,8)", "(16,4,11)"]):
        curve = results.curve("0.5", format, "prequential")
        if curve:
            colour, mark = STYLES[index]
            axes.plot(range(1, len(curve) + 1), curve, label=format, color=colour, marker=mark,
                      markersize=4, linewidth=1.4)
            drawn = True
    axes.axhline(94.3, color="#555555", linestyle=":", linewidth=1.2,
                 label="emulated circuits, (10,2,7), epoch 15")
    save(figure, axes, folder, "epochs", "epoch of 12,544 images",
         "prequential accuracy, last 1,000 (%)", "Learning curves by format: 1024-64-32, mnist")
    return drawn


def schedules(results, folder):
    figure, axes = plt.subplots()
    drawn = False
    for index, format in enumerate(["(10,2,7)", "(16,4,11)"]):
        for manner, dash in (("pipeline", "-"), ("sequential", "--")):
            curve = results.curve("0.8", f"{format} {manner}", "test")
            if curve:
                colour, mark = STYLES[index]
                axes.plot(range(1, len(curve) + 1), curve, label=f"{format} {manner}",
                          color=colour, marker=mark, markersize=4, linewidth=1.4, linestyle=dash)
                drawn = True
    save(figure, axes, folder, "schedules", "epoch of 12,544 images", "test accuracy (%)",
         "Delayed updates of the junction pipeline: 1024-64-32, mnist", "lower right")
    return drawn


def lengths(results, folder):
    figure, axes = plt.subplots()
    sizes = [1, 2, 4, 8, 16, 32]
    drawn = line(axes, results, "1.3", [(b, f"L = {b}") for b in sizes], "stochastic", 0)
    drawn |= level(axes, results, "1.3", "exact", "exact")
    ablations = [("without scaling", 1), ("scaled by the maximum", 2), ("nothing shared", 3),
                 ("one stream for both sides", 4)]
    for place, (variant, style) in enumerate(ablations):
        drawn |= line(axes, results, "1.4", [(8, variant)], f"L = 8, {variant}", style,
                      2 ** (0.16 * (place + 1)))
    powers_of_two(axes, sizes)
    save(figure, axes, folder, "lengths", "L, bits of a stream", "test accuracy (%)",
         "Stochastic increments: 784-128-10, mnist", "lower right")
    return drawn


def blocks(results, folder):
    figure, axes = plt.subplots()
    sizes = [4, 8, 16, 32, 64]
    drawn = line(axes, results, "2.3", [(k, f"k = {k}") for k in sizes],
                 "layer 1 block-circulant", 0)
    drawn |= level(axes, results, "2.3", "dense", "dense")
    powers_of_two(axes, sizes)
    save(figure, axes, folder, "blocks", "k, block size (1/k of the weights are kept)",
         "test accuracy (%)", "Circulant blocks: 784-128-10, mnist")
    return drawn


def pruning(results, folder):
    # Patterns are no scale: marks without lines.
    figure, axes = plt.subplots()
    patterns = ["2:4", "2:8", "1:8", "2:16"]
    drawn = line(axes, results, "3.4",
                 [(i - 0.06, f"BDWP {p}") for i, p in enumerate(patterns)],
                 "BDWP (FF and BP pruned)", 0, joined=False)
    drawn |= line(axes, results, "3.4",
                  [(i + 0.06, f"SR-STE {p}") for i, p in enumerate(patterns)],
                  "SR-STE (FF pruned)", 1, joined=False)
    drawn |= level(axes, results, "3.4", "dense", "dense")
    axes.set_xticks(range(4), [f"{p}\n1/{d}" for p, d in zip(patterns, (2, 4, 8, 8))])
    save(figure, axes, folder, "pruning", "N:M, and the share that is kept", "test accuracy (%)",
         "N:M pruning of the middle junction: 784-256-256-10, mnist")
    return drawn


PLOTS = [
    (density, "density", "Accuracy against density for six families of patterns",
     "Accuracy against density, for each family of patterns; marks lie side by side at one density, "
     "bars are standard errors."),
    (widths, "bits", "Accuracy against bit width",
     "Accuracy against bit width; with drawn and with all-zero sweep starts, and for smallnet."),
    (epochs, "epochs", "Accuracy by epoch for four formats",
     "The way there, epoch by epoch (means over seeds)."),
    (schedules, "schedules", "Accuracy by epoch, pipelined and sequential",
     "The junction pipeline, whose updates come late, beside sequential learning (means over "
     "seeds)."),
    (lengths, "lengths", "Accuracy against the length of bit streams",
     "Accuracy against L, and the ablations at L = 8 beside it."),
    (blocks, "blocks", "Accuracy against block size", "Accuracy against block size."),
    (pruning, "pruning", "Accuracy against N:M", "Accuracy against N:M."),
]


def draw(results, folder):
    """Draws what there are runs for; (name, title, note) of each."""
    drawn = []
    for function, name, title, note in PLOTS:
        if function(results, folder):
            drawn.append((name, title, note))
        else:
            os.remove(os.path.join(folder, name + ".svg"))
    return drawn
