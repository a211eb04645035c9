"""Names in running text: quotations with apostrophes in them, several companies in one cell."""

import pytest

from connectors._reading.running import quoted_aliases, related, several


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a.k.a. 'NA'IM AL-SHA'B'; DOB 1970", ["NA'IM AL-SHA'B"]),
        ("(a.k.a. 'D'ORO'S SHIPPING')", ["D'ORO'S SHIPPING"]),
        ("a.k.a. ''UTHMAN'; a.k.a. 'ABU SALAH''.", ["'UTHMAN", "ABU SALAH'"]),
        ("a.k.a. ''BIG TONY''.", ["BIG TONY"]),
        ('n.k.a. "KATA\'IB TRADING".', ["KATA'IB TRADING"]),
        ("f.k.a. 'ONE', a.k.a. 'T'WO'.", ["ONE", "T'WO"]),
        ("the shop of O'Hara; registered 'somewhere'", []),
    ],
)
def test_a_quotation_ends_where_its_piece_does(text: str, names: list[str]) -> None:
    assert [alias.text for alias in quoted_aliases(text)] == names


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("Oak Maritime Inc. (ISM manager) | Elm Tankers SA (registered owner since 2021)", ["Oak Maritime Inc.", "Elm Tankers SA"]),
        ("(1) Fir (Bermuda) Ltd (2) Ash & Sons; Yew OOO", ["Fir (Bermuda) Ltd", "Ash & Sons", "Yew OOO"]),
        ("a) Larch PJSC b) Beech JSC", ["Larch PJSC", "Beech JSC"]),
        ("Operator: Hazel Lines Co., Ltd", ["Hazel Lines Co., Ltd"]),
        ("Cedar Bank (Cyprus)", ["Cedar Bank (Cyprus)"]),
        ("Walnut\nChestnut", ["Walnut", "Chestnut"]),
    ],
)
def test_each_company_of_a_cell_is_one(cell: str, names: list[str]) -> None:
    found = list(related("owned_by", "Owner", cell))
    assert [relation.name for relation in found] == names
    assert [relation.text for relation in found] == [f"Owner: {piece}" for piece in several(cell)]
