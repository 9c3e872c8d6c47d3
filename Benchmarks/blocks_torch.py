"""The networks of block-bench in PyTorch: batch 1, one thread, autograd, plain SGD.

Prints one JSON object with medians in microseconds of one step (forward, loss, backward, update),
and PyTorch's version.

    python3 Benchmarks/blocks_torch.py [STEPS]
"""

import json
import sys

import torch
from torch import nn

from step_torch import SAMPLES, median_microseconds

RATE = 1e-5


class MaximumOverPositions(nn.Module):
    def forward(self, x):
        return x.amax(dim=2)


class LastStep(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.lstm = nn.LSTM(inputs, units, batch_first=True)

    def forward(self, x):
        return self.lstm(x)[0][:, -1]


NETWORKS = {
    "conv1d": ((6, 128), 12, lambda: nn.Sequential(
        nn.Conv1d(6, 32, 9, stride=4, padding=4), nn.ReLU(),
        nn.Conv1d(32, 48, 5, padding=2), nn.ReLU(),
        MaximumOverPositions(), nn.Linear(48, 12))),
    "conv2d": ((1, 28, 28), 10, lambda: nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(32 * 7 * 7, 10))),
    "lstm": ((128, 6), 12, lambda: nn.Sequential(LastStep(6, 64), nn.Linear(64, 12))),
}


def step_of(shape, classes, make):
    torch.manual_seed(1)
    network = make()
    x = torch.randn(SAMPLES, *shape)
    labels = torch.randint(classes, (SAMPLES,))
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE)
    loss_of = nn.CrossEntropyLoss()

    def step(i):
        optimiser.zero_grad()
        loss_of(network(x[i : i + 1]), labels[i : i + 1]).backward()
        optimiser.step()

    return step


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    torch.set_num_threads(1)
    found = {"version": torch.__version__}
    for name, network in NETWORKS.items():
        found[name] = median_microseconds(step_of(*network), steps)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
