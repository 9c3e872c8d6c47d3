"""A daemon of its own for a benchmark: started, asked, streamed to, ended.

Its state lies in a temporary directory on the disk of the project, its sockets are ipc files there,
and nothing of the caller's environment steers it.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import time


def clean_environment(**more):
    """The caller's environment without anything that Millrace reads."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MILLRACE_", "NOTIFY_"))}
    return {**kept, **more}


def temporary_home(scratch):
    """A directory on the disk of `scratch`, or in /tmp where its name is too long for a socket."""
    inside = os.path.abspath(scratch)
    return tempfile.TemporaryDirectory(
        prefix="millrace-bench.", dir=inside if len(inside) < 60 else None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Daemon:
    """One millraced, from exec to READY to its end."""

    def __init__(self, binaries, home, configuration, *settings, preload=None, name="daemon"):
        self.millrace = os.path.join(binaries, "millrace")
        self.state = os.path.join(home, name)
        self.log = os.path.join(home, name + ".log")
        self.environment = clean_environment(MILLRACE_SPOOL=os.path.join(home, name + ".spool"))
        notify = os.path.join(home, name + ".notify")
        self.command = [os.path.join(binaries, "millraced"), "--config", configuration,
                        "--state", self.state]
        for setting in settings:
            self.command += ["--set", setting]
        environment = clean_environment(NOTIFY_SOCKET=notify)
        if preload:
            environment["LD_PRELOAD"] = preload
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, \
                open(self.log, "a") as log:
            manager.bind(notify)
            manager.settimeout(30)
            start = time.perf_counter()
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, env=environment)
            try:
                while b"READY=1" not in manager.recv(4096):
                    pass
            except TimeoutError:
                self.process.kill()
                raise RuntimeError("millraced did not start: " + open(self.log).read()) from None
            self.ready_seconds = time.perf_counter() - start
        os.unlink(notify)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def endpoint(self, door):
        return f"ipc://{self.state}/{door}.sock"

    def status(self):
        return json.loads(subprocess.run(
            [self.millrace, "status", "--json", "--state", self.state], env=self.environment,
            check=True, capture_output=True).stdout)

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status") as lines:
            for line in lines:
                if line.startswith("VmRSS"):
                    return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    def start_stream(self, source, *options, name="bench"):
        return subprocess.Popen(
            [self.millrace, "stream", source, "--state", self.state, "--name", name, "--again",
             "--json", *options],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def stream(self, source, *options, name="bench"):
        """Samples per second from the first WELCOME to the last ACK; every one acknowledged."""
        producer = self.start_stream(source, *options, name=name)
        output, errors = producer.communicate()
        if producer.returncode != 0:
            raise RuntimeError(errors)
        report = json.loads(output)
        if not report["finished"] or report["acknowledged"] != report["samples"]:
            raise RuntimeError(f"not every sample was acknowledged: {output}")
        return report["samplesPerSecond"]


def run_json(*command, **options):
    """The JSON object that a command prints."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, **options)
    return json.loads(done.stdout)
