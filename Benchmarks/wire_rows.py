"""What goes over a wire, as rows of `scripts/bench`: ingest, questions, durability, memory, start.

    python3 Benchmarks/wire_rows.py BINARIES SCRATCH OUTPUT.json [ROUNDS]

Everything runs against real daemons in processes of their own, learning examples/elec2.toml. What is
compared takes turns within a round; a row is the median of its rounds. Rivals run in
SCRATCH/venv where they could be installed. Without elec2 (MILLRACE_DATA, or shared/data beside the
package) the rows that need it are left out by name.
"""

import glob
import json
import os
import re
import statistics
import subprocess
import sys
import time

from wire_daemon import Daemon, clean_environment, free_port, run_json, temporary_home

CONFIGURATION = "examples/elec2.toml"
ROWS_OF_ELEC2 = 45_312
BATCH = 256
# Long enough that the first WELCOME and the last FLUSH are no part of the figure.
PASSES = {"batch": 20, "single": 6}
# Several commits of a stream that commits once a second: of one that ends within the second, the
# commit of its FLUSH would be half of what is measured.
DURABLE_PASSES = 80
PUSHED_FRAMES = {"batch": 20_000, "single": 300_000}
QUESTION_RATE = 487  # prime: a producer sends each millisecond, questions meet it in every phase
PHASE_SECONDS = 2
HOUSEKEEPERS = ("kdamond", "khugepaged", "kcompactd", "ksmd")
HOUSEKEEPING_MS = 10
REPLY_BYTES = 60  # PREDICTION of one sample with two outputs: 32 + 16 + 4 + 8
# 64 features, 64 classes, 26,500 units between: slots of 13.7 MB, five of them
BIG_HIDDEN = 26_500
STARTS = 20


class Bench:
    """One run: where things are, and what was measured so far."""

    def __init__(self, binaries, scratch, rounds):
        self.binaries, self.scratch, self.rounds = binaries, scratch, rounds
        self.wire = os.path.join(binaries, "wire-bench")
        self.python = os.path.join(scratch, "venv", "bin", "python")
        data = os.environ.get("MILLRACE_DATA") or os.path.join("..", "shared", "data")
        self.elec2 = os.path.join(data, "elec2", "stream.x.npy")
        self.labels = os.path.join(data, "elec2", "stream.y.npy")
        self.has_data = os.path.exists(self.elec2) and os.path.exists(self.labels)
        self.rows = []

    def add(self, name, values, unit, references=None):
        row = {"name": name, "value": statistics.median(values), "unit": unit}
        if references:
            row["reference"] = statistics.median(references)
        self.rows.append(row)
        shown = ", ".join(f"{value:,.6g}" for value in values)
        against = ", ".join(f"{value:,.6g}" for value in references or [])
        print(f"{name}: {shown} {unit}" + (f"; reference {against}" if against else ""), flush=True)

    def without(self, names, why):
        print(f"{names}: LEFT OUT, {why}", flush=True)


# --- ingest


def stream(bench, daemon, kind, passes=None):
    options = ["--loop", "--limit", str(ROWS_OF_ELEC2 * (passes or PASSES[kind]))]
    return daemon.stream(
        bench.elec2, *options, "--batch", str(BATCH if kind == "batch" else 1), name=kind)


def push_pull(bench, home, kind):
    """Samples per second of PUSH/PULL between two processes, with the producer's frames."""
    endpoint, frames = f"ipc://{home}/pull.sock", str(PUSHED_FRAMES[kind])
    batch = BATCH if kind == "batch" else 1
    with subprocess.Popen([bench.wire, "pull", endpoint, frames], stdout=subprocess.PIPE,
                          text=True) as puller:
        run_json(bench.wire, "push", endpoint, bench.elec2, str(batch), frames)
        report = json.loads(puller.communicate(timeout=60)[0])
    samples_per_frame = ROWS_OF_ELEC2 / -(-ROWS_OF_ELEC2 // batch)
    return report["frames"] * samples_per_frame / report["seconds"]


def rival(bench, script):
    """Samples per second of a rival's daemon; None when it cannot run."""
    environment = clean_environment(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    try:
        return run_json(bench.python, f"Benchmarks/rivals/{script}.py", bench.elec2, bench.labels,
                        env=environment, timeout=120)["samplesPerSecond"]
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def measure_ingest(bench, home):
    """ingest.elec2.batch and .single against PUSH/PULL; Vowpal Wabbit and River on their own."""
    ours = {"batch": [], "single": []}
    bare = {"batch": [], "single": []}
    rivals = {"vw_daemon": [], "river_zmq": []}
    with Daemon(bench.binaries, home, CONFIGURATION, name="ingest") as daemon:
        for kind in ours:
            stream(bench, daemon, kind)
        for round_ in range(bench.rounds):
            for kind, rates in ours.items():
                rates.append(stream(bench, daemon, kind))
                bare[kind].append(push_pull(bench, home, kind))
            # The rivals take seconds to start: in every second round.
            for script, rates in rivals.items() if round_ % 2 == 0 else ():
                rates.append(rival(bench, script))
    for kind, rates in ours.items():
        bench.add(f"ingest.elec2.{kind}", rates, "samples/s", bare[kind])
    for script, name in (("vw_daemon", "vw"), ("river_zmq", "river")):
        found = [rate for rate in rivals[script] if rate]
        if found:
            bench.add(f"ingest.elec2.single.{name}", found, "samples/s")
        else:
            bench.without(f"ingest.elec2.single.{name}", f"{script} does not run in {bench.python}")
    return statistics.median(ours["batch"])


# --- questions


def measure_trips(bench, home):
    """query.rtt against a bare ROUTER that echoes, over ipc and over loopback TCP."""
    ports = free_port(), free_port()
    query = f"ipc://{home}/trips/query.sock,tcp://127.0.0.1:{ports[0]}"
    echoes = f"ipc://{home}/echo.sock", f"tcp://127.0.0.1:{ports[1]}"
    echo = subprocess.Popen([bench.wire, "echo", str(REPLY_BYTES), *echoes])
    try:
        with Daemon(bench.binaries, home, CONFIGURATION, f"daemon.query={query}",
                    name="trips"):
            for name, ours, theirs in zip(("", ".tcp"), query.split(","), echoes):
                trips = [run_json(bench.wire, "trips", "3000", ours, theirs)
                         for _ in range(bench.rounds)]
                bench.add(f"query.rtt{name}", [t["daemon"]["p50"] for t in trips], "us",
                          [t["echo"]["p50"] for t in trips])
    finally:
        echo.terminate()
        echo.wait()


def housekeeping():
    """Milliseconds that the kernel's own care of memory has taken so far, by no order of ours."""
    spent = 0
    for place in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(place) as file:
                if not file.read().startswith(HOUSEKEEPERS):
                    continue
            with open(os.path.dirname(place) + "/schedstat") as file:
                spent += int(file.read().split()[0])
        except OSError:
            pass
    return spent / 1e6


def undisturbed(question):
    """What `question` returns of a run beside which no housekeeping held a processor; at most five.

    A kernel that is not preempted does not give the processor back before it is done: 50 ms every
    five seconds were seen, which is one question of a hundred, with a producer and without.
    """
    for _ in range(5):
        before = housekeeping()
        answer = question()
        if housekeeping() - before < HOUSEKEEPING_MS:
            break
    return answer


def measure_loaded(bench, home, peak):
    """query.loaded.p99: questions while one producer sends at half of `peak`, and flat out."""
    p99 = {"idle": [], "half": [], "flat-out": []}
    achieved = []
    with Daemon(bench.binaries, home, CONFIGURATION, name="loaded") as daemon:
        for _ in range(2 * bench.rounds):
            for load, values in p99.items():
                producer = None
                if load != "idle":
                    pace = ["--rate", str(peak / 2)] if load == "half" else []
                    producer = daemon.start_stream(bench.elec2, "--loop", *pace, name=load)
                    time.sleep(0.5)
                accepted = daemon.status()["counters"]["samplesAccepted"]
                begin = time.perf_counter()
                values.append(undisturbed(lambda: run_json(
                    bench.wire, "pace", str(QUESTION_RATE), str(PHASE_SECONDS),
                    daemon.endpoint("query"))["p99"]))
                if load == "half":
                    more = daemon.status()["counters"]["samplesAccepted"] - accepted
                    achieved.append(more / (time.perf_counter() - begin))
                if producer:
                    producer.terminate()
                    producer.communicate()
    bench.add("query.loaded.p99", p99["half"], "us", p99["idle"])
    bench.add("query.loaded.p99.flat-out", p99["flat-out"], "us", p99["idle"])
    bench.add("query.loaded.samples", achieved, "samples/s", [peak])


# --- durability, memory, start


def measure_durability(bench, home):
    """durable.cost: the same stream with fdatasync and without, in turns."""
    preload = os.path.abspath(os.path.join(bench.scratch, "bin", "no_sync.so"))
    if not os.path.exists(preload):
        return bench.without("durable.cost", "no C compiler made no_sync.so")
    kept, left_out = [], []
    with Daemon(bench.binaries, home, CONFIGURATION, name="synced") as synced, \
            Daemon(bench.binaries, home, CONFIGURATION, preload=preload, name="unsynced") as other:
        for daemon in (synced, other):
            stream(bench, daemon, "batch")
        for round_ in range(2 * bench.rounds):
            turns = [(synced, kept), (other, left_out)]
            for daemon, rates in turns if round_ % 2 == 0 else reversed(turns):
                rates.append(stream(bench, daemon, "batch", DURABLE_PASSES))
    bench.add("durable.cost", kept, "samples/s", left_out)


def measure_idle(bench, home):
    """idle.rss: what is resident beyond the printed plan, after a second without work."""
    with Daemon(bench.binaries, home, CONFIGURATION, name="idle") as daemon:
        time.sleep(1)
        resident = daemon.resident_bytes()
        planned = daemon.status()["plannedBytes"]
    bench.add("idle.rss", [(resident - planned) / 1e6], "MB")
    bench.add("idle.rss.whole", [resident / 1e6], "MB")


def big_ring(home):
    """A configuration whose ring is over 64 MiB, from the shipped Morse example."""
    text = open("examples/morse.toml").read()
    text = re.sub(r"\[device\][^\[]*", "", text)
    text = re.sub(r"hidden = .*", f"hidden = [{BIG_HIDDEN}]", text)
    text = re.sub(r"budget = .*", 'budget = "256MiB"', text)
    text = re.sub(r"interval-milliseconds = .*", "interval-milliseconds = 86400000\nsamples = 100", text)
    path = os.path.join(home, "big.toml")
    with open(path, "w") as file:
        file.write(text)
    return path


def measure_starts(bench, home):
    """start.ready: from exec to READY=1, with the state of elec2 and with a ring of 64 MiB."""
    times = []
    for _ in range(STARTS):
        with Daemon(bench.binaries, home, CONFIGURATION, name="start") as daemon:
            times.append(daemon.ready_seconds * 1e3)
    bench.add("start.ready", times, "ms")
    configuration, times = big_ring(home), []
    with Daemon(bench.binaries, home, configuration, name="big") as daemon:
        # Until every slot holds a generation.
        daemon.stream("morse", "--limit", "1500", "--batch", "20")
        generation = daemon.status()["generation"]
    ring = os.path.getsize(os.path.join(home, "big", "ring"))
    if ring < 64 << 20 or generation < 5:
        raise RuntimeError(f"a ring of {ring} bytes, generation {generation}, is no ring of 64 MiB")
    for _ in range(STARTS):
        with Daemon(bench.binaries, home, configuration, name="big") as daemon:
            times.append(daemon.ready_seconds * 1e3)
    bench.add("start.ready.ring-64MiB", times, "ms")


def main():
    binaries, scratch, output = sys.argv[1:4]
    bench = Bench(binaries, scratch, int(sys.argv[4]) if len(sys.argv) > 4 else 5)
    with temporary_home(scratch) as home:
        measure_trips(bench, home)
        if bench.has_data:
            peak = measure_ingest(bench, home)
            measure_loaded(bench, home, peak)
            measure_durability(bench, home)
        else:
            bench.without("ingest.elec2.*, query.loaded.p99, durable.cost",
                          f"no {bench.elec2} (MILLRACE_DATA)")
        measure_idle(bench, home)
        measure_starts(bench, home)
    with open(output, "w") as file:
        json.dump(bench.rows, file)


if __name__ == "__main__":
    main()
