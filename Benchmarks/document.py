"""The table and the plot of docs/performance.md, from the newest run of `scripts/bench`.

    python3 Benchmarks/document.py Benchmarks/latest.json RUN.json
"""

import json
import math
import os
import sys
from xml.sax.saxutils import escape

from rows import ROWS, bar_text, figure, is_met

DOCUMENT, PLOT = "docs/performance.md", "docs/performance.svg"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def margin(bar, row):
    """How far beyond its bar a row is: 1 is the bar itself, 2 twice as good."""
    if bar is None or is_met(bar, row) is None:
        return None
    kind, limit = bar
    if kind == "least":
        return row["value"] / limit
    if kind == "most":
        return limit / row["value"] if row["value"] > 0 else None
    if kind == "times":
        return limit * row["reference"] / row["value"]
    return row["ratio"] / limit


def table(rows, run):
    lines = [
        f"Run of {run['date']}: {run['processor']}, {run['processors']} processors, Linux "
        f"{run['kernel']}, kernels {run['kernels']}; {', '.join(run['rivals']) or 'no rivals'}.",
        *(["", f"**Other work took {run['busy']} % of the processors when this run began: times, rates "
           "and p99 say little, and ratios are rough. To be renewed alone.**"]
          if run["busy"] > 10 else []),
        "",
        "| row | value | unit | reference | ratio | bar | | against |",
        "|---|---:|---|---:|---:|---:|---|---|",
    ]
    for name, against, bar in ROWS:
        if name not in rows:
            continue
        row = rows[name]
        met = is_met(bar, row)
        verdict = {None: "", True: "met", False: "**MISSED**"}[met]
        ratio = f"{row['ratio']:.2f}" if row["ratio"] is not None else "–"
        shown = bar_text(bar, row["unit"]).replace(">=", "≥").replace("<=", "≤")
        reference = figure(row["reference"]).replace("-", "–") if row["reference"] is None else (
            figure(row["reference"]))
        lines.append(
            f"| `{name}` | {figure(row['value'])} | {row['unit'].replace('us', 'µs')} | {reference} "
            f"| {ratio} | {shown.replace('-', '–')} | {verdict} | {against} |")
    if run["missing"]:
        lines += ["", "Left out: " + ", ".join(f"`{name}`" for name in run["missing"]) + "."]
    return "\n".join(lines)


def plot(rows, run):
    """Every row with a bar, on a logarithmic scale on which 1 is the bar."""
    bars = [(name, margin(bar, rows[name]), bar_text(bar, rows[name]["unit"]))
            for name, _, bar in ROWS if name in rows]
    bars = [(name, value, text) for name, value, text in bars if value]
    left, width, line, top = 220, 520, 20, 58
    low = min(0.5, *(value for _, value, _ in bars)) * 0.95
    high = max(4.0, *(value for _, value, _ in bars)) * 1.25
    span = math.log(high / low)

    def x(value):
        return left + width * math.log(value / low) / span

    height = top + line * len(bars) + 30
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 70}" height="{height}" '
        f'viewBox="0 0 {left + width + 70} {height}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="20" font-size="14" fill="#222">Every row against its bar '
        f'({escape(run["date"])})</text>',
        f'<text x="12" y="38" fill="#555">how many times better than the bar asks; the line at 1 '
        'is the bar</text>',
    ]
    for tick in (0.5, 1, 2, 4, 8, 16, 32, 64, 128):
        if low < tick < high:
            colour = "#222" if tick == 1 else "#ddd"
            out.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{top - 8}" '
                       f'y2="{height - 24}" stroke="{colour}"/>')
            out.append(f'<text x="{x(tick):.1f}" y="{height - 8}" text-anchor="middle" '
                       f'fill="#555">{tick:g}</text>')
    for index, (name, value, text) in enumerate(bars):
        y = top + line * index
        begin, end = sorted((x(1), x(value)))
        colour = "#3b7a57" if value >= 1 else "#b3402e"
        out.append(f'<text x="{left - 8}" y="{y + 11}" text-anchor="end" fill="#222">'
                   f'{escape(name)}</text>')
        out.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(end - begin, 1):.1f}" height="14" '
                   f'fill="{colour}"><title>{escape(name)}: bar {escape(text)}</title></rect>')
        out.append(f'<text x="{max(end, x(1)) + 5:.1f}" y="{y + 11}" fill="#222">{value:.2f}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    found, about = sys.argv[1], sys.argv[2]
    for path in (found, about):
        if not os.path.exists(path):
            sys.exit(f"there is no {path}. TRY: scripts/bench")
    rows = {row["name"]: row for row in json.load(open(found))}
    run = json.load(open(about))
    text = open(DOCUMENT).read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{DOCUMENT} has no place for the table: {BEGIN} … {END}")
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    with open(DOCUMENT, "w") as file:
        file.write(f"{before}{BEGIN}\n{table(rows, run)}\n{END}{after}")
    with open(PLOT, "w") as file:
        file.write(plot(rows, run))
    print(f"{DOCUMENT} and {PLOT} are of the run of {run['date']}")


if __name__ == "__main__":
    main()
