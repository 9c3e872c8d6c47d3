"""The eleven trust tests on Vowpal Wabbit, by its public Python interface and its own daemon.

usage: vowpal_wabbit_trust.py FOLDER [STRACE]    prints one JSON object, {test: [passed, finding]}
       vowpal_wabbit_trust.py save FILE          learns fifty examples and saves them over FILE

FOLDER gets the models. Without STRACE, the tests that need it are left out. Run by scripts/trust.
"""
import collections
import json
import os
import random
import socket
import subprocess
import sys
import time

import vowpalwabbit

FEATURES = 10
LOGISTIC = "--loss_function logistic"


def workspace(arguments):
    return vowpalwabbit.Workspace(arguments + " --quiet")


def example(seed, classes, labelled=True, features=FEATURES):
    """Classes that lie apart along every third feature; two classes are written -1 and 1."""
    chance = random.Random(seed)
    label = chance.randrange(classes)
    values = [chance.gauss(2.0 if column % classes == label else 0.0, 1.0)
              for column in range(features)]
    words = " ".join(f"x{column}:{value:.4f}" for column, value in enumerate(values))
    text = (-1, 1)[label] if classes == 2 else label + 1
    return (f"{text} | " if labelled else " | ") + words


def learned(model, seeds, classes=2, features=FEATURES):
    for seed in seeds:
        model.learn(example(seed, classes, features=features))
    return model


def after_poison(place, absurd):
    """400 examples of two readings, with and without one absurd one at `place` of them."""
    right = []
    for poisoned in (False, True):
        model = learned(workspace(LOGISTIC), range(place), features=2)
        if poisoned:
            model.learn(f"1 | {absurd}")
        learned(model, range(place, 400), features=2)
        right.append(sum(
            (model.predict(example(10_000 + probe, 2, labelled=False, features=2)) > 0)
            == example(10_000 + probe, 2, features=2).startswith("1") for probe in range(200)))
    return right[1] >= right[0] - 4, f"{right[1]} of 200 right afterwards, {right[0]} without it"


def resumed(flags, again, classes, folder):
    """1,000 examples predicted, then learned, by the one that went on and by the one that was loaded."""
    path = os.path.join(folder, "resume.model")
    first = learned(workspace(flags), range(300), classes)
    first.save(path)
    second = workspace(f"-i {path} {again}")
    different = 0
    for seed in range(300, 1300):
        question = example(seed, classes, labelled=False)
        different += first.predict(question) != second.predict(question)
        first.learn(example(seed, classes))
        second.learn(example(seed, classes))
    return different == 0, f"{different} of 1,000 predictions differ"


class Damage:
    def __init__(self, folder):
        self.path = os.path.join(folder, "damaged.model")
        model = learned(workspace("--oaa 3 -b 8"), range(300), 3)
        good = os.path.join(folder, "whole.model")
        model.save(good)
        with open(good, "rb") as file:
            self.whole = file.read()
        self.answers = self.ask(model)

    @staticmethod
    def ask(model):
        return [model.predict(example(20_000 + probe, 3, labelled=False)) for probe in range(50)]

    def verdict(self, contents):
        with open(self.path, "wb") as file:
            file.write(contents)
        try:
            model = workspace(f"-i {self.path}")
        except RuntimeError:
            return "refused"
        return "harmless" if self.ask(model) == self.answers else "loaded and wrong"

    def flips(self):
        chance, verdicts = random.Random(120), collections.Counter()
        for _ in range(120):
            place = chance.randrange(len(self.whole))
            contents = bytearray(self.whole)
            contents[place] ^= 1 << chance.randrange(8)
            verdicts[self.verdict(contents)] += 1
        text = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        return verdicts["loaded and wrong"] == 0, f"of 120 flips {text}"

    def cuts(self):
        verdicts = [self.verdict(self.whole[:len(self.whole) * 3 // 4]),
                    self.verdict(self.whole[:-16])]
        return verdicts == ["refused"] * 2, (f"cut to three quarters: {verdicts[0]}; "
                                             f"last 16 bytes gone: {verdicts[1]}")


def save(path):
    model = workspace(f"-i {path}" if os.path.exists(path) else LOGISTIC)
    learned(model, range(50), features=400)
    model.save(path)


class Saving:
    """A second save over a first one, with something that happens to its system calls."""

    def __init__(self, folder, strace):
        self.path, self.strace = os.path.join(folder, "saved.model"), strace
        self.trace = os.path.join(folder, "trace")

    def save(self, *strace):
        command = [sys.executable, __file__, "save", self.path]
        if strace:
            command = [self.strace, "-f", "-qq", "-o", self.trace, *strace] + command
        return subprocess.run(command, capture_output=True).returncode

    def is_whole(self):
        try:
            workspace(f"-i {self.path}")
            return os.path.exists(self.path)
        except RuntimeError:
            return False

    def killed_at_rename(self):
        self.save()
        self.save("-e", "trace=rename,renameat,renameat2",
                  "-e", "inject=rename,renameat,renameat2:signal=SIGKILL")
        there = os.path.exists(self.path)
        return there and self.is_whole(), "the model is " + (
            "there" if there else "gone; a temporary file is left")

    def syncs(self):
        self.save()
        self.save("-e", "trace=fsync,fdatasync,sync_file_range,msync,sync,syncfs")
        with open(self.trace) as file:
            count = sum("sync" in line for line in file)
        return count >= 2, f"{count} calls of fsync or its like in a save"

    def full_disk(self):
        self.save()
        before = os.path.getsize(self.path)
        code = self.save("-e", "trace=write", "-P", self.path + ".writing",
                         "-e", "inject=write:error=ENOSPC")
        kept = os.path.exists(self.path) and os.path.getsize(self.path) == before
        return code != 0 and kept and self.is_whole(), (
            f"{'an' if code else 'no'} error; the old model is {'kept' if kept else 'gone'}")


def connected(address):
    """A connection to a daemon that may still be starting."""
    for _ in range(200):
        try:
            return socket.create_connection(address, 3)
        except ConnectionRefusedError:
            time.sleep(0.05)
    return socket.create_connection(address, 3)


def second_client():
    """One connection stays open; does another get an answer within three seconds?"""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = probe.getsockname()
    daemon = subprocess.Popen(
        [sys.executable, "-m", "vowpalwabbit", "--daemon", "--foreground", "--num_children", "1",
         "--port", str(address[1]), "--loss_function", "logistic", "-d", "/dev/null"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connected(address) as first:
            first.sendall((example(1, 2) + "\n").encode())
            if not first.recv(64):
                return False, "the first client was not served either"
            with socket.create_connection(address, 3) as second:
                second.sendall((example(2, 2) + "\n").encode())
                try:
                    return second.recv(64) != b"", "served"
                except TimeoutError:
                    return False, "with one child, not served within 3 s"
    finally:
        daemon.terminate()
        daemon.wait(10)


def main():
    if sys.argv[1] == "save":
        return save(sys.argv[2])
    folder, strace = sys.argv[1], (sys.argv[2:] or [None])[0]
    damage = Damage(folder)
    found = {
        "poison first": after_poison(0, "x0:1e30 x1:-1e30"),
        "poison later": after_poison(200, "x0:1e30 x1:0.5"),
        "bit flips": damage.flips(),
        "cuts": damage.cuts(),
        "resume": resumed(LOGISTIC, LOGISTIC, 2, folder),
        "resume, flag forgotten": resumed(LOGISTIC, "", 2, folder),
        "resume, classes": resumed(f"--oaa 3 {LOGISTIC}", LOGISTIC, 3, folder),
        "second client": second_client(),
    }
    if strace:
        saving = Saving(folder, strace)
        found["kill at rename"] = saving.killed_at_rename()
        found["sync"] = saving.syncs()
        found["full disk"] = saving.full_disk()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
