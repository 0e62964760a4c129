"""Trains preference models in plain PyTorch on the CPU, for comparison of speed with ours.

Started by `cargo run --release -p palate-lab --example train_speed -- --python PYTHON`, which writes the data, trains the
same models on the same votes with the same sizes of batches and steps, and compares. Needs the package torch.

A method is one class in METHODS: `train` learns, `person` infers one person from votes, `rewards` scores items for persons.
"""

import argparse
import json
import math
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

# Votes that a new person is fitted to, and how many people are timed.
SHOTS = 20
TIMED = 200


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

    def by_person(self):
        """Winners and losers `[people, most votes]` of training, padded with 0, and how many votes each person has."""
        person, first, second, label = self.train
        winners, losers = torch.where(label > 0.5, first, second), torch.where(label > 0.5, second, first)
        counts = torch.bincount(person, minlength=self.people)
        order = torch.argsort(person, stable=True)
        place = torch.arange(len(person)) - torch.repeat_interleave(counts.cumsum(0) - counts, counts)
        padded = torch.zeros(2, self.people, int(counts.max()), dtype=torch.long)
        padded[0, person[order], place] = winners[order]
        padded[1, person[order], place] = losers[order]
        return padded[0], padded[1], counts


def descend(groups, options, loss, rate, steps):
    """Adam with a cosine to zero. `groups` are pairs of parameters and a factor on the rate."""
    optimizer = torch.optim.Adam([{"params": list(parameters), "lr": rate * factor} for parameters, factor in groups])
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * min(step / steps, 1)))
    )
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        schedule.step()


def batch(votes, most):
    """All votes, or so many drawn at random."""
    count = len(votes[0])
    if count <= most:
        return votes
    at = torch.randint(count, (most,))
    return [part[at] for part in votes]


def logistic(margins, labels):
    return F.binary_cross_entropy_with_logits(margins, labels)


class Btl:
    """One reward for everybody: a perceptron with 32 hidden units."""

    def __init__(self, data, _options):
        self.head = nn.Sequential(nn.Linear(data.items.shape[1], 32), nn.GELU(), nn.Linear(32, 1))

    def train(self, data, options):
        def loss():
            _, first, second, label = batch(data.train, options.batch)
            rewards = self.head(data.items)
            return logistic((rewards[first] - rewards[second]).squeeze(1), label)

        descend([(self.head.parameters(), 1)], options, loss, options.rate, options.steps)

    def person(self, _winners, _losers):
        return None

    def margins(self, data, first, second, _person):
        return (self.head(data.items[first]) - self.head(data.items[second])).squeeze(1)


def draw(people, winners, losers, counts, votes):
    """That many votes of each person, in random order, without replacement."""
    order = torch.rand(len(people), winners.shape[1])
    order = order.masked_fill(torch.arange(winners.shape[1]) >= counts[people].unsqueeze(1), 2).argsort(1)
    drawn = order[:, :votes]
    return winners[people].gather(1, drawn), losers[people].gather(1, drawn)


class Mlp2(nn.Module):
    """Three layers of equal width with residual."""

    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, rows):
        return rows + self.layers(rows)


class PalA:
    """Ideal points `Pw` among K prototypes, distances, logistic loss with a learned scale."""

    def __init__(self, data, options):
        width = data.items.shape[1]
        self.unit = data.items.square().mean().sqrt()
        self.project = Mlp2(width)
        self.prototypes = nn.Parameter(torch.randn(options.prototypes, width))
        self.people = nn.Parameter(torch.randn(data.people, options.prototypes) * 0.1)
        self.log_scale = nn.Parameter(torch.zeros(()))

    def train(self, data, options):
        items = data.items / self.unit

        def loss():
            person, first, second, label = batch(data.train, options.batch)
            point = torch.softmax(self.people[person], 1) @ self.prototypes
            near, far = ((self.project(items[at]) - point).norm(dim=1) for at in (first, second))
            return logistic((far - near) * self.log_scale.exp(), label)

        groups = [
            (self.project.parameters(), 1),
            ([self.prototypes], 3),
            ([self.people, self.log_scale], 10),
        ]
        descend(groups, options, loss, options.rate, options.steps)
        with torch.no_grad():
            self.latent = self.project(items)

    def person(self, winners, losers):
        """K numbers from zero: 50 steps of Adam under the prior N(0, 1.5²)."""
        won, lost, scale = self.latent[winners], self.latent[losers], self.log_scale.detach().exp()
        prototypes = self.prototypes.detach()
        logits = torch.zeros(len(prototypes), requires_grad=True)
        optimizer = torch.optim.Adam([logits], lr=0.1)
        for _ in range(50):
            optimizer.zero_grad()
            point = torch.softmax(logits, 0) @ prototypes
            margins = ((lost - point).norm(dim=1) - (won - point).norm(dim=1)) * scale
            (F.softplus(-margins).sum() + logits.square().sum() / (2 * 1.5**2)).backward()
            optimizer.step()
        return torch.softmax(logits.detach(), 0) @ prototypes

    def margins(self, _data, first, second, point):
        far, near = (((self.latent[at] - point) ** 2).sum(1).sqrt() for at in (second, first))
        return (far - near) * self.log_scale.exp()


class Vpl(nn.Module):
    """Pairs to Gaussian evidence about z by one layer of attention; rewards `r(x, z)`."""

    def __init__(self, data, options):
        super().__init__()
        width, hidden, latent = data.items.shape[1], 32, 4
        self.hidden, self.latent = hidden, latent
        self.item = nn.Linear(width, hidden)
        self.winner, self.loser = nn.Linear(width, hidden), nn.Linear(width, hidden)
        self.token = nn.Linear(hidden, hidden)
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.mix = nn.Linear(hidden, hidden)
        self.evidence = nn.Linear(hidden, 2 * latent)
        self.shift = nn.Linear(latent, hidden)
        self.inner, self.output = nn.Linear(hidden, hidden), nn.Linear(hidden, 1)
        mean, sd = data.items.mean(0), data.items.std(0).clamp_min(1e-6)
        self.items = (data.items - mean) / sd

    def posterior(self, winners, losers, mask):
        """`[episodes, votes]` each; mask 1 where there is a vote. Mean and log variance `[episodes, latent]`."""
        pairs = F.leaky_relu(self.winner(self.items[winners]) + self.loser(self.items[losers]), 0.2)
        tokens = F.leaky_relu(self.token(pairs), 0.2)
        scores = self.query(tokens) @ self.key(tokens).transpose(1, 2) / math.sqrt(self.hidden)
        attention = torch.softmax(scores + (mask - 1).unsqueeze(1) * 1e9, 2)
        attended = attention @ self.value(tokens) + tokens
        location, raw = self.evidence(F.leaky_relu(self.mix(attended), 0.2)).split(self.latent, 2)
        precisions = F.softplus(raw) * mask.unsqueeze(2)
        precision = precisions.sum(1) + 1
        return (precisions * location).sum(1) / precision, -precision.log()

    def rewards(self, items, z):
        """Items `[episodes, items]`, z `[episodes, latent]`."""
        hidden = F.leaky_relu(self.item(self.items[items]) + self.shift(z).unsqueeze(1), 0.2)
        return self.output(F.leaky_relu(self.inner(hidden), 0.2)).squeeze(2)

    def train_on(self, data, options):
        episodes, context, targets = 64, 12, 8
        winners, losers, counts = data.by_person()

        def loss():
            person = torch.randint(data.people, (episodes,))
            shots = torch.randint(context + 1, (episodes, 1))
            won, lost = draw(person, winners, losers, counts, context + targets)
            mask = (torch.arange(context) < shots).float()
            mean, log_variance = self.posterior(won[:, :context], lost[:, :context], mask)
            z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
            sides = torch.cat([won[:, context:], lost[:, context:]], 1)
            at_mean, at_sample = (self.rewards(sides, at).split(targets, 1) for at in (mean, z))
            margin = at_mean[0] - at_mean[1]
            deviation = at_sample[0] - at_sample[1] - margin
            margin = margin / (1 + math.pi / 8 * deviation.square()).sqrt()
            kl = (log_variance.exp() + mean.square() - log_variance - 1).sum(1).mean() / 2
            return F.softplus(-margin).mean() + 1e-2 * kl

        descend([(self.parameters(), 1)], options, loss, options.rate, options.steps)

    def person(self, winners, losers):
        mask = torch.ones(1, len(winners))
        return self.posterior(winners.unsqueeze(0), losers.unsqueeze(0), mask)[0]

    def margins(self, _data, first, second, z):
        rewards = self.rewards(torch.cat([first, second]).unsqueeze(0), z)[0]
        return rewards[: len(first)] - rewards[len(first) :]


def normalise(x):
    return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()


class Block(nn.Module):
    """Multi-head attention, then a gated layer; both add to their input."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.query, self.memory, self.out = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(width, width)

    def forward(self, x, tokens, mask):
        split = lambda part: part.unflatten(2, (self.heads, -1)).transpose(1, 2)
        keys, values = self.memory(tokens).chunk(2, 2)
        mixed = F.scaled_dot_product_attention(split(self.query(normalise(x))), split(keys), split(values), attn_mask=mask)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        gate, hidden = self.up(normalise(x)).chunk(2, 2)
        return x + self.down(gate * hidden)


class Fspo(nn.Module):
    """Shots as a set with a null token; items attend to it."""

    def __init__(self, data, options):
        super().__init__()
        width, heads = 32, 4
        self.width = width
        self.item = nn.Linear(data.items.shape[1], 3 * width)
        with torch.no_grad():
            one = self.item.weight[:width]
            self.item.weight.copy_(torch.cat([one, -one, one]))
            self.item.bias.zero_()
        self.token, self.query = nn.Linear(width, width), nn.Linear(width, width)
        self.null = nn.Parameter(torch.randn(width) * 0.5)
        self.shots = nn.ModuleList(Block(width, heads) for _ in range(2))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(2))
        self.reward = nn.Linear(width, 1)
        with torch.no_grad():
            for block in self.blocks:
                for layer in (block.out, block.down):
                    layer.weight.zero_()
                    layer.bias.zero_()
        self.rows = data.items

    def score(self, queries):
        return self.reward(normalise(queries)).squeeze(-1)

    def queries(self, items):
        hidden = self.item(self.rows[items])[..., 2 * self.width :]
        return hidden + self.query(F.relu(hidden))

    def tokens(self, winners, losers, mask):
        won, lost = self.item(self.rows[winners]), self.item(self.rows[losers])
        shots = won[..., : self.width] + lost[..., self.width : 2 * self.width]
        shots = shots + self.token(F.relu(shots))
        tokens = torch.cat([self.null.expand(len(shots), 1, -1), shots], 1)
        mask = torch.cat([torch.ones(len(shots), 1, dtype=torch.bool), mask], 1)[:, None, None, :]
        for block in self.shots:
            tokens = block(tokens, normalise(tokens), mask)
        return normalise(tokens), mask

    def rewards(self, items, tokens, mask):
        queries = self.queries(items)
        for block in self.blocks:
            queries = block(queries, tokens, mask)
        return self.score(queries)

    def train_on(self, data, options):
        episodes, most, targets = 32, 16, 16
        winners, losers, counts = data.by_person()
        all_winners, all_losers = (part[torch.arange(part.shape[1]) < counts.unsqueeze(1)] for part in (winners, losers))

        def population():
            at = torch.randint(len(all_winners), (512,))
            won, lost = (self.score(self.queries(part[at])) for part in (all_winners, all_losers))
            return F.softplus(lost - won).mean()

        descend([(self.parameters(), 1)], options, population, options.rate, options.population_steps)

        def episode():
            person = torch.randint(data.people, (episodes,))
            shots = torch.randint(most + 1, (episodes, 1))
            won, lost = draw(person, winners, losers, counts, most + targets)
            tokens, mask = self.tokens(won[:, :most], lost[:, :most], torch.arange(most) < shots)
            rewards = self.rewards(torch.cat([won[:, most:], lost[:, most:]], 1), tokens, mask)
            better, worse = rewards.chunk(2, 1)
            return F.softplus(worse - better).mean()

        descend([(self.parameters(), 1)], options, episode, options.rate, options.steps)

    def person(self, winners, losers):
        mask = torch.ones(1, len(winners), dtype=torch.bool)
        return self.tokens(winners.unsqueeze(0), losers.unsqueeze(0), mask)

    def margins(self, _data, first, second, person):
        rewards = self.rewards(torch.cat([first, second]).unsqueeze(0), *person)[0]
        return rewards[: len(first)] - rewards[len(first) :]


Vpl.train = lambda self, data, options: self.train_on(data, options)
Fspo.train = lambda self, data, options: self.train_on(data, options)
METHODS = {"btl": Btl, "pal-a": PalA, "vpl": Vpl, "fspo": Fspo}


def accuracy(model, data):
    """Share of test votes right, each person fitted to their training votes."""
    winners, losers, counts = data.by_person()
    person, first, second, label = data.test
    right = 0
    for at in range(data.people):
        own = person == at
        votes = int(counts[at])
        fitted = model.person(winners[at, :votes], losers[at, :votes])
        with torch.no_grad():
            margins = model.margins(data, first[own], second[own], fitted)
        right += ((margins > 0) == (label[own] > 0.5)).sum().item()
    return right / len(person)


def fit_microseconds(model, data):
    """Median time of fitting a person to SHOTS votes."""
    winners, losers, counts = data.by_person()
    able = [at for at in range(data.people) if counts[at] >= SHOTS]
    times = []
    for round_ in range(TIMED):
        at = able[round_ % len(able)]
        votes = winners[at, :SHOTS], losers[at, :SHOTS]
        start = time.perf_counter()
        fitted = model.person(*votes)
        times.append((time.perf_counter() - start) * 1e6)
    return None if fitted is None else statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--population-steps", type=int, default=200)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--prototypes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    data = Data(options.data)
    model = METHODS[options.method](data, options)
    start = time.perf_counter()
    model.train(data, options)
    seconds = time.perf_counter() - start
    gradients = torch.enable_grad() if options.method == "pal-a" else torch.no_grad()
    with gradients:
        right = accuracy(model, data)
        fit = fit_microseconds(model, data)
    print(json.dumps({"seconds": seconds, "accuracy": right, "fit_microseconds": fit, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
