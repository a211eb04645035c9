"""What the traffic rules say of a running alert: one sentence from which its severity can be worked out again, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from detectors._charts.traffic import Reading, TrafficParams, band_of
from supplywatch.model.alert import Severity, Text

BANDS_ZH = {Severity.WATCH: "关注", Severity.WARNING: "预警", Severity.CRITICAL: "严重"}


@dataclass(frozen=True)
class Counted:
    """What is counted a day, in both languages."""

    en: str
    zh: str
    unit_zh: str


SHIPS = Counted("ships", "通行", "艘")
CALLS = Counted("calls", "挂靠", "艘次")


def passage(reading: Reading, params: TrafficParams) -> Text:
    """Return whether a strait is open, restricted or effectively closed, by the deficit that decides."""
    if reading.deciding_drop >= params.closed_drop:
        return Text(en="effectively closed", zh="实际关闭")
    restricted = reading.deciding_drop >= params.warning_drop
    return Text(en="restricted", zh="通行受限") if restricted else Text(en="open", zh="仍通行")


def figures(reading: Reading, observed: str, counted: Counted, params: TrafficParams) -> Text:
    """Return the figures of a running alert: how many against how many, against the season too, since when, as of when."""
    since = reading.core.onset or observed
    mean, base, days = reading.graded_mean, reading.base, reading.graded_days
    low, seasonal = _against(reading.graded_drop), _seasonal(reading)
    if _season_decides(reading, params):
        seasonal = Text(en=f"{seasonal.en}, which decides", zh=f"{seasonal.zh},以此为准")
    until = _held(reading, params)
    en = f"{mean:.0f} {counted.en} a day over the last {days} days against {base:.0f} usual, {low.en}; {seasonal.en}; since {since}"
    zh = f"近{days}日日均{counted.zh}{mean:.0f}{counted.unit_zh},常态{base:.0f}{counted.unit_zh},{low.zh};{seasonal.zh};自{since}起"
    return Text(en=f"{en}; data as of {observed}{until.en}", zh=f"{zh};数据截至{observed}{until.zh}")


def day_number(reading: Reading, observed: str) -> int:
    """Return which day of the disruption a day is; its onset is the first."""
    return (date.fromisoformat(observed) - date.fromisoformat(reading.core.onset or observed)).days + 1


def because(reading: Reading, params: TrafficParams) -> Text:
    """Return how the band follows from the two deficits, the lines and the hysteresis."""
    low, seasonal, which = _against(reading.graded_drop), _seasonal(reading), _deciding(reading)
    days, deciding = reading.graded_days, 100 * reading.deciding_drop
    lines, band, held = _lines(reading, params), reading.band, _held(reading, params)
    en = f"mean of the last {days} days {low.en} against the baseline of {reading.base:.0f}; {seasonal.en}; {which.en}"
    zh = f"近{days}日均值较基线{reading.base:.0f}{low.zh};{seasonal.zh};{which.zh}"
    return Text(
        en=f"{en} ({deciding:.0f} %): {band.value} ({lines.en}){held.en}", zh=f"{zh}({deciding:.0f}%):{BANDS_ZH[band]}({lines.zh}){held.zh}"
    )


def _against(drop: float) -> Text:
    share = abs(100 * drop)
    return Text(en=f"{share:.0f} % below", zh=f"低{share:.0f}%") if drop >= 0 else Text(en=f"{share:.0f} % above", zh=f"高{share:.0f}%")


def _seasonal(reading: Reading) -> Text:
    drop = reading.graded_drop_against_season
    if drop is None:
        return Text(en="no season known yet", zh="尚无往年同期可比")
    if abs(drop) < 0.005:
        return Text(en="as many as in season", zh="与往年同期持平")
    against = _against(drop)
    too = drop >= 0
    return Text(en=f"{against.en} season{' too' if too else ''}", zh=f"较往年同期{'也' if too else ''}{against.zh}")


def _season_decides(reading: Reading, params: TrafficParams) -> bool:
    """Tell whether the season makes it milder than the usual level alone would: then the sentence must say so."""
    return band_of(reading.graded_drop, params, stopped=reading.stop_days > 0) is not reading.band


def _deciding(reading: Reading) -> Text:
    seasonal = reading.graded_drop_against_season
    if seasonal is None:
        return Text(en="the baseline decides alone", zh="仅由基线决定")
    return Text(en="the smaller deficit decides", zh="以较小的降幅为准")


def _lines(reading: Reading, params: TrafficParams) -> Text:
    warning, critical, closed = (100 * share for share in (params.warning_drop, params.critical_drop, params.closed_drop))
    if reading.stop_days and reading.band is not Severity.WATCH:
        far = 100 * params.drop_share
        return Text(
            en=f"{reading.stop_days} days running over {far:.0f} % below are a stop: warning, critical from {closed:.0f} %",
            zh=f"连续{reading.stop_days}日低于基线{far:.0f}%以上为停航:预警;达{closed:.0f}%为严重",
        )
    return Text(en=f"warning from {warning:.0f} %, critical from {critical:.0f} %", zh=f"达{warning:.0f}%为预警,达{critical:.0f}%为严重")


def _held(reading: Reading, params: TrafficParams) -> Text:
    """Say until when a severity stays that the deficit alone would not give any more; nothing where it gives the same."""
    if reading.severity is reading.band:
        return Text(en="", zh="")
    line = params.critical_drop if reading.severity is Severity.CRITICAL else params.warning_drop
    until, days, so_far = 100 * (line - params.ease_margin), params.ease_days, reading.lower_days
    return Text(
        en=f"; stays {reading.severity.value} until {until:.0f} % or less for {days} days running ({so_far} so far)",
        zh=f";维持{BANDS_ZH[reading.severity]},直至连续{days}日降至{until:.0f}%以下(已{so_far}日)",
    )
