"""The 784-128-10 training step in PyTorch: batch 1, one thread, random samples.

Two forms of the same arithmetic (ReLU, softmax, cross-entropy, plain SGD):
  autograd: nn.Sequential, CrossEntropyLoss, SGD, as PyTorch's users write it;
  by hand:  the same step in tensor operations under no_grad, without autograd's bookkeeping.
Prints one JSON object with medians in microseconds and PyTorch's version.

    python3 Benchmarks/step_torch.py [STEPS]
"""

import json
import statistics
import sys
import time

import torch

INPUTS, HIDDEN, OUTPUTS = 784, 128, 10
RATE = 1e-5
SAMPLES = 64
BATCH = 50


def median_microseconds(step, steps):
    """Median over batches of steps; the first batches only warm up."""
    times = []
    for batch in range(max(steps // BATCH, 5)):
        start = time.perf_counter()
        for i in range(BATCH):
            step((batch * BATCH + i) % SAMPLES)
        times.append((time.perf_counter() - start) / BATCH * 1e6)
    return statistics.median(times[2:])


def model():
    torch.manual_seed(1)
    return torch.nn.Sequential(
        torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, OUTPUTS)
    )


def autograd_step(x, labels):
    network = model()
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE)
    loss_of = torch.nn.CrossEntropyLoss()

    def step(i):
        optimiser.zero_grad()
        loss_of(network(x[i : i + 1]), labels[i : i + 1]).backward()
        optimiser.step()

    return step, network


def hand_written_step(x, labels):
    network = model()
    w1, b1, w2, b2 = (p.detach() for p in network.parameters())
    w2_transposed = w2.t()
    rows = [x[i] for i in range(SAMPLES)]
    targets = list(torch.nn.functional.one_hot(labels, OUTPUTS).float())
    addmv, mv, softmax = torch.addmv, torch.mv, torch.softmax
    relu_back = torch.ops.aten.threshold_backward

    def step(i):
        sample = rows[i]
        hidden = addmv(b1, w1, sample).relu_()
        delta = softmax(addmv(b2, w2, hidden), 0).sub_(targets[i])
        error = relu_back(mv(w2_transposed, delta), hidden, 0)
        w2.addr_(delta, hidden, alpha=-RATE)
        b2.sub_(delta, alpha=RATE)
        w1.addr_(error, sample, alpha=-RATE)
        b1.sub_(error, alpha=RATE)

    return step, network


def check_same(x, labels):
    """Both forms must learn the same, or their times mean nothing."""
    first, a = autograd_step(x, labels)
    second, b = hand_written_step(x, labels)
    for i in range(SAMPLES):
        first(i)
        with torch.no_grad():
            second(i)
    for p, q in zip(a.parameters(), b.parameters()):
        assert torch.allclose(p, q, atol=1e-6), "the two forms differ"


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(SAMPLES, INPUTS, generator=generator) * 2 - 1
    labels = torch.randint(OUTPUTS, (SAMPLES,), generator=generator)
    check_same(x, labels)
    autograd = median_microseconds(autograd_step(x, labels)[0], steps)
    with torch.no_grad():
        by_hand = median_microseconds(hand_written_step(x, labels)[0], steps)
    print(json.dumps({"version": torch.__version__, "autograd": autograd, "byHand": by_hand}))


if __name__ == "__main__":
    main()
