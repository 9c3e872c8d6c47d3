#!/usr/bin/env python3
"""Writes Tests/JunctionsTests/Fixed/Golden/fixed.bin: an emulation of fixed-point training.

Usage: python3 scripts/golden/fixed_reference.py [FILE]

The rules are those of the hardware of Dey et al. (arXiv 1711.01343), written down here once more in
Python's own integers (and Decimal for the tables), so that our Swift is compared with something that
shares no line with it. Deterministic: a linear congruential generator and a fixed order. numpy is
not needed.

The file is a run of little-endian int16 numbers; int64 counters are four of them. In this order:
  "FX" "01" as two numbers; then
  1. all products of (6,2,3): a from lo to hi, b from lo to hi;
  2. for each of FORMATS: 400 triples a, b, a (x) b;
  3. for each of FORMATS: entries of the sigmoid's table, then of its derivative's, each preceded by
     its count;
  4. for each of FORMATS, a network 20-12-4 with sigmoids, cross entropy, eta = 2^-s, s = step mod 4,
     10 steps: W1 [12][20], b1, W2 [4][12], b2 at the start; per step x [20], target [4], then
     hidden a [12], f' [12], output a [4], hidden e [12]; and at the end W1 b1 W2 b2;
  5. for each of FORMATS, a wild junction (numbers over the whole format, so that nearly everything
     saturates): 9 to 6, dense: W, b; 4 steps of x, delta, f', s, then y, e, W, b; at the end the four
     counters;
  6. for each of FORMATS, the same with lists of edges: 9 to 6, 4 edges each: the left neurons first,
     then as in 5.
"""

import struct
import sys
from decimal import Decimal, getcontext
from pathlib import Path

FORMATS = [(8, 2, 5), (10, 2, 7), (10, 3, 6), (12, 3, 8), (16, 4, 11)]
getcontext().prec = 40


class Random:
    """Knuth's MMIX generator; the top bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound

    def between(self, low, high):
        return low + self.below(high - low + 1)


class Format:
    def __init__(self, bw, bn, bf):
        self.bw, self.bn, self.bf = bw, bn, bf
        self.low, self.high = -(2 ** (bw - 1)), 2 ** (bw - 1) - 1
        self.counters = [0, 0, 0, 0]

    def multiply(self, a, b, counter=None):
        p = a * b
        limit = 2 ** (2 * self.bw - self.bn - 2)
        discarded = (p >> (self.bf - 1)) & 1
        if p >= limit or p < -limit:
            result = self.high if p > 0 else self.low
            if counter is not None:
                self.counters[counter] += 1
        else:
            result = p >> self.bf
        return result if result == self.high else result + discarded

    def saturate(self, total, counter=None):
        if self.low <= total <= self.high:
            return total
        if counter is not None:
            self.counters[counter] += 1
        return self.high if total > 0 else self.low

    def bias_increment(self, delta, shift, counter=None):
        halves = 2 ** (shift - 1) if shift > 0 else 0
        return self.saturate((-delta + halves) >> shift, counter)

    def tables(self):
        """Values and derivatives over [-2^bn, 2^bn), at most 8 wide each way, 4096 entries."""
        limit = min(2**self.bn, 8) * 2**self.bf
        count = min(2 * limit, 4096)
        step = 2 * limit // count
        half = Decimal("0.5")
        values, slopes = [], []
        for index in range(count):
            x = Decimal(index * step - limit) / 2**self.bf
            sigma = 1 / (1 + (-x).exp())
            values.append(min(int(sigma * 2**self.bf + half), 2**self.bf - 1))
            slope = sigma * (1 - sigma)
            slopes.append(min(int(slope * 2**self.bf + half), 2 ** (self.bf - 2) - 1))
        return limit, step, values, slopes

    def sigmoid(self, total):
        limit, step, values, slopes = self.cached
        if total < -limit:
            return 1, 1
        if total >= limit:
            return 2**self.bf - 1, 1
        return values[(total + limit) // step], slopes[(total + limit) // step]


class Junction:
    """Lists of edges; a dense junction has them all."""

    def __init__(self, f, inputs, outputs, edges=None):
        self.f, self.inputs, self.outputs = f, inputs, outputs
        self.edges = edges or [list(range(inputs)) for _ in range(outputs)]

    def draw(self, random, largest):
        self.w = [[random.between(-largest, largest) for _ in row] for row in self.edges]
        self.b = [random.between(-largest, largest) for _ in self.edges]
        return self

    def feedforward(self, x):
        y = []
        for row, left, bias in zip(self.w, self.edges, self.b):
            total = bias + sum(self.f.multiply(w, x[i], 0) for w, i in zip(row, left))
            y.append(self.f.saturate(total, 1))
        return y

    def backprop(self, delta, slopes):
        e = [0] * self.inputs
        for row, left, d in zip(self.w, self.edges, delta):
            for w, i in zip(row, left):
                product = self.f.multiply(self.f.multiply(d, slopes[i], 2), w, 2)
                e[i] = self.f.saturate(e[i] + product, 2)
        return e

    def update(self, x, delta, shift):
        for j, d in enumerate(delta):
            db = self.f.bias_increment(d, shift, 3)
            for k, i in enumerate(self.edges[j]):
                dw = self.f.multiply(db, x[i], 3)
                self.w[j][k] = self.f.saturate(self.w[j][k] + dw, 3)
            self.b[j] = self.f.saturate(self.b[j] + db, 3)

    def parameters(self):
        return [w for row in self.w for w in row] + self.b


def network(f, random, out):
    f.cached = f.tables()
    one = 2**f.bf
    first = Junction(f, 20, 12).draw(random, one // 2)
    second = Junction(f, 12, 4).draw(random, one)
    out += first.parameters() + second.parameters()
    for step in range(10):
        x = [random.below(one) if random.below(3) else 0 for _ in range(20)]
        target = [0] * 4
        target[random.below(4)] = one if f.bn > 0 else one - 1
        out += x + target
        hidden = [f.sigmoid(total) for total in first.feedforward(x)]
        a, slopes = [h[0] for h in hidden], [h[1] for h in hidden]
        output = [f.sigmoid(total)[0] for total in second.feedforward(a)]
        delta = [f.saturate(o - t) for o, t in zip(output, target)]
        e = second.backprop(delta, slopes)
        second.update(a, delta, step % 4)
        first.update(x, e, step % 4)
        out += a + slopes + output + e
    out += first.parameters() + second.parameters()


def wild(f, random, out, edges):
    f.counters = [0, 0, 0, 0]
    junction = Junction(f, 9, 6, edges).draw(random, f.high)
    out += junction.parameters()
    for step in range(4):
        largest = f.high if step % 2 else 2**f.bf - 1
        draw = lambda count: [random.between(-largest, largest) for _ in range(count)]
        x, delta, slopes = draw(9), draw(6), draw(9)
        if step == 1:
            delta[0], x[0] = f.low, f.low
        out += x + delta + slopes + [step % 3]
        out += junction.feedforward(x) + junction.backprop(delta, slopes)
        junction.update(x, delta, step % 3)
        out += junction.parameters()
    for counter in f.counters:
        out += struct.unpack("<4h", struct.pack("<q", counter))


def main():
    here = Path(__file__).resolve().parents[2]
    path = here / "Tests/JunctionsTests/Fixed/Golden/fixed.bin"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else path
    random = Random(2711)
    out = [ord("F") | ord("X") << 8, ord("0") | ord("1") << 8]
    small = Format(6, 2, 3)
    every = range(small.low, small.high + 1)
    out += [small.multiply(a, b) for a in every for b in every]
    formats = [Format(*f) for f in FORMATS]
    for f in formats:
        for _ in range(400):
            a, b = random.between(f.low, f.high), random.between(f.low, f.high)
            if random.below(2):
                a >>= random.below(f.bw)
            out += [a, b, f.multiply(a, b)]
    for f in formats:
        _, _, values, slopes = f.tables()
        out += [len(values)] + values + [len(slopes)] + slopes
    for f in formats:
        network(f, random, out)
    for f in formats:
        wild(f, random, out, None)
    for f in formats:
        edges = []
        for _ in range(6):
            left = list(range(9))
            edges.append(sorted(left.pop(random.below(len(left))) for _ in range(4)))
        out += [i for row in edges for i in row]
        wild(f, random, out, edges)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(struct.pack(f"<{len(out)}h", *out))
    print(f"{path}: {2 * len(out)} bytes")


if __name__ == "__main__":
    main()
