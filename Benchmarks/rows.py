"""The rows of `make bench`: what each is measured against, and its bar.

A bar is one of
    ("ratio", x)   at least x times as good as the reference
    ("times", x)   at most x times the reference (latencies)
    ("least", x)   the value is x or more
    ("most", x)    the value is x or less
    None           stated, without a bar
"""

STEP = "step.784-128-10"
DENSE = "our dense, exact"

# name, against, bar, in the order of the table
ROWS = [
    (STEP, "PyTorch, autograd", ("ratio", 15)),
    (STEP + ".by-hand", "PyTorch, gradients by hand", ("ratio", 4)),
    (STEP + ".openblas", "OpenBLAS by hand", ("ratio", 1.2)),
    (STEP + ".fann", "FANN", None),
    (STEP + ".tanh", "OpenBLAS by hand, tanh", None),
    ("ff.1024", "reading the same bytes", ("ratio", 0.8)),
    ("bpup.1024", "changing the same bytes in place", ("ratio", 0.8)),
    ("ingest.elec2.batch", "PUSH/PULL of the same frames", ("least", 300_000)),
    ("ingest.elec2.single", "PUSH/PULL of the same frames", ("least", 120_000)),
    ("ingest.elec2.single.vw", "Vowpal Wabbit's daemon, pipelined, never synced", None),
    ("ingest.elec2.single.river", "River behind pyzmq, pipelined, never saved", None),
    ("query.rtt", "a bare ROUTER echo, ipc", ("times", 1.15)),
    ("query.rtt.tcp", "a bare ROUTER echo, loopback TCP", ("times", 1.15)),
    ("query.loaded.p99", "p99 without load; one producer at half of the peak", ("times", 3)),
    ("query.loaded.p99.flat-out", "p99 without load; one producer flat out", None),
    ("query.loaded.samples", "the peak; what went in beside query.loaded.p99", None),
    ("durable.cost", "the same without fdatasync", ("ratio", 0.95)),
    ("idle.rss", "beyond the planned budget", ("most", 16)),
    ("idle.rss.whole", "everything resident", None),
    ("start.ready", "exec to READY=1", ("most", 200)),
    ("start.ready.ring-64MiB", "exec to READY=1, a ring of 64 MiB to check", ("most", 200)),
    ("structure.predefined.1-16", DENSE, ("ratio", 11)),
    ("structure.predefined.1-16.type-2", DENSE, None),
    ("structure.predefined.1-32", DENSE, ("ratio", 20)),
    ("structure.predefined.1-32.type-2", DENSE, None),
    ("structure.nm.2-8.ff", DENSE, ("ratio", 3.8)),
    ("structure.nm.2-8.bp", DENSE, ("ratio", 3.8)),
    ("structure.nm.2-8.step", DENSE, None),
    ("structure.nm.2-8.step.many", DENSE, ("ratio", 1.75)),
    ("structure.circulant.8", DENSE, ("ratio", 4)),
    ("structure.circulant.16", DENSE, ("ratio", 8)),
    ("rule.essop.8.up", DENSE, ("ratio", 1)),
    ("block.conv1d.step", "PyTorch, the same network", ("ratio", 3)),
    ("block.conv1d.step.nm.2-8", "PyTorch, dense", None),
    ("block.conv1d.step.circulant.8", "PyTorch, dense", None),
    ("block.conv2d.step", "PyTorch, the same network", ("ratio", 3)),
    ("block.conv2d.step.nm.2-8", "PyTorch, dense", None),
    ("block.conv2d.step.circulant.8", "PyTorch, dense", None),
    ("block.lstm.step", "PyTorch, the same network", ("ratio", 5)),
    ("block.lstm.step.nm.2-8", "PyTorch, dense", None),
    ("block.lstm.step.circulant.8", "PyTorch, dense", None),
    ("device.fpga.library", "the FPGA", ("ratio", 1)),
    ("device.fpga.daemon", "the FPGA", ("ratio", 1)),
    ("device.accounting", "what may be spent", ("ratio", 1)),
]


def row(name, value, unit, reference):
    """One row of the file; ratio above 1: ours is better, rates as well as times."""
    ratio = None
    if reference and value > 0:
        ratio = value / reference if unit.endswith("/s") else reference / value
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "reference": round(reference, 3) if reference else None,
        "ratio": round(ratio, 3) if ratio is not None else None,
    }


def is_met(bar, found):
    """Whether a row meets its bar; None where it has none or nothing to compare with."""
    if bar is None:
        return None
    kind, limit = bar
    if kind == "least":
        return found["value"] >= limit
    if kind == "most":
        return found["value"] <= limit
    if found["ratio"] is None:
        return None
    if kind == "times":
        return found["value"] <= limit * found["reference"]
    return found["ratio"] >= limit


def bar_text(bar, unit):
    if bar is None:
        return "-"
    kind, limit = bar
    return {
        "ratio": f">= {limit} x",
        "times": f"<= {limit} x",
        "least": f">= {limit:,}",
        "most": f"<= {limit} {unit}",
    }[kind]


def figure(value):
    """Four digits or the whole number."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
