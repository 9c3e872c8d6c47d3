"""Writes the golden file that LearningTests compares Millrace's learning with.

A 16-24-5 network (ReLU, softmax with cross-entropy) learns 1,000 samples one by one in PyTorch,
from given start weights: once with plain SGD, once with momentum and weight decay (weights only).
The file holds start weights, samples, labels and both sets of final weights.

    python3 -m venv VENV && VENV/bin/pip install numpy torch
    VENV/bin/python scripts/golden/torch_reference.py Tests/LearningTests/Golden/torch.bin

Format, little-endian: magic "MLGOLD1\\0"; u32 inputs, hidden, outputs, samples; then float32
arrays without padding: W0 [hidden][inputs], b0, W1 [outputs][hidden], b1 (start); x
[samples][inputs]; labels as i32 [samples]; then per variant f32 learning rate, momentum, decay,
followed by W0, b0, W1, b1 (final). Two variants.
"""

import struct
import sys

import numpy as np
import torch

INPUTS, HIDDEN, OUTPUTS, SAMPLES = 16, 24, 5, 1000
VARIANTS = [(0.05, 0.0, 0.0), (0.01, 0.9, 0.001)]


def make_samples(random):
    """Five overlapping clouds around random centres, with a slow drift."""
    centres = random.normal(0, 1, (OUTPUTS, INPUTS))
    labels = random.integers(0, OUTPUTS, SAMPLES).astype(np.int32)
    drift = np.linspace(0, 0.5, SAMPLES)[:, None]
    x = centres[labels] + random.normal(0, 1, (SAMPLES, INPUTS)) + drift
    return x.astype(np.float32), labels


def learn(start, x, labels, learning_rate, momentum, decay):
    """Final parameters after one pass, one sample per step."""
    network = torch.nn.Sequential(
        torch.nn.Linear(INPUTS, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, OUTPUTS)
    )
    parameters = list(network.parameters())
    with torch.no_grad():
        for parameter, value in zip(parameters, start):
            parameter.copy_(torch.from_numpy(value))
    weights = [p for p in parameters if p.dim() == 2]
    biases = [p for p in parameters if p.dim() == 1]
    optimiser = torch.optim.SGD(
        [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}],
        lr=learning_rate,
        momentum=momentum,
    )
    loss = torch.nn.CrossEntropyLoss()
    inputs, targets = torch.from_numpy(x), torch.from_numpy(labels.astype(np.int64))
    for index in range(SAMPLES):
        optimiser.zero_grad()
        loss(network(inputs[index : index + 1]), targets[index : index + 1]).backward()
        optimiser.step()
    return [p.detach().numpy() for p in parameters]


def main(path):
    torch.set_num_threads(1)
    random = np.random.default_rng(20)
    x, labels = make_samples(random)
    start = [
        random.uniform(-0.25, 0.25, shape).astype(np.float32)
        for shape in [(HIDDEN, INPUTS), (HIDDEN,), (OUTPUTS, HIDDEN), (OUTPUTS,)]
    ]
    with open(path, "wb") as file:
        file.write(b"MLGOLD1\0")
        file.write(struct.pack("<4I", INPUTS, HIDDEN, OUTPUTS, SAMPLES))
        for array in start + [x, labels]:
            file.write(array.tobytes())
        for variant in VARIANTS:
            file.write(struct.pack("<3f", *variant))
            for array in learn(start, x, labels, *variant):
                file.write(array.tobytes())


if __name__ == "__main__":
    main(sys.argv[1])
