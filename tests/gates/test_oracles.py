"""Our small code against the libraries of the field (extra ``oracles``): trends, false-discovery rates, the day of a break, the alarm."""

import importlib
import random
import warnings
from types import ModuleType

import pytest

from detectors._charts.cusum import BREAK_DAYS, Core, _decide, advance
from detectors._charts.quiet import Limits, Quiet
from detectors._charts.trend import benjamini_hochberg, hamed_rao, mann_kendall, sen_slope
from detectors.shocks.chokepoint_disruption import Params
from supplywatch.config import rule_params

pytestmark = [pytest.mark.gate, pytest.mark.filterwarnings("ignore")]
PARAMS = rule_params("chokepoint_disruption", Params)
LIMITS = Quiet().limits(PARAMS)


def oracle(name: str) -> ModuleType:
    pytest.importorskip(name.partition(".")[0], reason="the oracles extra; CI installs it")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


@pytest.mark.parametrize("seed", range(12))
def test_trends_are_those_of_pymannkendall(seed: int) -> None:
    library, rng = oracle("pymannkendall"), random.Random(seed)
    series, value = [], 0.0
    for step in range(rng.randint(10, 60)):
        value = 0.5 * value + rng.gauss(0, 1) + 0.05 * step
        series.append(round(value, 1))  # ties
    theirs, ours = library.original_test(series), mann_kendall(series)
    assert ours.s == theirs.s
    assert (ours.z, ours.p) == pytest.approx((theirs.z, theirs.p), abs=1e-9)
    assert sen_slope(series) == pytest.approx(theirs.slope, abs=1e-12)
    corrected = library.hamed_rao_modification_test(series)
    assert hamed_rao(series, sen_slope(series)).z == pytest.approx(corrected.z, abs=1e-9)
    if len(series) >= 24:
        by_month = library.seasonal_test(series, period=12)
        ours = mann_kendall(series, [step % 12 for step in range(len(series))])
        assert ours.s == by_month.s
        assert ours.z == pytest.approx(by_month.z, abs=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_false_discovery_is_that_of_statsmodels(seed: int) -> None:
    library, rng = oracle("statsmodels.stats.multitest"), random.Random(seed)
    p_values = [rng.random() ** rng.choice([1, 4]) for _ in range(rng.randint(1, 80))]
    theirs = library.multipletests(p_values, alpha=0.05, method="fdr_bh")[0]
    assert benjamini_hochberg(p_values, 0.05) == list(theirs)


def broken(seed: int) -> tuple[list[int], int]:
    """Return 300 days of traffic that falls from 60 to 36 a day, and the day on which it does."""
    rng = random.Random(seed)
    day = rng.randint(200, 260)
    return [max(0, round(rng.gauss(60 if n < day else 36, 6))) for n in range(300)], day


@pytest.mark.parametrize("seed", range(8))
def test_the_onset_is_the_change_point_of_ruptures(seed: int) -> None:
    library = oracle("ruptures")
    array = oracle("numpy").array
    counts, day = broken(seed)
    theirs = library.Dynp(model="l2", min_size=3, jump=1).fit(array(counts, dtype=float)).predict(n_bkps=1)[0]
    core = Core()
    for n, count in enumerate(counts):
        if not core.open:
            core = advance(core, str(n), n % 7, count, n, PARAMS, LIMITS)
    assert core.open
    assert core.onset is not None
    assert abs(theirs - day) <= 1
    assert abs(int(core.onset) - theirs) <= BREAK_DAYS


@pytest.mark.parametrize("seed", range(8))
def test_the_alarm_comes_no_later_than_that_of_rivers_page_hinkley(seed: int) -> None:
    """The same sum with the same slack and limit on standard scores; theirs learns the mean it is held against."""
    library, rng = oracle("river.drift"), random.Random(seed)
    params = PARAMS.model_copy(update={"slack_sigma": 0.5})
    theirs = library.PageHinkley(min_instances=30, delta=0.5, threshold=8.0, alpha=1.0, mode="down")
    core, ours_at, theirs_at = Core(), None, None
    for n in range(400):
        z = rng.gauss(0.0 if n < 300 else -2.0, 1.0)
        if ours_at is None:
            _decide(core, z, 10**9, n % 7, str(n), True, params, Limits(8.0, PARAMS.drop_days))
            ours_at = n if core.open else None
        theirs.update(z)
        if theirs_at is None and theirs.drift_detected:
            theirs_at = n
    assert ours_at is not None
    assert theirs_at is not None
    assert 300 <= ours_at <= theirs_at + 1
    assert theirs_at - ours_at <= 5
