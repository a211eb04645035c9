"""Names that share a cell: separators, languages, legal forms, brackets."""

import pytest

from connectors._reading.aliases import further_names, is_native, with_bracket


@pytest.mark.parametrize(
    ("cell", "person", "names"),
    [
        ("Anna B. Leus or Hanna Leusik, Ganna", True, [("Anna B. Leus", "strong"), ("Hanna Leusik", "strong"), ("Ganna", "weak")]),
        ("Пётр Ильин / Петро Iльїн", True, [("Пётр Ильин", "native"), ("Петро Iльїн", "native")]),
        ("Олена Кот and Елена Кот", True, [("Олена Кот", "native"), ("Елена Кот", "native")]),
        ("Research and Production Works, JSC, RPW", False, [("Research and Production Works, JSC", "strong"), ("RPW", "strong")]),
        ("Синтез, АО; «Синтез, Омск»", False, [("Синтез, АО", "native"), ("«Синтез, Омск»", "native")]),
        ('АО "Один, Два" or ОАО ОД', False, [('АО "Один, Два"', "native"), ("ОАО ОД", "native")]),
        ("Oak A/S, Elm (Oslo, Bergen) AS", False, [("Oak A/S", "strong"), ("Elm (Oslo, Bergen) AS", "strong")]),
        ("Long Name of\nan Institute;\nLNI", False, [("Long Name of an Institute", "strong"), ("LNI", "strong")]),
    ],
)
def test_each_name_of_a_cell_is_one(cell: str, person: bool, names: list[tuple[str, str]]) -> None:
    assert [(alias.text, alias.kind) for alias in further_names(cell, person=person)] == names


def test_a_language_reaches_to_the_next_one() -> None:
    found = further_names("Sadna Co, Arabic: شركة صدنا, صدنا; Belarussian: Садна Russian: Садна or Садно; Sadna Ltd", person=False)
    assert [(alias.text, alias.language) for alias in found] == [
        ("Sadna Co", None),
        ("شركة صدنا", "ar"),
        ("صدنا", "ar"),
        ("Садна", "be"),
        ("Садна", "ru"),
        ("Садно", "ru"),
        ("Sadna Ltd", None),
    ]


def test_a_bracket_gives_further_names() -> None:
    name, further = with_bracket("Tula Works JSC (also known as\nTW – Association, Tula PA and Tula Production Association)")
    assert name == "Tula Works JSC"
    assert [alias.text for alias in further] == ["TW – Association", "Tula PA", "Tula Production Association"]
    assert with_bracket("Krasno (Moscow)") == ("Krasno (Moscow)", [])


@pytest.mark.parametrize(
    ("text", "native"),
    [("Сбeрбанк", True), ("合成公司 Ltd", True), ("Ltd 合成", False), ("Đặng Văn", False), ("شركة A", True), ("7", False)],
)
def test_a_script_is_that_of_most_letters(text: str, native: bool) -> None:
    assert is_native(text) is native
