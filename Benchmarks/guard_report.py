"""From the lines of guard-study: the table of docs/guard.md on standard output, and its plot.

    guard_report.py RUNS.jsonl FOLDER

FOLDER gets random-labels.svg: query accuracy on true labels around 5,000 random labels.
"""
import json
import os
import sys

INK, GRID = "#333333", "#cccccc"
SHOWN = {"off": ("#b2182b", "without guard"), "compare": ("#2166ac", "with guard")}


def mean(rows, key):
    return sum(row[key] for row in rows) / len(rows)


def recovery(rows, key):
    """The median over seeds; a run that never came back is worse than any."""
    values = sorted(row[key] if row[key] >= 0 else float("inf") for row in rows)
    middle = values[len(values) // 2]
    return "not" if middle == float("inf") else f"{middle:,}"


def table(groups):
    print("| stream | labels | policy | learner | answers | answers in the poison | back | back to own "
          "| rollbacks |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|")
    for (stream, poison, policy), rows in groups.items():
        print(f"| {stream} | {poison} | {policy} | {mean(rows, 'live'):.4f} | {mean(rows, 'served'):.4f} "
              f"| {mean(rows, 'during'):.3f} | {recovery(rows, 'recovery')} | {recovery(rows, 'own')} "
              f"| {mean(rows, 'rollbacks'):.1f} |")


def plot(groups, stream, start, length, path):
    width, height, left, top = 720, 300, 50, 30
    count = 500 + 250 * (len(groups[(stream, "random", "off")][0]["curve"]) - 1)

    def place(sample, share):
        return (left + sample / count * (width - left - 20), top + (1 - share) * (height - top - 40))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
           f'font-family="sans-serif" font-size="12" fill="{INK}">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    x0, y1 = place(start, 1)
    x1, y0 = place(start + length, 0)
    out.append(f'<rect x="{x0:.1f}" y="{y1:.1f}" width="{x1 - x0:.1f}" height="{y0 - y1:.1f}" '
               'fill="#f4e7d3"/>')
    out.append(f'<text x="{(x0 + x1) / 2:.1f}" y="{y1 + 14:.1f}" text-anchor="middle">random labels</text>')
    for tick in range(0, 11, 2):
        x, y = place(0, tick / 10)
        out.append(f'<path d="M{x:.1f} {y:.1f}H{width - 20}" stroke="{GRID}"/>')
        out.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{tick / 10:.1f}</text>')
    for sample in range(0, count + 1, 5000):
        x, y = place(sample, 0)
        out.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{sample:,}</text>')
    for row, (policy, (colour, name)) in enumerate(SHOWN.items()):
        runs = groups[(stream, "random", policy)]
        points = [sum(run["curve"][i] for run in runs) / len(runs) for i in range(len(runs[0]["curve"]))]
        path_text = "L".join("{:.1f} {:.1f}".format(*place(500 + 250 * i, share))
                             for i, share in enumerate(points))
        out.append(f'<path d="M{path_text}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="{left + 20 + 150 * row}" y="{top - 10}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{width - 20}" y="{top - 10}" text-anchor="end">answers right, of the last 500 '
               f'({stream})</text></svg>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


def main():
    runs, folder = sys.argv[1:3]
    groups = {}
    with open(runs, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            groups.setdefault((row["stream"], row["poison"], row["policy"]), []).append(row)
    os.makedirs(folder, exist_ok=True)
    table(groups)
    plot(groups, "mnist 30k", 15_000, 5_000, os.path.join(folder, "random-labels.svg"))


main()
