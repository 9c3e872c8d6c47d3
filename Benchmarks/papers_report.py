"""Writes docs/papers.md from finished runs: one row per claim, and the plots.

    python3 Benchmarks/papers_report.py RESULTS.jsonl KEYS DEVICE.jsonl OUTPUT_DIRECTORY
    python3 Benchmarks/papers_report.py DEVICE.jsonl OUTPUT_DIRECTORY

The second form computes only what needs no runs, and keeps the other sections of the papers.md
that is there. DEVICE.jsonl is what `papers-device` printed, RESULTS.jsonl what `papers` appended, KEYS
the output of `papers --list`: only runs that the recipes of today name are counted, and their
protocols come from there. Writes OUTPUT_DIRECTORY/papers.md and, where matplotlib can be imported,
OUTPUT_DIRECTORY/papers/*.svg.
"""

import os
import re
import sys

import papers_claims
import papers_device
import papers_results
import papers_tests

try:
    import papers_plots
except ImportError:
    papers_plots = None

HEADER = """# What the papers claim, and what comes out here

Written by `make papers`; not edited by hand.

Four published systems are junctions of this project: pre-defined sparsity with fixed point
(paper 0, arXiv 1711.01343 and 1806.01087), ESSOP (paper 1, 2003.11256), block-circulant weights
(paper 2, 1804.11239) and BDWP (paper 3, 2309.13015). This page holds each claim that a small
experiment on this machine can check against what the experiment found. A row that fails stays.

**How to read a row.** *Figure of the paper* says how sure that figure is: *verified* was read in
an abstract or in the authors' published code and results, *computed* follows by arithmetic or from
an emulation of published circuits, *recalled* is from memory with the confidence stated, since the
bodies of the papers could not be read; nothing is decided by a recalled figure. *Ours* is a
mean ± standard error over n paired seeds: in one seed all variants have the same order of
samples, and the same weights at the start where they have the same shapes. Differences are means
of paired differences, in percentage points. A seed decides the initial weights, the pattern of
edges and the order of samples, so every run repeats to the last bit.

**Accuracy** is that of the 10,000 test images of mnist after the last epoch. Where *prequential*
is said it is the share right of the last 1,000 training samples, each predicted before it was
learned. All training is plain SGD, one sample at a time, where no micro-batch is named.
"""

PAPERS = {
    "0": "Pre-defined sparsity and bit widths",
    "1": "ESSOP: stochastic increments",
    "2": "Block-circulant weights",
    "3": "BDWP: N:M pruning in both directions",
}

NOT_HERE = """## What is not run here

- **ResNet-32 on CIFAR-10** (paper 1), the convolution networks on SVHN and CIFAR-10 (paper 2) and
  ResNet, VGG and ViT (paper 3): two cores would not train them in any
  reasonable time, though the blocks are here: the graph of ResNet-32 is tested for three steps
  against PyTorch. Rows on mnist speak of multilayer perceptrons on mnist, and of no more.
- **LSTM** with block-circulant weights (2.5) on speech: on har it is in [streams.md](streams.md).
- **A small convolution network with batch normalisation** (1.5): with group normalisation, since
  one sample at a time has no batch, it is in [streams.md](streams.md).
- **Ratios of hardware that is not here** are quoted above and never compared.
"""


def table(rows, columns):
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def count_verdicts(text):
    """How often each verdict ends a row of a table, in words."""
    counts = {}
    for verdict in re.findall(
            r"\| \**(pass|FAIL|reported|not run|tested|missing)\** \|$", text, re.M):
        counts[verdict] = counts.get(verdict, 0) + 1
    summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"Of {sum(counts.values())} rows: {summary}.\n"


def sections(text):
    """Heading → section, in order; what is before the first heading belongs to ""."""
    parts = re.split(r"^(?=## )", text, flags=re.M)
    return {part.split("\n", 1)[0] if part.startswith("## ") else "": part for part in parts}


def join(parts):
    """Parts with a line between them, and the sum of their verdicts at the head."""
    text = "\n".join(part.strip("\n") + "\n" for part in parts)
    return text.replace("## ", count_verdicts(text) + "\n## ", 1)


def test_section(root):
    return ("## Claims that the test suite proves\n\n"
            "These are exact, so they are tests and not experiments; `make test` runs them.\n\n"
            + table([row.test_cells() for row in papers_tests.test_rows(root)],
                    ["id", "claim", "figure of the paper", "how sure", "test", "verdict"]))


def renewed(old, device, root):
    """What there is, with the sections that need no runs computed anew."""
    found = sections(old)
    found[""] = HEADER
    fresh = {papers_device.HEADING: device}
    for text in (test_section(root), NOT_HERE):
        fresh[text.split("\n", 1)[0]] = text
    if papers_device.HEADING not in found:
        found = {heading: text for name, own in found.items()
                 for heading, text in (
                     [(papers_device.HEADING, device), (name, own)] if name == "## Plots"
                     else [(name, own)])}
    found.update(fresh)
    return join(found.values())


def document(results, plots, device, root):
    rows = papers_claims.accuracy_rows(results)
    parts = [HEADER, "## Claims\n"]
    if any(row.verdict == "not run" for row in rows):
        parts.append("Rows *not run* had no data when this page was written, or were left out.\n")
    for digit, title in PAPERS.items():
        parts.append(f"### {title}\n")
        parts.append(table(
            [row.cells() for row in rows if row.id[0] == digit],
            ["id", "claim", "figure of the paper", "how sure", "ours", "tolerance", "verdict"]))
    parts.append("### Rows that failed\n\n" + papers_claims.remarks(results))
    parts.append(device)
    parts.append("## Plots\n")
    if plots:
        for name, title, note in plots:
            parts.append(f"![{title}](papers/{name}.svg)\n\n{note}\n")
    else:
        parts.append("Matplotlib could not be had when this page was written: no plots.\n")
    parts.append(test_section(root))
    parts.append("\n## Hardware: the papers' ratios beside our counts\n\n"
                 "We do not have these machines. The left half is what the papers claim; the right "
                 "half are counts of what our junctions do, and no ratio of speed or energy.\n")
    parts.append(table(papers_claims.hardware_rows(),
                       ["paper", "its claim", "how sure", "our counts"]))
    parts.append("\n## Storage and multiplications\n\n"
                 "Weight values that a junction keeps, by formula and as the junctions of the runs "
                 "report them; parameters in bytes as they lie in memory, biases, views and the "
                 "padding to whole vectors included. A dense 1024-256 junction keeps 262,144 "
                 "values, a dense 784-128 one 100,352.\n")
    parts.append(table(papers_claims.storage_rows(results),
                       ["junction", "formula", "values by formula", "values reported",
                        "bytes in memory"]))
    parts.append("\nMultiplications of one FF of a 784-128 junction in blocks of k, by formula: "
                 "2 + 4(k/2 − 1) per block, and k·log₂k for each of the q + p transforms.\n")
    parts.append(table(papers_claims.multiplication_rows(),
                       ["k", "multiplications", "of dense", "values kept"]))
    parts.append("\n" + NOT_HERE)
    parts.append("\n## How each experiment was run\n")
    parts.append(table(papers_claims.protocol_rows(results),
                       ["experiment", "variants", "seeds", "protocol"]))
    return join(parts)


def main():
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    output = sys.argv[-1]
    device = papers_device.make(sys.argv[-2], output, table)
    if len(sys.argv) == 3:
        path = os.path.join(output, "papers.md")
        with open(path) as file:
            old = file.read()
        with open(path, "w") as file:
            file.write(renewed(old, device, root))
        return
    path, keys = sys.argv[1:3]
    results = papers_results.Results(path, keys)
    plots = []
    if papers_plots:
        os.makedirs(os.path.join(output, "papers"), exist_ok=True)
        plots = papers_plots.draw(results, os.path.join(output, "papers"))
    text = document(results, plots, device, root)
    with open(os.path.join(output, "papers.md"), "w") as file:
        file.write(text)
    for row in papers_claims.accuracy_rows(results):
        print(f"{row.verdict:9} {row.id:5} {row.ours}")


if __name__ == "__main__":
    main()
