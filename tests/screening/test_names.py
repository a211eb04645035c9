"""Names as people write them: each kind of variation by values of its own, and what must stay apart."""

import pytest

from supplywatch.model.name_match import REVIEW, Name, Party
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher


def score(listed: str, asked: str, *, kind: str = "organisation", asked_kind: str = "unknown") -> float:
    """Return the score of an asked name against one listed party, 0 when it is not found."""
    matcher = Matcher(Index.build([Party("l", (Name(listed),), kind=kind, list_code="L"), Party("x", (Name("Quite Another Thing Oyj"),))]))
    found = matcher.screen(Party("q", (Name(asked),), kind=asked_kind), min_score=0.0)
    return max((match.score for match in found if match.party_id == "l"), default=0.0)


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("株式会社ミドリカワ工作所", "㈱ミドリカワ工作所"),
        ("株式会社ミドリカワ工作所", "ﾐﾄﾞﾘｶﾜ工作所(株)"),
        ("トリノメテクニカ株式会社", "トリノメ・テクニカ"),
        ("Yıldırımlar Döküm Sanayi ve Ticaret Anonim Şirketi", "YILDIRIMLAR DOKUM SAN. TIC. A.S."),
        ("Ortanca Gıda Dış Ticaret Limited Şirketi", "Ortanca Gida Dis Tic. Ltd. Sti."),
        ("주식회사 푸른강소재", "(주)푸른강소재"),
        ("Công ty Cổ phần Nhựa Tân Phong", "CTCP Nhua Tan Phong"),
        ("S.C. Uzina Dragan S.R.L.", "Uzina Dragan SRL"),
        ("PT Wijaya Kencana Abadi", "PT. WIJAYA KENCANA ABADI Tbk"),
        ("Steinbrecher Gesellschaft m.b.H.", "Steinbrecher Ges.m.b.H."),
        ("Huta Kornelia Sp. z o.o.", "HUTA KORNELIA SPOLKA Z.O.O."),
        ("Vidharbha Castings Private Limited", "M/s Vidharbha Castings Pvt. Ltd."),
        ("AO AKB Severinvest", "SEVERINVEST AO"),
        ("MKOOO Brightwater", "BRIGHTWATER LLC"),
        ("Ramses Holding SAL", "RAMSES HOLDING"),
        ("Kessler & Böhm GmbH", "Kessler &amp; B&ouml;hm GmbH"),
        ("Chongqing Haotong Communication Group Co., Ltd.", "CHONGQING HAOTONG COMM GRP"),
        ("Sokol Commercial Vehicles Inc.", "SOKOL COMM VEHICLES INC"),
        ('"So-called" Council of Ministers of Lugandon', "Council of Ministers of Lugandon"),
        ("Detachment 37", "Detachment Thirty-Seven"),
        ("United States Bureau of Coastal Survey", "U.S. Bureau of Coastal Survey"),
        ("Beijing Ruihe Optics Technology Limited", "Bei Jing Ruihe Optics Technology Limited"),
        ("Kurovite Systems LLC", "Kurovite Systems LLC c/o Mailroom"),
        ("Kurovite Systems LLC", "Kurovite Systems LLC - Wuhan Branch"),
        ("Peregrin Anchor Works Ltd", "Perergin Anchor Wroks Ltd"),
        ("Institute Borealis Research Complex", "Research Institute Complex Borealis"),
        ("State Corporation for Sugar Machinery Building", "SCSMB"),
    ],
)
def test_a_company_as_people_write_it_is_an_alert(listed: str, asked: str) -> None:
    assert score(listed, asked) >= REVIEW


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("株式会社ミドリカワ工作所", "アカネザワ工作所株式会社"),
        ("トリノメテクニカ株式会社", "株式会社シロガネ"),
        ("주식회사 푸른강소재", "주식회사 노을소재"),
        ("Công ty Cổ phần Nhựa Tân Phong", "Cong ty Co phan Van tai Hoa Mai"),
        ("The Handel Service Co.", "THE TRADE SERVICE, INC."),
        ("AG-TRANSPORT LLC", "FREIGHT S.R.L."),
        ("China Energy Construction Corporation", "China Energy Constructors Corporation"),
        ("Dong Hai Co., Ltd", "Tonghai Co., Ltd."),
        ("National Development Group", "National Investment Group"),
    ],
)
def test_what_shares_only_a_form_or_a_trade_is_none(listed: str, asked: str) -> None:
    assert score(listed, asked) < REVIEW


@pytest.mark.parametrize(
    ("listed", "asked", "is_alert"),
    [
        ("NORDLYS PEARL", "M/V NORDLYS PEARL", True),
        ("NORDLYS PEARL", "MT. Nordlys Pearl", True),
        ("F/V NORDLYS PEARL", "Nordlys Pearl", True),
        ("NORDLYS PEARL", "NORDLYS PEARL, IMO No. 9074729", True),
        ("NORDLYS PEARL", "NORDLYS PEARL III", False),
        ("NORDLYS PEARL", "NORDLYS", False),
        ("NORDLYS PEARL", "PEARL SHIPPING LTD", False),
    ],
)
def test_a_ship_without_its_prefix(listed: str, asked: str, is_alert: bool) -> None:
    assert (score(listed, asked, kind="vessel") >= REVIEW) == is_alert


@pytest.mark.parametrize(
    ("listed", "asked", "is_alert"),
    [
        ("Yevgeniy Arkadyevich Molodtsov", "Evgeny Molodtsov", True),
        ("Yevgeniy Arkadyevich Molodtsov", "Prof. Yevgeni Arkadievich MOLODTSOV", True),
        ("Yevgeniy Arkadyevich Molodtsov", "Yevgeniy Stanislavovich Molodtsov", False),
        ("Yevgeniy Arkadyevich Molodtsov", "Yevgeniy Saltykov", False),
        ("ZHAO Tianming", "Dr Tianming Zhao", True),
        ("ZHAO Tianming", "Zhao Tian Ming", True),
        ("Muhammad Umar al-Basri", "Mohammed Omer Albasri", True),
        ("Philip Stannard", "Phillip Stannard", True),
        ("Philip Stannard", "Philip Hargrave", False),
        ("Mus’ab Jamal Abu al Fawaz", "Mus?ab Jamal Abu al Fawaz", True),
    ],
)
def test_a_person(listed: str, asked: str, is_alert: bool) -> None:
    assert (score(listed, asked, kind="person") >= REVIEW) == is_alert


def test_an_imo_number_in_a_name_is_read_as_the_number() -> None:
    ship = Party("v", (Name("OLD NAME"),), kind="vessel", identifiers=(("imo", "9074729"),))
    found = Matcher(Index.build([ship])).screen(Party("q", (Name("QUITE NEW NAME (IMO 9074729)"),)))
    assert [match.qualification.identifier for match in found] == ["imo:9074729"]


def test_the_same_brand_with_another_form_is_for_review_when_it_is_no_distinctive_word() -> None:
    matcher = Matcher(Index.build([Party("l", (Name("General Bank AG"),), kind="organisation")]))
    assert [match.tier for match in matcher.screen(Party("q", (Name("General Bank SRL"),)))] == ["review"]
