"""What every rule must keep, over all rules that the registry finds."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from supplywatch import registry
from supplywatch.config import read_yaml, rule_params
from supplywatch.model.items import load_items
from supplywatch.model.rule import Context, Rule
from supplywatch.model.taxonomy import load_taxonomy
from supplywatch.rulebook.cases import Case, cases, fold, problem_of, run
from tests.conftest import ROOT

RULES = list(registry.rules().values())
CASES = [case for rule in RULES for case in cases(rule.card.rule_id)]


NODES = set(load_taxonomy().nodes)
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.card.rule_id)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule_id}: {case.name}")


def test_every_rule_is_found() -> None:
    """A folder that discovery no longer walks would take its rules out of every test below, and nobody would see."""
    found = {rule.card.rule_id for rule in RULES}
    assert found == {path.stem for path in (ROOT / "detectors").rglob("cases/*.yaml")}
    assert len(found) >= 14


@every_rule
def test_card_is_complete(rule: Rule[Any]) -> None:
    card = rule.card
    for text in (card.version, card.title, card.title_zh, card.reference, card.runbook):
        assert text.strip()
    assert card.blind_spots
    assert card.surer_when
    assert card.not_supported
    assert set(card.judged_by) <= set(rule.params.model_fields)
    assert card.taxonomy
    assert set(card.taxonomy) <= NODES
    if card.rule_id != "source_health":  # about ourselves, not about the article's risks
        assert any(load_taxonomy().node(node).quote_zh for node in card.taxonomy)
    assert (ROOT / "docs" / "runbooks" / card.runbook).is_file()
    assert card.false_alert_budget is None or 0 < card.false_alert_budget <= 1


@every_rule
def test_parameters_stand_in_the_thresholds_with_a_source(rule: Rule[Any]) -> None:
    rule_params(rule.card.rule_id, rule.params)
    assert set(read_yaml("thresholds.yaml")[rule.card.rule_id]) == set(rule.params.model_fields)
    assert all(field.is_required() for field in rule.params.model_fields.values()), "no default stands in code"


@every_rule
def test_a_rule_has_firing_and_silent_cases(rule: Rule[Any]) -> None:
    assert {case.fires for case in cases(rule.card.rule_id)} == ({True, False} if rule.card.opens else {False})


@every_rule
def test_cases_come_out_as_they_say(rule: Rule[Any]) -> None:
    assert [(outcome.case.name, outcome.problem) for outcome in run(rule) if outcome.problem] == []


@every_rule
def test_a_case_that_says_otherwise_is_found_out(rule: Rule[Any]) -> None:
    case = cases(rule.card.rule_id)[0]
    assert problem_of(rule, replace(case, fires=not case.fires)) is not None
    assert "ends otherwise" in str(problem_of(rule, replace(case, expect={"status": "unheard of"})))


@every_case
def test_state_is_json_and_never_mutated(case: Case) -> None:
    rule, items = registry.rule(case.rule_id), load_items()
    params = rule_params(case.rule_id, rule.params)
    for record, state, finding in fold(rule, case.records):
        assert json.loads(json.dumps(state, allow_nan=False)) == state
        kept = deepcopy(state)
        if isinstance(record, rule.records):  # others of the case stand beside the judged ones
            rule.detect(state, record, params, Context(items))
        assert state == kept
        assert finding.status != "unknown" or finding.reason


@every_case
def test_what_is_raised_can_be_read_and_read_again(case: Case) -> None:
    for record, _, finding in fold(registry.rule(case.rule_id), case.records):
        assert set(finding.taxonomy) <= NODES
        if finding.status != "raised":
            continue
        assert finding.headline is not None
        assert finding.headline.en.strip()
        assert finding.headline.zh.strip()
        assert finding.clears_when is None or "\n" not in finding.clears_when
        assert finding.evidence
        assert all(len(item.sha256) == 64 and item.position and item.period for item in finding.evidence)
        assert {item.vintage for item in finding.evidence} >= {record.provenance.vintage}
