"""Run lengths of the CUSUM by integral equation and by our own chart; chain lengths of a small economy."""

import math
import random

import pytest

from detectors._charts.cusum import Core, _decide
from detectors._charts.quiet import Limits
from detectors.shocks.chokepoint_disruption import Params
from supplywatch.config import rule_params

pytestmark = pytest.mark.gate
SHIPPED = rule_params("chokepoint_disruption", Params)
FAR_ABOVE = 10**9
"""A count that no shortcut takes for a near-closure."""


def solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Solve linear equations by elimination with pivots."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for n in range(size):
        pivot = max(range(n, size), key=lambda i: abs(rows[i][n]))
        rows[n], rows[pivot] = rows[pivot], rows[n]
        for i in range(n + 1, size):
            factor = rows[i][n] / rows[n][n]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[n], strict=True)]
    found = [0.0] * size
    for n in reversed(range(size)):
        found[n] = (rows[n][size] - sum(rows[n][j] * found[j] for j in range(n + 1, size))) / rows[n][n]
    return found


def gauss_legendre(count: int, upper: float) -> list[tuple[float, float]]:
    """Return nodes and weights on 0..upper."""
    found = []
    for n in range(count):
        x = math.cos(math.pi * (n + 0.75) / (count + 0.5))
        for _ in range(50):
            before, now = 1.0, x
            for j in range(2, count + 1):
                before, now = now, ((2 * j - 1) * x * now - (j - 1) * before) / j
            slope = count * (x * now - before) / (x * x - 1)
            x -= now / slope
        found.append((upper * (1 + x) / 2, upper / ((1 - x * x) * slope * slope)))
    return found


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _below(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def run_length(slack: float, limit: float, shift: float = 0.0) -> float:
    """Return the mean days to an opening from zero, of a one-sided CUSUM on normal values, by Page's integral equation."""
    nodes = [(0.0, 0.0), *gauss_legendre(48, limit)]
    matrix = []
    for i, (at, _) in enumerate(nodes):
        row = [-weight * _density(to - at + slack - shift) for to, weight in nodes]
        row[0] -= _below(slack - at - shift)
        row[i] += 1.0
        matrix.append(row)
    return solve(matrix, [1.0] * len(nodes))[0]


def two_sided(slack: float, limit: float, shift: float = 0.0) -> float:
    return 1 / (1 / run_length(slack, limit, shift) + 1 / run_length(slack, limit, -shift))


@pytest.mark.parametrize(("limit", "shift", "published"), [(4, 0, 167.68), (5, 0, 465.44), (4, 1, 8.383), (5, 1, 10.376)])
def test_gate_10_run_lengths_by_integral_equation(limit: float, shift: float, published: float) -> None:
    assert two_sided(0.5, limit, shift) == pytest.approx(published, abs=0.01)


def test_gate_10_the_limit_of_tables_would_open_once_in_two_thousand_years() -> None:
    assert run_length(0.75, 8) == pytest.approx(812_000, rel=0.005)


@pytest.mark.parametrize(("slack", "limit", "shift", "runs"), [(0.5, 4.0, 0.0, 3000), (0.5, 5.0, 1.0, 4000), (0.75, 8.0, 1.5, 3000)])
def test_gate_10_our_chart_runs_as_long_as_theory_says(slack: float, limit: float, shift: float, runs: int) -> None:
    params, rng, days = SHIPPED.model_copy(update={"slack_sigma": slack}), random.Random(11), 0
    for _ in range(runs):
        core = Core()
        while not core.open:
            days += 1
            _decide(core, rng.gauss(-shift, 1.0), FAR_ABOVE, 0, "day", True, params, Limits(limit, params.drop_days))
    assert days / runs == pytest.approx(run_length(slack, limit, shift), rel=0.05)


def test_gate_10_chain_lengths_of_a_small_economy() -> None:
    """Chain length N by Fally and upstreamness U by Antràs et al.; weighted with output both are the same."""
    sales, output = [[10, 20, 5], [15, 5, 30], [5, 10, 10]], [100, 120, 90]
    sectors = range(3)
    unit = [[float(i == j) for j in sectors] for i in sectors]
    n = solve([[unit[j][i] - sales[i][j] / output[j] for i in sectors] for j in sectors], [1.0] * 3)
    u = solve([[unit[i][j] - sales[i][j] / output[i] for j in sectors] for i in sectors], [1.0] * 3)
    assert n == pytest.approx([1.45026773, 1.44864514, 1.75888366], abs=1e-8)
    assert u == pytest.approx([1.54957001, 1.61706961, 1.42398183], abs=1e-8)
    for measure in (n, u):
        assert sum(m * x for m, x in zip(measure, output, strict=True)) / sum(output) == pytest.approx(1.53923780, abs=1e-8)
