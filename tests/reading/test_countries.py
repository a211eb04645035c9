"""Countries: all of ISO 3166, the spellings of publishers and of people, and what must stay unknown."""

import gettext
import subprocess
import sys

import pycountry
import pytest

from supplywatch.reading import countries as module
from supplywatch.reading.countries import (
    LANGUAGES,
    by_alpha3,
    countries,
    country_code,
    folded,
    former_alpha3,
    iso3_of_name,
    known_country,
    says_unknown,
    written_country,
)

BOOK = module._book()
ROWS = [row for section in ("publishers", "files") for row in BOOK[section]]


def test_every_code_of_iso_3166_is_read_and_every_english_name() -> None:
    assert len(by_alpha3()) == 249
    for each in pycountry.countries:
        names = [each.name, getattr(each, "official_name", each.name), getattr(each, "common_name", each.name)]
        for text in (each.alpha_2, each.alpha_3, each.alpha_3.lower(), *names, names[0].upper(), countries()[each.alpha_2].name):
            assert written_country(text) == each.alpha_2, text
        assert {country_code(name) for name in names} == {each.alpha_2}
        assert iso3_of_name(each.name) == each.alpha_3


def test_each_row_of_our_spellings_has_a_source_and_no_two_disagree() -> None:
    assert {row["source"] for row in ROWS} <= BOOK["sources"].keys()
    assert {row["code"] for row in ROWS} <= countries().keys()
    meant: dict[str, str] = {}
    for row in ROWS:
        for name in row["names"]:
            assert meant.setdefault(folded(name), row["code"]) == row["code"], name
            assert written_country(name) == row["code"], name


def test_a_name_in_another_language_means_its_country_or_nothing() -> None:
    wrong, silent = [], []
    for language in LANGUAGES:
        catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
        for each in pycountry.countries:
            found = written_country(catalogue.gettext(each.name))
            silent += [(language, each.alpha_2)] if found is None else []
            wrong += [(language, each.alpha_2, found)] if found not in (each.alpha_2, None) else []
    assert wrong == [("vi", "AT", "AO")]  # "Ao" for Austria; as a code it is Angola
    assert silent == [("fa", "PS")]  # the catalogue gives the name to Eritrea too


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("P. R. CHINA", "CN"),
        ("Peoples Republic of China", "CN"),
        ("china (prc)", "CN"),
        ("Republic of Korea (South)", "KR"),
        ("KOREA, REPUBLIC", "KR"),
        ("Korea, Dem. Rep.", "KP"),
        ("Rep. of Moldova", "MD"),
        ("St. Kitts & Nevis", "KN"),
        ("Saint Lucia", "LC"),
        ("Viet-Nam", "VN"),
        ("VIET NAM", "VN"),
        ("the Netherlands", "NL"),
        ("Macau S.A.R.", "MO"),
        ("\ufeffGreat\u00a0Britain\u200b", "GB"),
        ("Congo, Dem. Rep. of the", "CD"),
        ("Cote dIvoire", "CI"),
        ("CÔTE D’IVOIRE", "CI"),
        ("Tanzania, United Rep. of", "TZ"),
        ("DE Germany", "DE"),
        ("Germany [DEU]", "DE"),
        ("US/United States of America", "US"),
        ("HRVATSKA", "HR"),
        ("Schweiz", "CH"),
        ("Güney Kore", "KR"),
        ("Россия", "RU"),
        ("대한민국", "KR"),
        ("韓國", "KR"),
        ("南韓", "KR"),
        ("臺灣", "TW"),
        ("美國", "US"),
        ("ドイツ", "DE"),
        ("سوريا", "SY"),
        ("Brasil", "BR"),
        ("España", "ES"),
    ],
)
def test_usual_spellings_are_known(text: str, code: str) -> None:
    assert written_country(text) == code


@pytest.mark.parametrize(
    "text", ["Ruritania", "Freedonia", "Q1", "ZZZ", "China Germany", "CN Germany", "Northern Valve Works", "中土", "Europe"]
)
def test_what_is_no_country_stays_none(text: str) -> None:
    assert written_country(text) is None
    assert not known_country(text)
    assert iso3_of_name(text) is None
    assert not says_unknown(text)


@pytest.mark.parametrize("text", ["N/A", "n.a.", "-", "--", "—", "?", "UNKNOWN", "Not Available", "未知", "不詳", "XX", "null"])
def test_unknown_is_neither_a_country_nor_wrong(text: str) -> None:
    assert written_country(text) is None
    assert says_unknown(text)


def test_what_people_mean_is_not_read_into_a_publishers_words() -> None:
    assert (written_country("Korea"), written_country("America"), written_country("NA")) == ("KR", "US", "NA")
    assert (country_code("Korea"), country_code("America"), country_code("DE"), country_code("Allemagne")) == (None, None, None, None)
    assert (country_code("Soviet Union"), known_country("Soviet Union"), written_country("Soviet Union")) == (None, True, None)
    assert {"SUN", "YUG", "ZAR"} <= former_alpha3()
    assert "ATF" not in former_alpha3()


def test_nothing_is_loaded_before_a_country_is_asked_for() -> None:
    code = "import sys, supplywatch.reading.countries as c; assert 'pycountry' not in sys.modules; assert c.country_code('Peru') == 'PE'"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
