"""Nationalities as lists of persons write them: adjectives beside names of countries, with remarks around them.

The adjectives are those of the CIA World Factbook, "Nationality" (a work of the US government), as its edition of 2024 gives them.
"""

from __future__ import annotations

import re
from functools import cache

from supplywatch.reading.countries import country_code, folded, known_country

_ADJECTIVES = """
AD Andorran|AE Emirati|AF Afghan|AG Antiguan,Barbudan|AL Albanian|AM Armenian|AO Angolan|AR Argentine,Argentinian|AT Austrian|
AU Australian|AZ Azerbaijani,Azeri|BA Bosnian,Herzegovinian,Bosnian Herzegovinian|BB Barbadian|BD Bangladeshi|BE Belgian|BF Burkinabe|
BG Bulgarian|BH Bahraini|BI Burundian|BJ Beninese|BM Bermudian|BN Bruneian|BO Bolivian|BR Brazilian|BS Bahamian|BT Bhutanese|
BW Motswana,Botswanan|BY Belarusian,Belarussian,Byelorussian|BZ Belizean|CA Canadian|CD Congolese (DRC)|CF Central African|CH Swiss|
CI Ivorian|CL Chilean|CM Cameroonian|CN Chinese|CO Colombian|CR Costa Rican|CU Cuban|CV Cabo Verdean,Cape Verdean|CY Cypriot|CZ Czech|
DE German|DJ Djiboutian|DK Danish|DO Dominican|DZ Algerian|EC Ecuadorian|EE Estonian|EG Egyptian|ER Eritrean|ES Spanish|ET Ethiopian|
FI Finnish|FJ Fijian|FR French|GA Gabonese|GB British,English,Scottish,Welsh|GE Georgian|GH Ghanaian|GM Gambian|GN Guinean|
GQ Equatorial Guinean,Equatoguinean|GR Greek|GT Guatemalan|GW Bissau-Guinean,Guinea-Bissauan|GY Guyanese|HK Hongkonger,Hong Konger|
HN Honduran|HR Croatian|HT Haitian|HU Hungarian|ID Indonesian|IE Irish|IL Israeli|IN Indian|IQ Iraqi|IR Iranian|IS Icelandic|IT Italian|
JM Jamaican|JO Jordanian|JP Japanese|KE Kenyan|KG Kyrgyz,Kyrgyzstani|KH Cambodian|KM Comoran,Comorian|KN Kittitian,Nevisian|
KP North Korean|KR South Korean|KW Kuwaiti|KZ Kazakh,Kazakhstani|LA Lao,Laotian|LB Lebanese|LI Liechtensteiner|LK Sri Lankan|
LR Liberian|LS Basotho|LT Lithuanian|LU Luxembourger|LV Latvian|LY Libyan|MA Moroccan|MC Monegasque|MD Moldovan|ME Montenegrin|
MG Malagasy|MH Marshallese|MK Macedonian|ML Malian|MM Burmese,Myanmarese|MN Mongolian|MR Mauritanian|MT Maltese|MU Mauritian|
MV Maldivian|MW Malawian|MX Mexican|MY Malaysian|MZ Mozambican|NA Namibian|NE Nigerien|NG Nigerian|NI Nicaraguan|NL Dutch|NO Norwegian|
NP Nepali,Nepalese|NZ New Zealander|OM Omani|PA Panamanian|PE Peruvian|PH Filipino,Philippine|PK Pakistani|PL Polish|PS Palestinian|
PT Portuguese|PW Palauan|PY Paraguayan|QA Qatari|RO Romanian|RS Serbian|RU Russian|RW Rwandan|SA Saudi,Saudi Arabian|
SB Solomon Islander|SC Seychellois|SD Sudanese|SE Swedish|SG Singaporean|SI Slovene,Slovenian|SK Slovak,Slovakian|SL Sierra Leonean|
SM Sammarinese|SN Senegalese|SO Somali|SR Surinamese|SS South Sudanese|SV Salvadoran,Salvadorian|SY Syrian|SZ Swazi|TD Chadian|
TG Togolese|TH Thai|TJ Tajik,Tajikistani|TL Timorese|TM Turkmen|TN Tunisian|TO Tongan|TR Turkish|TT Trinidadian,Tobagonian|TW Taiwanese|
TZ Tanzanian|UA Ukrainian|UG Ugandan|US American|UY Uruguayan|UZ Uzbek,Uzbekistani|VC Saint Vincentian|VE Venezuelan|VN Vietnamese|
VU Ni-Vanuatu|XK Kosovar,Kosovan|YE Yemeni|ZA South African|ZM Zambian|ZW Zimbabwean
"""
_REMARK = re.compile(
    r"\([^()]*\)|\b(?:possibly|presumed|presumably|probably|reportedly|allegedly|believed|also|currently|formerly|former|dual|to|hold|holds|has|"
    r"had|have|is|was|passport|citizenship|citizen|nationality|national|by birth|by naturali[sz]ation|born|revoked|withdrawn|renounced|"
    r"acquired|(?:as at|as of|in|since|until|from)\b\.? ?(?:[A-Z][a-z]{2,8}\.? ?)?(?:\d{1,2}[ ,./-])?(?:\d{4})?)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"/|;|\.(?:\s|$)|(?:,|(?<!\s)|(?<=\.\s))\s++(?:and|or)\s+|^[\w ]{1,30}\d{1,3}\s*:\s*|\|")


@cache
def _codes() -> dict[str, str]:
    found = {}
    for row in _ADJECTIVES.replace("\n", "").split("|"):
        code, _, words = row.strip().partition(" ")
        found.update({folded(word): code for word in words.split(",")})
    return found


def nationality(text: str) -> str | None:
    """Return the alpha-2 code of a country by its adjective; ``None`` for one that is not known.

    >>> nationality("Tunisian"), nationality("SOUTH SUDANESE"), nationality("Congolese")
    ('TN', 'SS', None)
    """
    return _codes().get(folded(text))


def nations(text: str) -> tuple[str, ...] | None:
    """Return the countries of a text in which a remark stands beside them; ``None`` where a part of it cannot be read.

    >>> nations("Bahrain (citizenship revoked in Jan. 2015)"), nations("United States. Also believed to hold Syrian nationality")
    (('BH',), ('US', 'SY'))
    >>> nations("Iran / unknown"), nations("Sudan/South Sudan"), nations("Ruritanian")
    (('IR',), ('SD', 'SS'), None)
    """
    found = []
    for piece in _BETWEEN.split(_REMARK.sub(" ", text)):
        said = " ".join(piece.split()).strip(" ,.:-")
        if not said:
            continue
        code = country_code(said) or nationality(said)
        if code is None and not known_country(said):
            return None
        found.append(code)
    return tuple(dict.fromkeys(code for code in found if code is not None)) if found else None
