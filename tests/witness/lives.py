"""A witness of lifecycles: the same lives lived by numpy, law by law.

    python lives.py SEEDBED [SEED] [LIVES]

For each lifecycle below, SEEDBED generates LIVES lives with their histories, and numpy ten times as many from the laws of
docs/reference/lifecycles.md, which stand beside the scenario in other words. Compared are the states at `as_of`, the numbers of
steps, where the first visit to each state led and why (chi-square tests), and how long the first finished visit to each state took
(two-sample Kolmogorov-Smirnov tests). Only first visits count because the others of a life depend on them. Each test has alpha 0.001 and
the seeds are fixed: another seed fails with a probability of about 0.001 for each of the tests, which the last line counts.

Needs numpy (written with 2.4.6). Times are seconds since 2025-01-01T00:00:00Z.
"""

import csv
import json
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from math import log, sqrt
from pathlib import Path

import numpy as np

SINCE, AS_OF = datetime(2025, 1, 1), datetime(2026, 4, 13)
HOUR, DAY = 3600.0, 86400.0
WEEK, YEAR = 7 * DAY, 365.2425 * DAY
MONTH = YEAR / 12
HORIZON = (AS_OF - SINCE) / timedelta(seconds=1)
# The quantile of the normal distribution at 1 - 0.001, and the factor of the two-sample KS test.
NORMAL, KOLMOGOROV = 3.0902, 1.9495


def main():
    seedbed = sys.argv[1]
    seed, lives = (int(word) for word in (sys.argv[2:] + ["1", "100000"][len(sys.argv) - 2 :]))
    tests = 0
    for name, (let, states, start) in LIFECYCLES.items():
        found = generated(seedbed, seed, lives, let)
        expected = simulated(np.random.default_rng([seed, len(name)]), 10 * lives, states, start)
        for what, test in (("state", chi_square), ("steps", chi_square), ("turns", chi_square), ("stays", kolmogorov)):
            for state in ["at the end"] if what in ("state", "steps") else states:
                fault, made = test(found[what, state], expected[what, state])
                tests += made
                if fault:
                    sys.exit(f"{name}: {what} {state}: {fault}\nseed {seed}, {lives} lives of {json.dumps(let)}")
    print(f"{len(LIFECYCLES)} lifecycles of {lives} lives: {tests} tests agree")


# The laws. A law gives the instants at which a way out is taken, where its state was entered at the instants `at`.


def fixed(seconds):
    return lambda rng, at, row: at + seconds


def one_of(stays):
    """A stay by weight, in seconds."""
    values, weights = np.array(list(stays)), np.array(list(stays.values()), float)
    return lambda rng, at, row: at + rng.choice(values, len(at), p=weights / weights.sum())


def between(low, high):
    return lambda rng, at, row: at + rng.uniform(low, high, len(at))


def mean(seconds):
    return lambda rng, at, row: at + rng.exponential(seconds, len(at))


def median(seconds, sigma):
    return lambda rng, at, row: at + seconds * np.exp(sigma * rng.standard_normal(len(at)))


def share(percent, unit):
    """A share of those in the state leaves in a unit of time: a constant hazard of which the rest survives it."""
    return mean(unit / -log(1 - percent / 100))


def times(number, unit):
    """So many times in a unit, a number of the row."""
    return lambda rng, at, row: at + rng.exponential(1, len(at)) * unit / np.maximum(number(row), 1e-12)


def instant(name):
    """An instant of the row; never where it is not after the entry, or NULL."""
    return lambda rng, at, row: np.where(row[name] > at, row[name], np.inf)


def at_midnights(day, chance, delay=0.0):
    """With a chance at each midnight of a day of the month in UTC. The documentation does not say what has to be after the entry, the
    midnight or the delayed instant; seedbed means the latter."""
    months = [datetime(SINCE.year + m // 12, m % 12 + 1, day) for m in range(240)]
    series = np.array([(month - SINCE) / timedelta(seconds=1) for month in months]) + delay

    def law(rng, at, row):
        tries = rng.geometric(np.maximum(chance(row), 1e-9), len(at))
        place = np.searchsorted(series, at, side="right") + tries - 1
        return np.where(place < len(series), series[np.minimum(place, len(series) - 1)], np.inf)

    return law


def always(value):
    return lambda row: np.full(len(row["start"]), value, float)


def turned(rng, turn, row):
    """The places of the next states. Weights are numbers, or functions of the row."""
    weights = np.array([weight(row) if callable(weight) else always(weight)(row) for weight in turn.values()])
    below = np.cumsum(weights, axis=0)
    return (rng.random(weights.shape[1]) * below[-1] >= below).sum(axis=0)


# The lifecycles: as seedbed reads them; as states with their ways out, each a law and where it leads by weight ("state because"), in
# the order in which they win at the same instant; and where they start.

seats = lambda row: row["seats"]

LIFECYCLES = {
    "competing rates": (
        {
            "states": {
                "trialing": {"for": "14 days", "then": {"active": 62, "canceled": 38}},
                "active": {
                    "leaves": [
                        {"to": "past_due", "rate": "20% per month", "because": "failed"},
                        {"to": "canceled", "rate": "1.5% per week"},
                        {"to": "paused", "rate": "3 per year"},
                    ]
                },
                "past_due": {
                    "for": {"choose": {"1 day": 50, "3 days": 25, "7 days": 25}},
                    "then": {"active": {"weight": 80, "because": "recovered"}, "canceled": {"weight": 20, "because": "exhausted"}},
                },
                "paused": {"for": {"mean": "40 days"}, "then": "active"},
                "canceled": None,
            }
        },
        {
            "trialing": [(fixed(14 * DAY), {"active": 62, "canceled": 38})],
            "active": [
                (share(20, MONTH), {"past_due failed": 1}),
                (share(1.5, WEEK), {"canceled": 1}),
                (mean(YEAR / 3), {"paused": 1}),
            ],
            "past_due": [(one_of({DAY: 50, 3 * DAY: 25, 7 * DAY: 25}), {"active recovered": 80, "canceled exhausted": 20})],
            "paused": [(mean(40 * DAY), {"active": 1})],
            "canceled": [],
        },
        {"trialing": 1},
    ),
    "stays": (
        {
            "start": {"placed": 90, "packed": 10},
            "states": {
                "placed": {
                    "for": {"median": "20 days", "sigma": 1},
                    "then": {"packed": 95, "canceled": {"weight": 5, "because": "stock"}},
                },
                "packed": {"for": {"from": "1 hour", "to": "30 days"}, "then": "shipped"},
                # The way of `then` wins where both are after 3 days.
                "shipped": {
                    "for": {"choose": {"1 day": 40, "3 days": 30, "5 days": 10, "never": 20}},
                    "then": {"delivered": 7, "placed": {"weight": 3, "because": "again"}},
                    "leaves": [{"to": "lost", "after": "3 days"}],
                },
                "delivered": {
                    "leaves": [
                        {"to": "placed", "after": {"median": "60 days", "sigma": 0.5}},
                        {"to": "lost", "after": {"mean": "90 days"}},
                    ]
                },
                "lost": None,
                "canceled": None,
            },
            "leaves": [{"to": "canceled", "rate": "10% per month", "because": "customer"}],
        },
        {
            "placed": [(median(20 * DAY, 1), {"packed": 95, "canceled stock": 5}), (share(10, MONTH), {"canceled customer": 1})],
            "packed": [(between(HOUR, 30 * DAY), {"shipped": 1}), (share(10, MONTH), {"canceled customer": 1})],
            "shipped": [
                (one_of({DAY: 40, 3 * DAY: 30, 5 * DAY: 10, np.inf: 20}), {"delivered": 7, "placed again": 3}),
                (fixed(3 * DAY), {"lost": 1}),
                (share(10, MONTH), {"canceled customer": 1}),
            ],
            "delivered": [
                (median(60 * DAY, 0.5), {"placed": 1}),
                (mean(90 * DAY), {"lost": 1}),
                (share(10, MONTH), {"canceled customer": 1}),
            ],
            "lost": [],
            "canceled": [],
        },
        {"placed": 90, "packed": 10},
    ),
    "chances at recurrences": (
        {
            "states": {
                "active": {
                    "leaves": [
                        {"to": "past_due", "at": "first", "chance": "20%", "delay": "1 hour", "because": "declined"},
                        {"to": "past_due", "at": "middle", "chance": "= seats * 0.04"},
                        {"to": "left", "rate": "5% per month"},
                    ]
                },
                "past_due": {
                    "for": {"from": "2 days", "to": "40 days"},
                    "then": "active",
                    "leaves": [{"to": "left", "at": "middle", "chance": "30%"}],
                },
                "left": {"leaves": [{"to": "active", "at": "first"}]},
            }
        },
        {
            "active": [
                (at_midnights(1, always(0.2), HOUR), {"past_due declined": 1}),
                (at_midnights(15, lambda row: 0.04 * row["seats"]), {"past_due": 1}),
                (share(5, MONTH), {"left": 1}),
            ],
            "past_due": [(between(2 * DAY, 40 * DAY), {"active": 1}), (at_midnights(15, always(0.3)), {"left": 1})],
            "left": [(at_midnights(1, always(1.0)), {"active": 1})],
        },
        {"active": 1},
    ),
    "numbers of the row": (
        {
            "start": {"small": "= 5 - seats", "large": "= seats"},
            "states": {
                "small": {"leaves": [{"to": "large", "rate": "= seats * 0.2 per month"}, {"to": "gone", "rate": "1% per day"}]},
                "large": {
                    "for": "= interval '10 days' * seats",
                    "then": {"small": "= seats", "gone": 1, "held": {"weight": "= 4 - seats", "because": "few"}},
                },
                "held": {"for": {"mean": "3 weeks"}, "then": {"large": "30%", "small": "10%"}},
                "gone": None,
            },
        },
        {
            "small": [(times(lambda row: 0.2 * row["seats"], MONTH), {"large": 1}), (share(1, DAY), {"gone": 1})],
            "large": [
                (lambda rng, at, row: at + 10 * DAY * row["seats"], {"small": seats, "gone": 1, "held few": lambda row: 4 - row["seats"]}),
            ],
            "held": [(mean(3 * WEEK), {"large": 3, "small": 1})],
            "gone": [],
        },
        {"small": lambda row: 5 - row["seats"], "large": seats},
    ),
    "instants of the row": (
        {
            "until": "sold_at",
            "states": {
                "open": {"until": "moves_at", "then": {"moved": 3, "shut": 1}, "leaves": [{"to": "open again", "rate": "15% per month"}]},
                "open again": {"leaves": [{"to": "moved", "on": "moves_at"}, {"to": "open", "after": {"from": "5 days", "to": "90 days"}}]},
                "moved": {"for": {"median": "2 weeks", "sigma": 1.5}, "then": "open"},
                "shut": None,
            },
        },
        {
            "open": [(instant("moves_at"), {"moved": 3, "shut": 1}), (share(15, MONTH), {"open again": 1})],
            "open again": [(instant("moves_at"), {"moved": 1}), (between(5 * DAY, 90 * DAY), {"open": 1})],
            "moved": [(median(14 * DAY, 1.5), {"open": 1})],
            "shut": [],
        },
        {"open": 1},
    ),
}


# Lives made, and lives lived.


def generated(seedbed, seed, lives, let):
    midnight = lambda day: {"recurrence": {"month": 1, "on": day, "from": "since", "at": "00:00"}}
    scenario = {
        "as_of": AS_OF.date().isoformat(),
        "since": SINCE.date().isoformat(),
        "tables": {
            "lives": {
                "rows": lives,
                "let": {
                    "first": midnight(1),
                    "middle": midnight(15),
                    "start": {"moment": {"from": "since", "to": "2026-01-01"}},
                    "seats": {"integer": {"from": 1, "to": 4}},
                    "moves_at": {"moment": {"from": "since", "to": "as_of"}, "null": "30%"},
                    "sold_at": {"moment": {"from": "2026-01-01", "to": "as_of"}, "null": "50%"},
                    "life": {"lifecycle": {"from": "start"} | let},
                },
                "columns": {"id": "serial", "state": "= life.state", "steps": "= life.steps"},
            },
            "visits": {
                "history_of": "lives.life",
                "let": {"s": "step"},
                "columns": {
                    "life": "parent",
                    "state": "= s.to",
                    "why": "= concat_ws(' ', s.to, s.because)",
                    "stay": "= extract(epoch from s.until - s.at)::bigint",
                },
            },
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [seedbed, "generate", "-", "--to", f"{folder}/", "--format", "csv", "--seed", str(seed), "--threads", "1", "--quiet"]
        run = subprocess.run(command, input=json.dumps(scenario), text=True, capture_output=True)
        if run.returncode:
            sys.exit(run.stderr[:3000])
        files = lambda name: sorted(Path(folder, name).glob("*.csv"))
        read = lambda name: zip(*(row for file in files(name) for row in list(csv.reader(file.open()))[1:]))
        _, end, steps = read("lives")
        life, state, why, stay = read("visits")
    found = {("state", "at the end"): np.array(end), ("steps", "at the end"): np.array(steps, int)}
    life, state, why = np.array(life, int), np.array(state), np.array(why)
    stay = np.array([float(text) if text else np.nan for text in stay])
    for name in let["states"]:
        here = np.flatnonzero(state == name)
        _, first = np.unique(life[here], return_index=True)
        first = here[first]
        first = first[~np.isnan(stay[first])]
        # What follows a finished visit is the next row.
        found["turns", name], found["stays", name] = why[first + 1], stay[first]
    return found


def simulated(rng, lives, states, start):
    names = list(states)
    new_year = (datetime(2026, 1, 1) - SINCE) / timedelta(seconds=1)
    row = {
        "start": rng.uniform(0, new_year, lives),
        "seats": rng.integers(1, 5, lives),
        "moves_at": np.where(rng.random(lives) < 0.3, np.inf, rng.uniform(0, HORIZON, lives)),
        "sold_at": np.where(rng.random(lives) < 0.5, np.inf, rng.uniform(new_year, HORIZON, lives)),
    }
    # Only the last lifecycle has an end.
    end = row["sold_at"] if "open again" in states else np.full(lives, np.inf)
    at, steps = row["start"].copy(), np.ones(lives, int)
    state = np.array([names.index(name) for name in start])[turned(rng, start, row)]
    visited = np.zeros((len(names), lives), bool)
    turns, stays = {name: [] for name in names}, {name: [] for name in names}
    living = np.arange(lives)
    while len(living):
        going = []
        for place, name in enumerate(names):
            here = living[state[living] == place]
            is_first = ~visited[place, here]
            visited[place, here] = True
            if not states[name] or not len(here):
                continue
            part = {key: values[here] for key, values in row.items()}
            taken = np.array([law(rng, at[here], part) for law, _ in states[name]])
            # Of two at the same instant, the one that is written first.
            way, leaves = taken.argmin(axis=0), taken.min(axis=0)
            is_left = (leaves <= HORIZON) & (leaves < end[here])
            for number, (_, turn) in enumerate(states[name]):
                by = is_left & (way == number)
                next_place = turned(rng, turn, {key: values[by] for key, values in part.items()})
                labels, first = np.array(list(turn)), is_first[by]
                turns[name].append(labels[next_place][first])
                stays[name].append(np.round(leaves[by] - at[here][by])[first])
                # Of "open" and "open again" the longer one is meant, where it fits.
                state_named = lambda label: max((name for name in names if label.startswith(name)), key=len)
                state_of = np.array([names.index(state_named(label)) for label in labels])
                # States change after all have been looked at.
                going.append((here[by], state_of[next_place], leaves[by]))
        for lives_here, next_state, leaves in going:
            state[lives_here], at[lives_here] = next_state, leaves
            steps[lives_here] += 1
        living = np.concatenate([lives_here for lives_here, _, _ in going]) if going else living[:0]
    expected = {("state", "at the end"): np.array(names)[state], ("steps", "at the end"): steps}
    for name in names:
        expected["turns", name] = np.concatenate(turns[name]) if turns[name] else np.array([], str)
        expected["stays", name] = np.concatenate(stays[name]) if stays[name] else np.array([])
    return expected


# The tests: what is wrong, and whether there was anything to test.


def chi_square(found, expected):
    """Homogeneity of two samples of kinds; rare ones count as one."""
    if not len(found) or not len(expected):
        return (None if len(found) == len(expected) else f"{len(found)} and {len(expected)} of them"), 0
    kinds = np.unique(np.concatenate([found, expected]))
    counts = np.array([[(sample == kind).sum() for kind in kinds] for sample in (found, expected)], float)
    strange = kinds[(counts[1] == 0) & (counts[0] > 0)]
    if found.dtype.kind == "U" and len(strange):
        return f"never expected: {strange}", 1
    totals = counts.sum(axis=1, keepdims=True)
    is_rare = counts.sum(axis=0) * totals[0] / totals.sum() < 10
    if is_rare.any():
        counts = np.column_stack([counts[:, ~is_rare], counts[:, is_rare].sum(axis=1)])
    mean_counts = totals * counts.sum(axis=0) / totals.sum()
    with np.errstate(invalid="ignore"):
        statistic = np.nansum((counts - mean_counts) ** 2 / mean_counts)
    freedom = (mean_counts[0] > 0).sum() - 1
    if not freedom:
        return None, 0
    # Wilson and Hilferty's approximation of the quantile.
    limit = freedom * (1 - 2 / (9 * freedom) + NORMAL * sqrt(2 / (9 * freedom))) ** 3
    if statistic <= limit:
        return None, 1
    named = [str(kind) for kind in kinds[~is_rare]] + ["the rare ones"] * int(is_rare.any())
    shares = {kind: f"{a:.4%}, expected {b:.4%}" for kind, a, b in zip(named, *(counts / totals))}
    return f"chi-square {statistic:.1f} > {limit:.1f}: {shares}", 1


def kolmogorov(found, expected):
    """Two samples of stays in whole seconds. Where many are alike the test is only stricter than alpha says."""
    if not len(found) or not len(expected):
        return (None if len(found) == len(expected) else f"{len(found)} and {len(expected)} of them"), 0
    found, expected = np.sort(found), np.sort(expected)
    values = np.concatenate([found, expected])
    below = [np.searchsorted(sample, values, side="right") / len(sample) for sample in (found, expected)]
    gaps = np.abs(below[0] - below[1])
    limit = KOLMOGOROV * sqrt((len(found) + len(expected)) / len(found) / len(expected))
    if gaps.max() <= limit:
        return None, 1
    return f"distance {gaps.max():.5f} > {limit:.5f} at {values[gaps.argmax()] / DAY:.3f} days", 1


if __name__ == "__main__":
    main()
