"""Countries as publishers of lists spell them, to ISO 3166-1 alpha-2.

A line of the table holds a code and the spellings seen for it (OFAC, UN, EU, UK, Swiss, Canadian and Taiwanese lists). Kosovo is ``XK``, as
all of these use it; territories without a code, former states and "unknown" have none and are named as such, so that a spelling nobody has
looked at yet is told apart from them.
"""

from __future__ import annotations

import re
import unicodedata

_TABLE = """
AD Andorra
AE United Arab Emirates|UAE
AF Afghanistan
AG Antigua and Barbuda
AI Anguilla
AL Albania
AM Armenia
AO Angola
AQ Antarctica
AR Argentina
AS American Samoa
AT Austria
AU Australia
AW Aruba
AX Aland Islands
AZ Azerbaijan
BA Bosnia and Herzegovina|Bosnia-Herzegovina|Bosnia
BB Barbados
BD Bangladesh
BE Belgium
BF Burkina Faso
BG Bulgaria
BH Bahrain
BI Burundi
BJ Benin
BL Saint Barthelemy
BM Bermuda
BN Brunei|Brunei Darussalam
BO Bolivia|Bolivia (Plurinational State of)|Plurinational State of Bolivia
BQ Bonaire, Sint Eustatius and Saba
BR Brazil
BS Bahamas|Bahamas, The|The Bahamas
BT Bhutan
BV Bouvet Island
BW Botswana
BY Belarus
BZ Belize
CA Canada
CC Cocos (Keeling) Islands
CD Democratic Republic of the Congo|Congo, Democratic Republic of the|Congo (Democratic Republic)|Congo, the Democratic Republic of the|\
DR Congo|Congo, Dem. Rep. of (the)|Congo (Kinshasa)
CF Central African Republic
CG Congo|Congo, Republic of the|Republic of the Congo|Congo (Brazzaville)
CH Switzerland
CI Cote d'Ivoire|Cote d Ivoire|Ivory Coast
CK Cook Islands
CL Chile
CM Cameroon
CN China|People's Republic of China|China, People's Republic of|China, Mainland
CO Colombia
CR Costa Rica
CU Cuba
CV Cabo Verde|Cape Verde|Cabo Verde. Previously Cape Verde.
CW Curacao
CX Christmas Island
CY Cyprus
CZ Czech Republic|Czechia
DE Germany
DJ Djibouti
DK Denmark
DM Dominica
DO Dominican Republic
DZ Algeria
EC Ecuador
EE Estonia
EG Egypt
EH Western Sahara
ER Eritrea
ES Spain
ET Ethiopia
FI Finland
FJ Fiji
FK Falkland Islands (Malvinas)|Falkland Islands
FM Micronesia (Federated States of)|Micronesia|Micronesia, Federated States of
FO Faroe Islands
FR France
GA Gabon
GB United Kingdom|United Kingdom of Great Britain and Northern Ireland|UK|England|Scotland|Wales|Northern Ireland
GD Grenada
GE Georgia
GF French Guiana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland
GM Gambia|Gambia, The|The Gambia
GN Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece
GS South Georgia and the South Sandwich Islands
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong|China, Hong Kong Special Administrative Region|Hong Kong SAR|Hong Kong, China
HM Heard Island and McDonald Islands
HN Honduras
HR Croatia
HT Haiti
HU Hungary
ID Indonesia
IE Ireland|Republic of Ireland
IL Israel
IM Isle of Man|Man, Isle of
IN India
IO British Indian Ocean Territory
IQ Iraq
IR Iran|Iran (Islamic Republic of)|Islamic Republic of Iran|Iran, Islamic Republic of
IS Iceland
IT Italy
JE Jersey
JM Jamaica
JO Jordan
JP Japan
KE Kenya
KG Kyrgyzstan|Kyrgyz Republic
KH Cambodia
KI Kiribati
KM Comoros
KN Saint Kitts and Nevis|St Kitts and Nevis
KP Democratic People's Republic of Korea|Korea, North|North Korea|DPRK|Korea, Democratic People's Republic of
KR Republic of Korea|Korea, South|South Korea|Korea, Republic of
KW Kuwait
KY Cayman Islands
KZ Kazakhstan
LA Laos|Lao People's Democratic Republic
LB Lebanon
LC Saint Lucia|St Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania
LU Luxembourg
LV Latvia
LY Libya|Libyan Arab Jamahiriya
MA Morocco
MC Monaco
MD Moldova|Republic of Moldova|Moldova, Republic of
ME Montenegro
MF Saint Martin (French part)
MG Madagascar
MH Marshall Islands
MK North Macedonia|North Macedonia, The Republic of|Macedonia, The Former Yugoslav Republic of|\
The former Yugoslav Republic of Macedonia|Macedonia
ML Mali
MM Myanmar|Burma|Myanmar (Burma)
MN Mongolia
MO Macau|Macao|China, Macao Special Administrative Region|Macau SAR
MP Northern Mariana Islands
MQ Martinique
MR Mauritania
MS Montserrat
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NF Norfolk Island
NG Nigeria
NI Nicaragua
NL Netherlands|The Netherlands|Netherlands (Kingdom of the)
NO Norway
NP Nepal
NR Nauru
NU Niue
NZ New Zealand
OM Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea
PH Philippines
PK Pakistan
PL Poland
PM Saint Pierre and Miquelon
PN Pitcairn
PR Puerto Rico
PS State of Palestine|Palestine|Palestinian|Palestinian Territories|Occupied Palestinian Territories|Palestinian Territory, Occupied|\
Region: Gaza|Region: West Bank|West Bank|Gaza|The Occupied Palestinian Territories
PT Portugal
PW Palau
PY Paraguay
QA Qatar
RE Reunion
RO Romania
RS Serbia
RU Russian Federation|Russia|Region: Russia
RW Rwanda
SA Saudi Arabia
SB Solomon Islands
SC Seychelles
SD Sudan
SE Sweden
SG Singapore
SH Saint Helena, Ascension and Tristan da Cunha
SI Slovenia
SJ Svalbard and Jan Mayen
SK Slovakia
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SS South Sudan
ST Sao Tome and Principe
SV El Salvador
SX Sint Maarten (Dutch part)
SY Syrian Arab Republic|Syria
SZ Eswatini|Swaziland
TC Turks and Caicos Islands
TD Chad
TF French Southern Territories
TG Togo
TH Thailand
TJ Tajikistan
TK Tokelau
TL Timor-Leste|East Timor
TM Turkmenistan
TN Tunisia
TO Tonga
TR Turkey|Turkiye
TT Trinidad and Tobago
TV Tuvalu
TW Taiwan|Taiwan, Province of China|Taiwan (Province of China)
TZ United Republic of Tanzania|Tanzania|Tanzania, United Republic of
UA Ukraine
UG Uganda
UM United States Minor Outlying Islands
US United States of America|United States|USA
UY Uruguay
UZ Uzbekistan
VA Holy See|Vatican City
VC Saint Vincent and the Grenadines|St Vincent and the Grenadines
VE Venezuela|Venezuela (Bolivarian Republic of)|Venezuela, Bolivarian Republic of|Bolivarian Republic of Venezuela
VG British Virgin Islands|Virgin Islands, British|Virgin Islands (British)
VI Virgin Islands, U.S.|Virgin Islands, US|United States Virgin Islands
VN Viet Nam|Vietnam
VU Vanuatu
WF Wallis and Futuna
WS Samoa
XK Kosovo
YE Yemen
YT Mayotte
ZA South Africa
ZM Zambia
ZW Zimbabwe
-- undetermined|unknown|none identified|na|n/a|not known|stateless|former Soviet Union|USSR|Soviet Union|former USSR|Yugoslavia|\
Serbia and Montenegro|Netherlands Antilles|Czechoslovakia|Region: Commonwealth of Independent States|Region: Crimea|Crimea|Region: Donetsk|\
Crimea Region of Ukraine|\
Region: Luhansk|Region: Kherson|Region: Zaporizhzhia|Region: Kafia Kingi|Region: Northern Mali|Northern Cyprus|Abkhazia|South Ossetia
"""


def _folded(name: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.replace("’", "'")) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain).strip().rstrip(".").casefold()


def _read(table: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for line in table.strip().splitlines():
        code, names = line[:2], line[3:].split("|")
        for name in names:
            found[_folded(name)] = None if code == "--" else code
    return found


NAMES = _read(_TABLE)
"""Folded spelling to code; ``None`` for what is known to have none."""
CODES = frozenset(code for code in NAMES.values() if code is not None)


def known_country(name: str) -> bool:
    """Tell whether somebody has looked at this spelling.

    >>> known_country("Region: Crimea"), known_country("Ruritania")
    (True, False)
    """
    return _folded(name) in NAMES


def country_code(name: str | None) -> str | None:
    """Return the code of a country by one of its spellings; ``None`` for what is none or is not known.

    >>> country_code("Korea, North"), country_code("TÜRKİYE"), country_code("undetermined")
    ('KP', 'TR', None)
    """
    return None if name is None else NAMES.get(_folded(name))
