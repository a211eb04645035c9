"""How the rules on trade and minerals write goods, economies, money and weights: exact, and in one language a sentence.

>>> money(38.1e9, "US dollars").en, money(38.1e9, "US dollars").zh
('USD 38.1 billion', '381亿美元')
>>> money(7_764_000, "euros").en, money(7_764_000, "euros").zh
('EUR 7.8 million', '776万欧元')
"""

from __future__ import annotations

from supplywatch.model.alert import Text
from supplywatch.model.economy import Economy, table
from supplywatch.reading.countries import chinese_name, iso3_of_name

# Publishers' names that say something else to a reader than they mean, and those that have no ISO code to look up. The United Nations
# report no Taiwan: its trade stands under "Other Asia, nes" (code 490), as UN Comtrade's own notes on the code say.
NAMED: dict[str, Text] = {
    "Other Asia, nes": Text(en="Taiwan (Other Asia, nes)", zh="台湾(其他亚洲,未列名)"),
    "European Union": Text(en="European Union", zh="欧盟"),
    "EU27": Text(en="European Union", zh="欧盟"),
    "World": Text(en="World", zh="世界"),
    "USSR": Text(en="Soviet Union", zh="苏联"),
    "Soviet Union": Text(en="Soviet Union", zh="苏联"),
    "Other countries": Text(en="other countries", zh="其他国家"),
}
_CURRENCY = {"US dollars": ("USD", "美元"), "euros": ("EUR", "欧元")}


def economy_words(economy: Economy) -> Text:
    """Return an economy as people know it; a name that has no Chinese form stays as the publisher writes it.

    >>> economy_words(Economy(code="490", iso3=None, name="Other Asia, nes")).en
    'Taiwan (Other Asia, nes)'
    >>> economy_words(Economy(code="76", iso3="BRA", name="Brazil")).zh
    '巴西'
    """
    if economy.name in NAMED:
        return NAMED[economy.name]
    row = table().get(economy.iso3 or iso3_of_name(economy.name) or "")
    return Text(en=economy.name, zh=economy.name if row is None else chinese_name(row.alpha2))


def name_words(name: str) -> Text:
    """Return an economy that a state remembers by its publisher's name alone.

    >>> name_words("Brazil").zh, name_words("Other Asia, nes").zh
    ('巴西', '台湾(其他亚洲,未列名)')
    """
    return economy_words(Economy(code=name, name=name))


def money(amount: float, currency: str) -> Text:
    """Return an amount with its currency, in the units of each language."""
    short, short_zh = _CURRENCY[currency]
    for size, words in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if amount >= size:
            en = f"{short} {amount / size:,.1f} {words}"
            break
    else:
        en = f"{short} {amount:,.0f}"
    for size, words in ((1e8, "亿"), (1e4, "万")):
        if amount >= size:
            return Text(en=en, zh=f"{_digits(amount / size)}{words}{short_zh}")
    return Text(en=en, zh=f"{amount:.0f}{short_zh}")


def _digits(number: float) -> str:
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"
