"""Samples per second of examples/fpga.toml through a real daemon, as a row of `scripts/bench`.

A daemon of its own in a temporary directory, ipc sockets, every sample acknowledged when it is
durable; the digits are streamed again and again, each time in a new epoch. The FPGA learned
441,000 samples per second.

    python3 Benchmarks/fpga_daemon.py BINARIES OUTPUT.json [ROUNDS]

Without mnist (MILLRACE_DATA, or shared/data beside the package) it says so and writes no row.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

FPGA = 441_000


def main():
    binaries, output = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    data = os.environ.get("MILLRACE_DATA") or os.path.join("..", "shared", "data")
    digits = os.path.join(data, "mnist", "train.x.npy")
    if not os.path.exists(digits):
        print(f"no {digits} (MILLRACE_DATA): device.fpga.daemon is left out")
        return
    # What is set in the caller's environment must not steer this daemon.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MILLRACE_")}
    with tempfile.TemporaryDirectory(prefix="millrace-bench.") as home:
        environment["MILLRACE_SPOOL"] = os.path.join(home, "spool")
        state = os.path.join(home, "state")
        with open(os.path.join(home, "log"), "w") as log:
            daemon = subprocess.Popen(
                [os.path.join(binaries, "millraced"), "--config", "examples/fpga.toml",
                 "--state", state], stdout=log, stderr=log, env=environment)
        try:
            rates = measure(binaries, state, digits, environment, rounds, daemon)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)
    row = {"name": "device.fpga.daemon", "value": statistics.median(rates), "unit": "samples/s",
           "reference": FPGA}
    with open(output, "w") as file:
        json.dump([row], file)
    print("device.fpga.daemon:", ", ".join(f"{rate:,.0f}" for rate in rates), "samples/s")


def measure(binaries, state, digits, environment, rounds, daemon):
    """Samples per second of each round, after one that is not counted."""
    millrace = os.path.join(binaries, "millrace")
    for _ in range(400):
        answer = subprocess.run([millrace, "status", "--json", "--state", state],
                                capture_output=True, env=environment)
        if answer.returncode == 0:
            break
        if daemon.poll() is not None:
            sys.exit("the daemon ended: " + open(os.path.join(state, "..", "log")).read())
        time.sleep(0.05)
    rates = []
    for round_ in range(rounds + 1):
        answer = subprocess.run(
            [millrace, "stream", digits, "--name", "fpga", "--again", "--json", "--state", state],
            capture_output=True, env=environment, text=True)
        if answer.returncode != 0:
            sys.exit(answer.stderr)
        report = json.loads(answer.stdout)
        if not report["finished"] or report["acknowledged"] != report["samples"]:
            sys.exit(f"not every sample was acknowledged: {answer.stdout}")
        if round_ > 0:
            rates.append(report["samplesPerSecond"])
    return rates


if __name__ == "__main__":
    main()
