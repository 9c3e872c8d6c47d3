#!/usr/bin/env python3
"""Writes the golden files that LearningTests compares Millrace's blocks with, from PyTorch.

    python3 -m venv VENV && VENV/bin/pip install numpy torch
    VENV/bin/python scripts/golden/block_reference.py Tests/LearningTests/Golden/blocks

One file per network of CASES: a linear front block over channels (so that the block behind it has an
input whose gradient exists), the blocks in question, a linear layer to 3 classes, softmax with
cross-entropy. One sample. Names and layouts of parameters are those of Millrace's section.

Format, little-endian: magic "MLTENS1\\0"; u32 tensors; per tensor u8 length of its name, the name,
u8 rank, u32 extents, float32 values. The tensors: `x` as raw data (channels last); `value.K`, what
block K reads (channels first); `error.1`, the gradient at what block 1 reads; `loss`; and per
parameter P its value `P` and its gradient `gradient.P`; `losses` of four steps on that sample with
rate 0.05, momentum 0.9 and decay 0.01 of weights.

`resnet32.bin` holds the losses of three steps only: weights and samples come from the generator
`Integers`, which the test has too.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
CLASSES = 3


class Network:
    """Blocks in PyTorch, in Millrace's words."""

    def __init__(self, seed, shape):
        self.random = np.random.default_rng(seed)
        self.values, self.parameters, self.layouts = [], {}, {}
        self.raw = self.random.normal(0, 1, shape).astype(np.float32)
        axes = (1, 0) if len(shape) == 2 else (2, 0, 1)
        self.values.append(torch.from_numpy(self.raw.transpose(axes).copy())[None])

    @property
    def x(self):
        return self.values[-1]

    @property
    def index(self):
        return len(self.values) - 1

    def parameter(self, name, shape, limit=None, layout=None, value=None, prefix=None):
        """A parameter in PyTorch's shape; `layout` gives the axes of Millrace's."""
        full = f"{prefix or f'block.{self.index}'}.{name}"
        if full in self.parameters:
            return self.parameters[full]
        if value is None:
            limit = limit or 1 / np.sqrt(np.prod(shape[1:]) or 1)
            value = self.random.uniform(-limit, limit, shape).astype(np.float32)
        tensor = torch.from_numpy(np.asarray(value, np.float32).copy()).requires_grad_()
        self.parameters[full], self.layouts[full] = tensor, layout
        return tensor

    def push(self, y, activation=None):
        if activation == "relu":
            y = F.relu(y)
        elif activation == "leaky-relu":
            y = F.leaky_relu(y, 0.01)
        elif activation:
            y = getattr(torch, activation)(y)
        y.retain_grad()
        self.values.append(y)

    def linear(self, neurons, activation=None):
        weights = self.parameter("weights", (neurons, self.x.shape[1]))
        bias = self.parameter("bias", (neurons,), 0.3)
        self.push(torch.einsum("oc,nc...->no...", weights, self.x)
                  + bias.reshape(-1, *[1] * (self.x.dim() - 2)), activation)

    def convolution(self, channels, kernel, activation=None, **settings):
        two = self.x.dim() == 4
        weights = self.parameter("weights", (channels, self.x.shape[1], *kernel), None,
                                 (0, 2, 3, 1) if two else (0, 2, 1))
        bias = self.parameter("bias", (channels,), 0.3)
        function = F.conv2d if two else F.conv1d
        self.push(function(self.x, weights, bias, **settings), activation)

    def residual(self, span, activation, projection=None, stride=1):
        skip = self.values[self.index - span]
        if projection:
            weights = self.parameter("weights", (projection, skip.shape[1]))
            bias = self.parameter("bias", (projection,), 0.3)
            skip = F.conv2d(skip, weights[:, :, None, None], bias, stride=stride)
        self.push(self.x + skip, activation)

    def lstm(self, units, projected=0, sequence=False):
        layer = torch.nn.LSTM(self.x.shape[1], units, proj_size=projected, batch_first=True)
        names = {"weight_ih_l0": "input.weights", "bias_ih_l0": "input.bias",
                 "weight_hh_l0": "recurrent.weights", "bias_hh_l0": "recurrent.bias",
                 "weight_hr_l0": "projection.weights"}
        values = {}
        for name, own in layer.named_parameters():
            values[name] = self.parameter(names[name], tuple(own.shape), 0.4)
        h, _ = torch.func.functional_call(layer, values, (self.x.transpose(1, 2),))
        self.push(h.transpose(1, 2) if sequence else h[:, -1])

    def group_norm(self, groups, activation):
        channels = self.x.shape[1]
        gamma = self.parameter("gamma", (channels,), value=self.random.uniform(0.5, 1.5, channels))
        beta = self.parameter("beta", (channels,), 0.5)
        self.push(F.group_norm(self.x, groups, gamma, beta, 1e-5), activation)

    def running_norm(self, activation):
        channels = self.x.shape[1]
        gamma = self.parameter("gamma", (channels,), value=self.random.uniform(0.5, 1.5, channels))
        beta = self.parameter("beta", (channels,), 0.5)
        mean = self.parameter("mean", (channels,), 0.7)
        variance = self.parameter(
            "variance", (channels,), value=self.random.uniform(0.3, 3, channels))
        # Statistics are constants, as in the evaluation mode of PyTorch's batch normalisation.
        mean.requires_grad_(False), variance.requires_grad_(False)
        self.push(F.batch_norm(self.x, mean, variance, gamma, beta, False, 0.1, 1e-5), activation)

    def flatten(self):
        self.push(self.x.flatten(1))

    def loss(self):
        x = self.x
        weights = self.parameter("weights", (CLASSES, x.shape[1]), prefix="junction.0")
        bias = self.parameter("bias", (CLASSES,), 0.3, prefix="junction.0")
        return F.cross_entropy(F.linear(x, weights, bias), torch.tensor([1]))

    def finish(self, build):
        """Loss and gradients; returns the tensors of the file."""
        build(self)
        loss = self.loss()
        loss.backward()
        tensors = {"x": self.raw, "loss": loss, "error.1": self.values[1].grad}
        for index, value in enumerate(self.values):
            tensors[f"value.{index}"] = value
        for name, tensor in self.parameters.items():
            axes = self.layouts[name]
            turn = (lambda t: t.permute(axes)) if axes else (lambda t: t)
            tensors[name] = turn(tensor)
            if tensor.requires_grad:
                tensors[f"gradient.{name}"] = turn(tensor.grad)
        tensors = {name: torch.as_tensor(t).detach().clone() for name, t in tensors.items()}
        tensors["losses"] = self.learn(build)
        return tensors

    def learn(self, build):
        """Losses of four steps with momentum and decay, of weights only."""
        learned = {n: p for n, p in self.parameters.items() if p.requires_grad}
        groups = [{"params": [p for n, p in learned.items() if n.endswith("weights") == decays],
                   "weight_decay": 0.01 if decays else 0.0} for decays in (True, False)]
        optimiser = torch.optim.SGD(groups, lr=0.05, momentum=0.9)
        losses = []
        for _ in range(4):
            self.values = self.values[:1]
            build(self)
            loss = self.loss()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        return torch.tensor(losses)


def case_conv1d(n):
    n.linear(4)
    n.convolution(5, (3,), "leaky-relu", stride=2, padding=2, dilation=2)
    n.flatten()


def case_conv2d(n):
    n.linear(3)
    n.convolution(4, (3, 3), "relu", stride=2, padding=1)
    n.convolution(5, (2, 3), "tanh", stride=(1, 2), padding=(0, 1), dilation=(2, 1))
    n.flatten()


def case_pools(n):
    n.linear(3)
    n.push(F.max_pool2d(n.x, (3, 2), (2, 1)))
    n.push(F.avg_pool2d(n.x, (2, 3), (1, 2)))
    n.push(F.max_pool2d(n.x, 2, 2))
    n.flatten()


def case_global_average(n):
    n.linear(5)
    n.push(n.x.mean((2, 3)))


def case_global_maximum(n):
    n.linear(5)
    n.push(n.x.amax((2, 3)))


def case_residual(n):
    n.linear(4)
    n.convolution(4, (3, 3), "relu", padding=1)
    n.residual(1, "relu")
    n.convolution(8, (3, 3), "relu", stride=2, padding=1)
    n.convolution(8, (3, 3), None, padding=1)
    n.residual(2, "relu", projection=8, stride=2)
    n.flatten()


def case_lstm(n):
    n.linear(4)
    n.lstm(6)


def case_lstm_sequence(n):
    n.linear(4)
    n.lstm(17, sequence=True)
    n.flatten()


def case_lstm_projected(n):
    n.linear(3)
    n.lstm(7, projected=5, sequence=True)
    n.lstm(6, projected=4)


def case_group_norm(n):
    n.linear(6)
    n.group_norm(3, "relu")
    n.group_norm(1, None)
    n.flatten()


def case_running_norm(n):
    n.linear(6)
    n.running_norm("leaky-relu")
    n.flatten()


def case_linear(n):
    n.linear(4)
    n.linear(5, "leaky-relu")
    n.flatten()
    n.linear(9, "sigmoid")


CASES = {
    "conv1d": ((13, 3), case_conv1d),
    "conv2d": ((9, 8, 2), case_conv2d),
    "pools": ((10, 9, 2), case_pools),
    "global-average": ((4, 5, 3), case_global_average),
    "global-maximum": ((4, 5, 3), case_global_maximum),
    "residual": ((6, 6, 3), case_residual),
    "lstm": ((9, 3), case_lstm),
    "lstm-sequence": ((8, 3), case_lstm_sequence),
    "lstm-projected": ((9, 3), case_lstm_projected),
    "group-norm": ((5, 5, 3), case_group_norm),
    "running-norm": ((7, 3), case_running_norm),
    "linear": ((7, 3), case_linear),
}


class Integers:
    """Knuth's MMIX generator: v = (state / 2^40) / 2^23 - 1, exact in float32, times a limit."""

    def __init__(self, seed):
        self.state = seed

    def floats(self, shape, limit):
        values = np.empty(int(np.prod(shape)), np.float32)
        for index in range(len(values)):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            values[index] = (self.state >> 40) / 2**23 - 1
        return (values * np.float32(limit)).reshape(shape)


def resnet32(momentum, decay):
    """Losses of three steps of ResNet-32 with group normalisation: 31 convolutions 3 x 3, 2
    projections 1 x 1, and one linear layer. Weights decay, biases and normalisations do not."""
    random, weights, others, blocks = Integers(32), [], [], []

    def convolution(inputs, outputs, kernel, stride):
        limit = np.sqrt(6 / (inputs * kernel * kernel))
        own = random.floats((outputs, kernel * kernel, inputs), limit)
        own = own.reshape(outputs, kernel, kernel, inputs).transpose(0, 3, 1, 2).copy()
        own = torch.from_numpy(own).requires_grad_()
        bias = torch.zeros(outputs, requires_grad=True)
        weights.append(own)
        others.append(bias)
        return lambda x: F.conv2d(x, own, bias, stride, kernel // 2)

    def norm(channels):
        gamma = torch.ones(channels, requires_grad=True)
        beta = torch.zeros(channels, requires_grad=True)
        others.extend([gamma, beta])
        return lambda x: F.group_norm(x, 4, gamma, beta, 1e-5)

    first = (convolution(3, 16, 3, 1), norm(16))
    channels = 16
    for stage, width in enumerate([16, 32, 64]):
        for block in range(5):
            stride = 2 if stage > 0 and block == 0 else 1
            parts = [convolution(channels, width, 3, stride), norm(width),
                     convolution(width, width, 3, 1), norm(width)]
            projection = convolution(channels, width, 1, stride) if stride == 2 else None
            blocks.append((parts, projection))
            channels = width
    last = torch.from_numpy(random.floats((10, 64), 0.1)).requires_grad_()
    bias = torch.zeros(10, requires_grad=True)
    weights.append(last)
    others.append(bias)
    optimiser = torch.optim.SGD([{"params": weights, "weight_decay": decay},
                                 {"params": others, "weight_decay": 0.0}], lr=0.002, momentum=momentum)
    losses = []
    for step in range(3):
        x = torch.from_numpy(random.floats((32, 32, 3), 1.5).transpose(2, 0, 1).copy())[None]
        x = F.relu(first[1](first[0](x)))
        for (c1, n1, c2, n2), projection in blocks:
            y = n2(c2(F.relu(n1(c1(x)))))
            x = F.relu(y + (projection(x) if projection else x))
        loss = F.cross_entropy(F.linear(x.mean((2, 3)), last, bias), torch.tensor([3 * step % 10]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    print("resnet32", losses, sum(w.numel() for w in weights + others))
    return np.array(losses, np.float32)


def write(path, tensors):
    with open(path, "wb") as file:
        file.write(b"MLTENS1\0" + struct.pack("<I", len(tensors)))
        for name, tensor in tensors.items():
            if isinstance(tensor, torch.Tensor):
                tensor = tensor.detach().numpy()
            file.write(struct.pack("<B", len(name)) + name.encode())
            file.write(struct.pack(f"<B{tensor.ndim}I", tensor.ndim, *tensor.shape))
            file.write(np.ascontiguousarray(tensor, "<f4").tobytes())


def main(folder):
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (name, (shape, build)) in enumerate(CASES.items()):
        network = Network(100 + seed, shape)
        write(folder / f"{name}.bin", network.finish(build))
    write(folder / "resnet32.bin", {"losses": resnet32(0, 0), "momentum": resnet32(0.9, 1e-4)})


if __name__ == "__main__":
    main(sys.argv[1])
