"""elec2 through Vowpal Wabbit's daemon over TCP, 256 examples in flight.

The examples are made before the clock runs, sent in blocks, and only the line ends of the answers are
counted, so that this client is not what is measured. The daemon learns with its defaults (SGD,
logistic loss); it never syncs anything. Prints samples per second as JSON.

    PYTHON-WITH-VOWPALWABBIT vw_daemon.py X.npy Y.npy
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

import numpy

IN_FLIGHT = 256


def scaled(x):
    """By the running mean and spread of each column, so that neither rival has to do it."""
    counts = numpy.arange(1, len(x) + 1)[:, None]
    mean = numpy.cumsum(x, 0, dtype=float) / counts
    square = numpy.cumsum(x.astype(float) ** 2, 0) / counts
    return numpy.clip((x - mean) / numpy.sqrt(numpy.maximum(square - mean**2, 1e-6)), -5, 5)


def examples(x, y):
    """One line of VW's text format per row."""
    return [
        f"{1 if label else -1} | {' '.join(f'{i}:{v:.4g}' for i, v in enumerate(row))}\n".encode()
        for row, label in zip(scaled(x), y)
    ]


def connect(port, daemon):
    for _ in range(200):
        try:
            connection = socket.create_connection(("127.0.0.1", port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError:
            if daemon.poll() is not None:
                sys.exit("vw ended by itself")
            time.sleep(0.05)
    sys.exit("vw does not listen")


def main():
    lines = examples(numpy.load(sys.argv[1]), numpy.load(sys.argv[2]))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tempfile.mkdtemp(prefix="vw-bench.")
    daemon = subprocess.Popen(
        [sys.executable, "-m", "vowpalwabbit", "--daemon", "--foreground", "--num_children", "1",
         "--port", str(port), "--loss_function", "logistic", "--quiet",
         "-d", "/dev/null", "-f", os.path.join(home, "model")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        connection = connect(port, daemon)
        sent = answered = 0
        start = time.perf_counter()
        while answered < len(lines):
            room = min(len(lines), answered + IN_FLIGHT)
            if room > sent:
                connection.sendall(b"".join(lines[sent:room]))
                sent = room
            answers = connection.recv(1 << 16)
            if not answers:
                sys.exit("vw closed the connection")
            answered += answers.count(b"\n")
        seconds = time.perf_counter() - start
    finally:
        os.killpg(daemon.pid, signal.SIGKILL)
        daemon.wait()
    print(json.dumps({"samplesPerSecond": len(lines) / seconds}))


if __name__ == "__main__":
    main()
