"""The life of an alert: a series of findings becomes transitions of episodes. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json, to_json

from supplywatch.model.alert import AlertEvent, Finding, Severity, Subject, Text, Transition
from supplywatch.model.rule import RuleCard, State


@dataclass
class Episode:
    """An alert that has not ended.

    ``opened`` is the period that opened it, ``onset`` the estimated first period of the condition.
    """

    alert_id: str
    opened: str
    severity: str
    onset: str | None
    standing: bool
    held: bool = False


@dataclass
class Memory:
    """All that is remembered of one rule on one subject between two records.

    Parameters
    ----------
    detector
        The rule's own state.
    status
        The last finding that judged anything: ``raised`` or ``clear``; ``None`` before the first.
    episodes
        How many episodes were opened so far: numbers the next one.
    series
        The histories this subject was fed from, in the order of their first record.
    rebased
        Periods after which a person accepted a new normal.
    axes
        Where the last finding that judged put a watched item on the axes; only of rules that fill an axis.
    rests
        The histories whose renewal makes the rule judge again; only of rules with :attr:`~supplywatch.model.rule.Rule.rests_on`.
    """

    detector: State | None = None
    status: str | None = None
    episodes: int = 0
    episode: Episode | None = None
    series: list[str] = field(default_factory=list)
    rebased: list[str] = field(default_factory=list)
    axes: dict[str, Any] = field(default_factory=dict)
    rests: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the text that is stored."""
        # pydantic's own writer: every judged record has a state to write; 125 to 29 microseconds for that of a monthly trend (decision 7).
        episode = None if self.episode is None else vars(self.episode)
        content = vars(self) | {"episode": episode}
        if not self.rests:
            del content["rests"]  # most rules rest on nothing; their states stay as releases before wrote them, to the byte
        return to_json(content).decode()

    @classmethod
    def from_json(cls, text: str) -> Memory:
        """Read what :meth:`to_json` wrote."""
        raw: dict[str, Any] = from_json(text)
        episode = raw.pop("episode")
        return cls(**raw, episode=None if episode is None else Episode(**episode))


def _hash(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Judged:
    """A finding with what is needed to say it: whose rule, on what, because of which record, and of whose word where a person spoke."""

    card: RuleCard
    subject: Subject
    finding: Finding
    observed: str
    known_at: datetime
    actor: str | None = None


def advance(memory: Memory, judged: Judged, *, news: bool = True) -> list[AlertEvent]:
    """Move the episode of ``memory`` (in place) and return the transitions, mostly none.

    Parameters
    ----------
    news
        ``False`` for the history of a first load: the episode does not move, only the status is remembered.
    """
    finding, episode = judged.finding, memory.episode
    if finding.status == "nothing":
        return []
    before = memory.status
    if finding.status != "unknown":
        memory.status = finding.status
    if not news:
        return []
    if episode is None:
        return [_open(memory, judged, before)] if finding.status == "raised" else []
    if finding.status == "clear":
        memory.episode = None
        return [event(judged, episode, Transition.RESOLVED)]
    if finding.status == "unknown":
        return hold(episode, judged)
    events = []
    if episode.held:
        episode.held = False
        events.append(event(judged, episode, Transition.RESUMED))
    step = finding.severity.order - Severity(episode.severity).order
    if step:
        episode.severity = finding.severity.value
        events.append(event(judged, episode, Transition.WORSENED if step > 0 else Transition.EASED))
    return events


def hold(episode: Episode, judged: Judged) -> list[AlertEvent]:
    """Hold an episode whose figures stay away; no second ``held`` while it is held."""
    if episode.held:
        return []
    episode.held = True
    return [event(judged, episode, Transition.HELD)]


def _open(memory: Memory, judged: Judged, before: str | None) -> AlertEvent:
    finding = judged.finding
    # Already raised, or never judged before: the condition was there before it could be news.
    standing = finding.standing if finding.standing is not None else before != "clear"
    memory.episodes += 1
    memory.episode = Episode(
        alert_id=_hash(judged.card.rule_id, judged.subject.id, str(memory.episodes), judged.observed),
        opened=judged.observed,
        severity=finding.severity.value,
        onset=finding.onset,
        standing=standing,
    )
    return event(judged, memory.episode, Transition.OPENED)


def event(
    judged: Judged, episode: Episode, transition: Transition, *, actor: str | None = None, expires_at: datetime | None = None
) -> AlertEvent:
    """Build the public record of one transition; equal input gives the equal ``event_id``."""
    finding, card = judged.finding, judged.card
    evidence = json.dumps([item.model_dump(mode="json") for item in finding.evidence], sort_keys=True)
    severity = Severity(episode.severity) if transition != Transition.RESOLVED else finding.severity
    return AlertEvent(
        event_id=_hash(episode.alert_id, transition, judged.observed, judged.known_at.isoformat(), severity, evidence),
        alert_id=episode.alert_id,
        rule=card.rule_id,
        rule_version=card.version,
        subject=judged.subject,
        taxonomy=tuple(dict.fromkeys((*card.taxonomy, *finding.taxonomy))),
        transition=transition,
        severity=severity,
        observed_at=judged.observed,
        known_at=judged.known_at,
        onset=episode.onset,
        standing=episode.standing,
        axes=finding.axes,
        evidence=finding.evidence,
        measures=finding.measures,
        clears_when=finding.clears_when,
        headline=finding.headline or _headline(judged, transition),
        exposure=finding.exposure,
        reason=finding.reason,
        actor=actor or judged.actor,
        expires_at=expires_at,
        grading=finding.grading,
        thresholds=finding.thresholds,
        surer_when=card.surer_when,
        not_supported=card.not_supported,
    )


def _headline(judged: Judged, transition: Transition) -> Text:
    name, card, reason = judged.subject.name, judged.card, judged.finding.reason
    tail_en, tail_zh = (f": {reason}", f":{reason}") if reason else ("", "")
    words = {
        Transition.RESOLVED: ("is back under its clear level", "已回到解除线以下"),
        Transition.HELD: ("cannot be judged now; the alert stays as it is", "暂无法判断,预警保持不变"),
        Transition.RETRACTED: ("a revision of the source took the evidence away", "来源修订后证据不再成立,预警撤回"),
    }
    en, zh = words.get(transition, (transition.value, transition.value))
    return Text(en=f"{card.title}, {name}: {en}{tail_en}", zh=f"{card.title_zh}·{name}:{zh}{tail_zh}")


def reconcile(memory: Memory, judged: Judged, raised: Iterable[tuple[str, str]]) -> list[AlertEvent]:
    """Hold the running episode against a history that was folded again after a revision.

    Parameters
    ----------
    memory
        Status and detector state are those of the new fold; the episode is still the old one.
    raised
        The ``(first, last)`` periods over which the new fold was raised.

    Returns
    -------
    list of AlertEvent
        ``retracted`` when nothing in the revised history supports the episode, ``resolved`` when it did but is over. A revision opens,
        worsens and eases nothing by itself: the next new period does.
    """
    episode = memory.episode
    if episode is None or memory.status == "raised" or judged.finding.status in ("unknown", "nothing"):
        return []
    start = episode.onset or episode.opened
    supported = any(first <= judged.observed and last >= start for first, last in raised)
    memory.episode = None
    if supported:
        return [event(judged, episode, Transition.RESOLVED)]
    vintage = next((item.vintage for item in judged.finding.evidence), f"known {judged.known_at:%Y-%m-%d}")
    reason = f"revised figures ({vintage}) from {start} to {judged.observed} raise nothing"
    return [
        event(
            replace(judged, finding=judged.finding.model_copy(update={"reason": reason, "headline": None})), episode, Transition.RETRACTED
        )
    ]
