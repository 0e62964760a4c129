"""Trains preference models in plain PyTorch on the CPU, for comparison of speed with ours.

Started by `cargo run --release -p palate-lab --example train_speed -- --python PYTHON`, which writes the data, trains the
same models on the same votes with the same batches and steps, and prints the ratio of times. Needs the package torch.

A method is one function in METHODS. It takes data and options, trains, and returns margins(person, first, second).
"""

import argparse
import json
import math
import time

import torch
from torch import nn


class Data:
    """Items `[items, dimension]`; votes `[votes]` each: person, first, second, label (1: first is preferred)."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
        self.items = torch.tensor(raw["rows"])
        self.people = raw["people"]
        self.train = self.votes(raw["train"])
        self.test = self.votes(raw["test"])

    @staticmethod
    def votes(rows):
        person, first, second, label = zip(*rows)
        return torch.tensor(person), torch.tensor(first), torch.tensor(second), torch.tensor(label, dtype=torch.float32)


def descend(groups, votes, options, loss):
    """Adam with a cosine to zero over random batches. `groups` are pairs of parameters and a factor on the rate."""
    optimizer = torch.optim.Adam([{"params": list(parameters), "lr": options.rate * factor} for parameters, factor in groups])
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * min(step / options.steps, 1)))
    )
    count = len(votes[0])
    for _ in range(options.steps):
        batch = votes
        if count > options.batch:
            at = torch.randint(count, (options.batch,))
            batch = [part[at] for part in votes]
        optimizer.zero_grad()
        loss(*batch).backward()
        optimizer.step()
        schedule.step()


def btl(data, options):
    """One reward for everybody: a perceptron with 32 hidden units."""
    head = nn.Sequential(nn.Linear(data.items.shape[1], 32), nn.GELU(), nn.Linear(32, 1))

    def margins(_person, first, second):
        return (head(data.items[first]) - head(data.items[second])).squeeze(1)

    def loss(person, first, second, label):
        return nn.functional.binary_cross_entropy_with_logits(margins(person, first, second), label)

    descend([(head.parameters(), 1)], data.train, options, loss)
    return margins


class Mlp2(nn.Module):
    """Three layers of equal width with residual."""

    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, rows):
        return rows + self.layers(rows)


def pal_a(data, options):
    """Ideal points `Pw` among K prototypes, distances, logistic loss with a learned scale."""
    items = data.items / data.items.square().mean().sqrt()
    project = Mlp2(items.shape[1])
    prototypes = nn.Parameter(torch.randn(options.prototypes, items.shape[1]))
    people = nn.Parameter(torch.randn(data.people, options.prototypes) * 0.1)
    log_scale = nn.Parameter(torch.zeros(()))

    def margins(person, first, second):
        point = torch.softmax(people[person], 1) @ prototypes
        near, far = ((project(items[at]) - point).norm(dim=1) for at in (first, second))
        return (far - near) * log_scale.exp()

    def loss(person, first, second, label):
        return nn.functional.binary_cross_entropy_with_logits(margins(person, first, second), label)

    groups = [(project.parameters(), 1), ([prototypes], 3), ([people, log_scale], 10)]
    descend(groups, data.train, options, loss)
    return margins


METHODS = {"btl": btl, "pal-a": pal_a}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--prototypes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    data = Data(options.data)
    start = time.perf_counter()
    margins = METHODS[options.method](data, options)
    seconds = time.perf_counter() - start
    person, first, second, label = data.test
    with torch.no_grad():
        accuracy = ((margins(person, first, second) > 0) == (label > 0.5)).float().mean().item()
    print(json.dumps({"seconds": seconds, "accuracy": accuracy, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
