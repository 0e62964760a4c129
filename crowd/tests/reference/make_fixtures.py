"""Writes ../fixtures/*.json: votes with what other programs make of them.

Ratings without ties come from choix, agreement from krippendorff. Ties, style control, standard errors and lotteries come from
scipy on likelihoods and linear programs written here, in Davidson's own form and with complex-step gradients, so that they share
nothing with the Rust code. Run it in a virtual environment outside the repository:

    python3 -m venv ENV
    ENV/bin/pip install -r crowd/tests/reference/requirements.txt
    ENV/bin/python crowd/tests/reference/make_fixtures.py

The output is the same on every run.
"""

import json
import pathlib

import choix
import krippendorff
import numpy as np
from scipy.optimize import linprog, minimize

HERE = pathlib.Path(__file__).parent.parent / "fixtures"
# The weak prior: N(0, 3^2) on ratings, effects and ln(nu).
SD = 3.0


def write(name, value):
    text = json.dumps(value, indent=None, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def candidate(at):
    return f"m{at:02d}"


def simulate(rng, people, candidates, votes, tie, effects=(), weights=(1.0,)):
    """Votes [rater, first, second, outcome, weight, first_style, second_style] of a made-up crowd."""
    ratings = rng.normal(0, 0.8, candidates)
    rows = []
    for _ in range(votes):
        first, second = (int(x) for x in rng.choice(candidates, 2, replace=False))
        # On the grid of 1/32, which the Rust code rounds to.
        styles = rng.integers(-48, 49, (2, len(effects))) / 32
        margin = ratings[first] - ratings[second] + float((styles[0] - styles[1]) @ np.array(effects))
        odds = np.array([np.exp(margin / 2), np.exp(-margin / 2), tie])
        outcome = int(rng.choice(3, p=odds / odds.sum()))
        rows.append(
            [
                f"r{int(rng.integers(people)):03d}",
                candidate(first),
                candidate(second),
                ["first", "second", "tie"][outcome],
                float(rng.choice(weights)),
                [float(x) for x in styles[0]],
                [float(x) for x in styles[1]],
            ]
        )
    return rows


def without_ties():
    cases = []
    for seed, (candidates, votes) in enumerate([(2, 20), (5, 120), (12, 900), (20, 2500)]):
        rng = np.random.default_rng(100 + seed)
        rows = simulate(rng, 40, candidates, votes, 0.0)
        pairs = []
        for _, first, second, outcome, *_ in rows:
            won, lost = (first, second) if outcome == "first" else (second, first)
            pairs.append((int(won[1:]), int(lost[1:])))
        likeliest = choix.opt_pairwise(candidates, pairs, alpha=0.0, method="Newton-CG", tol=1e-14)
        by_mm = choix.mm_pairwise(candidates, pairs, max_iter=200_000, tol=1e-13)
        likeliest, by_mm = likeliest - likeliest.mean(), by_mm - by_mm.mean()
        assert np.abs(likeliest - by_mm).max() < 1e-7, np.abs(likeliest - by_mm).max()
        # choix subtracts alpha * sum(r^2); the prior subtracts sum(r^2) / (2 sd^2).
        weak = choix.opt_pairwise(candidates, pairs, alpha=1 / (2 * SD**2), method="Newton-CG", tol=1e-14)
        cases.append({"votes": rows, "likeliest": by_mm.tolist(), "weak": (weak - weak.mean()).tolist()})
    write("without_ties", cases)


def davidson(parameters, rows, names, effects, precision):
    """Negative log posterior in Davidson's form: worths, and a tie's share nu * sqrt(product of worths)."""
    count = len(names)
    worths, nu = np.exp(parameters[:count]), np.exp(parameters[-1])
    value = 0
    for _, first, second, outcome, weight, first_style, second_style in rows:
        i, j = names.index(first), names.index(second)
        one, other = worths[i], worths[j]
        for effect, a, b in zip(parameters[count:-1], first_style, second_style):
            one, other = one * np.exp(effect * a), other * np.exp(effect * b)
        tie = nu * np.sqrt(one * other)
        part = {"first": one, "second": other, "tie": tie}[outcome]
        value = value - weight * np.log(part / (one + other + tie))
    return value + precision / 2 * np.sum(parameters**2)


def gradient(function, at):
    """Complex-step derivative: exact to rounding."""
    step = 1e-30
    slopes = np.empty(len(at))
    for place in range(len(at)):
        shifted = at.astype(complex)
        shifted[place] += 1j * step
        slopes[place] = function(shifted).imag / step
    return slopes


def climb(function, size):
    start = np.zeros(size)
    found = minimize(lambda at: function(at).real, start, jac=lambda at: gradient(function, at), method="BFGS",
                     options={"gtol": 1e-9, "maxiter": 2000})
    at = found.x
    for _ in range(3):
        hessian = curvature(function, at)
        at = at - np.linalg.lstsq(hessian, gradient(function, at), rcond=1e-10)[0]
    assert np.abs(gradient(function, at)).max() < 1e-8
    return at


def curvature(function, at):
    step = 1e-5
    rows = []
    for place in range(len(at)):
        move = np.zeros(len(at))
        move[place] = step
        rows.append((gradient(function, at + move) - gradient(function, at - move)) / (2 * step))
    rows = np.array(rows)
    return (rows + rows.T) / 2


def with_ties():
    cases = []
    shapes = [(4, 150, ()), (7, 500, ()), (6, 700, (0.6, -0.4))]
    for seed, (candidates, votes, effects) in enumerate(shapes):
        rng = np.random.default_rng(200 + seed)
        rows = simulate(rng, 30, candidates, votes, 0.7, effects, (1.0, 0.5, 0.25))
        names = [candidate(at) for at in range(candidates)]
        size = candidates + len(effects) + 1
        case = {"votes": rows, "covariates": len(effects)}
        for name, precision in [("likeliest", 0.0), ("weak", 1 / SD**2)]:
            def function(at, precision=precision):
                return davidson(at, rows, names, effects, precision)
            at = climb(function, size)
            at[:candidates] -= at[:candidates].mean()
            # Ratings at mean 0: the direction in which all move alike is taken out.
            centring = np.eye(size)
            centring[:candidates, :candidates] -= 1 / candidates
            covariance = centring @ np.linalg.pinv(curvature(function, at), rcond=1e-9) @ centring
            case[name] = {"parameters": at.tolist(), "errors": np.sqrt(np.diag(covariance)).tolist()}
            if precision == 0.0:
                case["clustered"] = clustered(at, rows, names, effects, covariance)
        cases.append(case)
    write("with_ties", cases)


def clustered(at, rows, names, effects, covariance):
    """Liang and Zeger's sandwich with raters as clusters."""
    raters = sorted({row[0] for row in rows})
    scores = []
    for rater in raters:
        own = [row for row in rows if row[0] == rater]
        scores.append(gradient(lambda x: davidson(x, own, names, effects, 0.0), at))
    scores = np.array(scores)
    count = len(raters)
    sandwich = covariance @ (scores.T @ scores) @ covariance * count / (count - 1)
    return np.sqrt(np.diag(sandwich)).tolist()


def agreement():
    cases = []
    missing = np.nan
    # Krippendorff's own example (2011, section C): 4 observers, 12 units.
    published = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, missing, missing, missing],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, missing, 3],
        [missing, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, missing],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, missing],
    ]
    tables = [np.array(published) - 1]
    for seed in range(6):
        rng = np.random.default_rng(300 + seed)
        truth = rng.integers(0, 4, 40)
        noisy = np.array([[t if rng.random() < 0.6 else rng.integers(0, 4) for t in truth] for _ in range(6)], float)
        noisy[rng.random(noisy.shape) < 0.2 + 0.1 * seed] = missing
        tables.append(noisy)
    for table in tables:
        values = int(np.nanmax(table)) + 1
        case = {"values": values, "table": [[None if np.isnan(x) else int(x) for x in row] for row in table]}
        for level in ["nominal", "ordinal"]:
            case[level] = float(krippendorff.alpha(table, level_of_measurement=level, value_domain=list(range(values))))
        cases.append(case)
    write("agreement", cases)


def lotteries():
    cases = []
    for seed, size in enumerate([3, 4, 6, 9, 15, 25]):
        rng = np.random.default_rng(400 + seed)
        upper = np.triu(rng.uniform(-1, 1, (size, size)), 1)
        margins = upper - upper.T
        # Largest v with p M >= v for each opponent; the game is fair, so v is 0.
        found = linprog(
            np.append(np.zeros(size), -1.0),
            A_ub=np.hstack([-margins.T, np.ones((size, 1))]),
            b_ub=np.zeros(size),
            A_eq=np.append(np.ones(size), 0.0)[None, :],
            b_eq=[1.0],
            bounds=[(0, None)] * size + [(None, None)],
        )
        assert abs(found.fun) < 1e-9
        cases.append({"margins": margins.tolist(), "mass": found.x[:size].tolist()})
    write("lotteries", cases)


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    without_ties()
    with_ties()
    agreement()
    lotteries()
