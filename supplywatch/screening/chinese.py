"""Chinese names: folded to simplified script, cut into place | glossary word | brand, and read in English or pinyin.

>>> read("深圳市大疆創新科技有限公司")
(('深圳', '大疆', '创新', '科技', '~ltd'), ('shenzhen', 'dajiang', 'innovation', 'technology', '~ltd'))
>>> read("中国电子科技集团公司第十四研究所")[1]
('china', 'electronic', 'technology', 'group', '~co', '14', 'institute')
"""

from __future__ import annotations

import re
from functools import lru_cache

import jaconv
import opencc
from pypinyin import lazy_pinyin

from supplywatch.config import read_yaml, validated
from supplywatch.screening.books import Alias, ChineseBook

Words = tuple[str, ...]
_KANA = r"\u3041-\u3096\u30a1-\u30fa\u30fc"
HAN = re.compile(rf"[\u3005\u3400-\u9fff{_KANA}]")
"""Characters of Chinese and Japanese names: a brand in kana is as much of the name as one in Chinese characters."""
_KANA_RUN = re.compile(f"[{_KANA}]+")
_MIDDLE_DOT = re.compile(r"[·•‧\u30fb]")
_RUN = re.compile(rf"[\u3005\u3400-\u9fff{_KANA}]+|[A-Za-z0-9&.'-]+")
_NUMBER = re.compile(r"第?([〇零一二三四五六七八九十百]{1,5})(?=研究|所|院|厂|工厂|局|设计|航|师|区|分)|第([一二三四五六七八九十百]{1,5})")
_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0}
_ADMIN = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "自治州", "省", "市", "县")
_ALONE = frozenset("厂局部省")
_BETWEEN = frozenset("与及")
"""And, between two words of a name."""
_BOOK = read_yaml("vocabulary_zh.yaml")
validated(ChineseBook, _BOOK, "config/vocabulary_zh.yaml")
_CONVERTER = opencc.OpenCC("t2s")


def pinyin(text: str) -> str:
    """Return the sounds of a Chinese text in one word; kana by its Japanese sounds.

    >>> pinyin("大疆"), pinyin("ハヤブサ")
    ('dajiang', 'hayabusa')
    """
    return "".join(lazy_pinyin(_KANA_RUN.sub(_romaji, text))).lower().replace("ü", "v")


def _romaji(run: re.Match[str]) -> str:
    return str(jaconv.kana2alphabet(jaconv.kata2hira(run[0]))).replace("-", "")


def syllables(text: str) -> Words:
    """Return the sounds of a Chinese text, a word for each character.

    >>> syllables("北京")
    ('bei', 'jing')
    """
    return tuple(sound.lower().replace("ü", "v") for sound in lazy_pinyin(text))


PLACES: dict[str, str] = {place: pinyin(place) for place in _BOOK["places"].split()} | _BOOK["place_names"]
GLOSSARY: dict[str, Words] = {}
for _item in " ".join(_BOOK["glossary"].split("\n")).replace(" ", "\x00").split("\x00"):
    _han, _is, _says = _item.partition("=")
    if _is:
        _last = _han
        GLOSSARY[_han] = (_says,)
    elif _item:
        GLOSSARY[_last] = (*GLOSSARY[_last], _item)
GLOSSARY = {han: words for han, words in GLOSSARY.items() if len(han) > 1 or han in _ALONE | _BETWEEN}
_LEGAL: dict[str, str] = {form: "~" + legal for legal, forms in _BOOK["legal"].items() for form in forms.split()}
_ABBREVIATION = re.compile(r"[A-Z]{3,6}")


def _english(name: str) -> tuple[Words, ...]:
    """Return what stands for a Chinese name in English: the name, and the abbreviation behind it as a second one."""
    whole, _, last = name.rpartition(" ")
    both = (whole, last) if " " in whole.strip() and _ABBREVIATION.fullmatch(last) else (name,)
    return tuple(tuple(re.findall(r"[a-z0-9]+", each.lower())) for each in both)


_ALIASES: dict[str, tuple[Words, ...]] = {
    alias.zh: _english(alias.en)
    for number, row in enumerate(read_yaml("aliases.yaml") or (), start=1)
    if (alias := validated(Alias, row, f"config/aliases.yaml: entry {number}")).source
}
"""Brands that are neither the sound nor the meaning of the Chinese name."""
_SHORT: dict[str, str] = _BOOK["short_names"]
_NUMBERED = re.compile(r"(?<=[〇零一二三四五六七八九十百\d])所$")
"""Of the numbered institutes one says 十四所."""
_SHORTEST = 2
_INSTITUTE: Words = ("research", "institute")
"""What 研究所 and 研究院 are called as often as institute and academy."""
_LONGEST_ALIAS = max(map(len, _ALIASES))
_PARTS = {len_: {w for w in (*PLACES, *GLOSSARY, *_LEGAL) if len(w) == len_} for len_ in range(1, 14)}


class _Simplified(dict[int, str]):
    """A table for :meth:`str.translate` that asks the converter once for every character."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = _CONVERTER.convert(character) if HAN.match(character) else character
        return self[code]


_TABLE = _Simplified()


def simplified(text: str) -> str:
    """Return a text in simplified characters."""
    return text.translate(_TABLE).replace("家俱", "家具")


def is_chinese(text: str) -> bool:
    """Tell whether a name is written in Chinese characters, at least in part."""
    return len(HAN.findall(text)) >= 2


@lru_cache(maxsize=100_000)
def read(text: str) -> tuple[Words, Words]:
    """Return the words of a Chinese name as they are written, and as they read in English and pinyin."""
    written: list[str] = []
    spoken: list[str] = []
    for run in _RUN.findall(_MIDDLE_DOT.sub("", simplified(text))):
        if HAN.search(run):
            for han, english in _cut(_full(run)):
                written.append(english[0] if english[0].startswith("~") else han)
                spoken.extend(english)
        else:
            word = run.lower().strip(".-'&")
            written.append(word)
            spoken.append(word)
    return tuple(w for w in written if w), tuple(w for w in spoken if w)


def readings(text: str) -> list[Words]:
    """Return how a Chinese name reads: in English and pinyin, and with the English brands that are known for it.

    >>> readings("沈阳飞机设计研究所")
    [('shenyang', 'aircraft', 'design', 'institute'), ('shenyang', 'aircraft', 'design', 'research', 'institute')]
    """
    named: list[str] = []
    abbreviated: list[str] = []
    researching: list[str] = []
    for run in _RUN.findall(_MIDDLE_DOT.sub("", simplified(text))):
        if not HAN.search(run):
            for words in (named, abbreviated, researching):
                words.append(run.lower())
            continue
        for han, english in _cut(_full(run), aliases=True):
            named.extend(english)
            abbreviated.extend(_ALIASES[han][-1] if han in _ALIASES else english)
            researching.extend(_INSTITUTE if han in ("研究所", "研究院") else english)
    return list(dict.fromkeys((read(text)[1], tuple(named), tuple(abbreviated), tuple(researching))))


def _full(run: str) -> str:
    """Return a run of characters with the institution at its start by its full name; two characters are one only if they stand alone.

    >>> _full("哈工大"), _full("中电科第十四所"), _full("北航"), _full("西电集团"), _full("中电科技")
    ('哈尔滨工业大学', '中国电子科技集团公司第十四研究所', '北京航空航天大学', '西电集团', '中电科技')
    """
    run = _NUMBERED.sub("研究所", run)
    for short, full in _SHORT.items():
        rest = run[len(short) :]
        if run.startswith(short) and not rest.startswith("技") and (len(short) > _SHORTEST or not rest):
            return full + (rest.removeprefix("集团").removeprefix("公司") if full.endswith("公司") else rest)
    return run


def _cut(run: str, *, aliases: bool = False) -> list[tuple[str, Words]]:
    found: list[tuple[str, Words]] = []
    brand, at = "", 0
    while at < len(run):
        part = (_alias(run, at) if aliases else None) or _known(run, at, bool(brand))
        if part is None:
            brand += run[at]
            at += 1
            continue
        if brand:
            found.append((brand, (pinyin(brand),)))
            brand = ""
        length, han, english = part
        found.append((han, english))
        at += length
    if brand:
        found.append((brand, (pinyin(brand),)))
    return found


def _known(run: str, at: int, after_brand: bool) -> tuple[int, str, Words] | None:
    number = _NUMBER.match(run, at)
    if number and not (after_brand and number[1] and len(number[1]) == 1 and not number[0].startswith("第")):
        value = _value(number[1] or number[2])
        if value:
            return number.end() - at, str(value), (str(value),)
    for length in range(min(13, len(run) - at), 0, -1):
        piece = run[at : at + length]
        if piece not in _PARTS[length]:
            continue
        if piece in _LEGAL:
            return length, piece, (_LEGAL[piece],)
        if length == 1 and not (at if piece in _BETWEEN else piece == "省") and at + 1 < len(run):
            continue
        if piece in PLACES:
            return length + _administrative(run, at + length), piece, tuple(PLACES[piece].split())
        return length, piece, GLOSSARY[piece]
    return None


def _alias(run: str, at: int) -> tuple[int, str, Words] | None:
    for length in range(min(_LONGEST_ALIAS, len(run) - at), 1, -1):
        piece = run[at : at + length]
        if piece in _ALIASES:
            whole = length + run.startswith("业", at + length) if piece.endswith("重工") else length
            return whole, piece, _ALIASES[piece][0]
    return None


def _administrative(run: str, at: int) -> int:
    return next((len(word) for word in _ADMIN if run.startswith(word, at) and at + len(word) < len(run)), 0)


def _value(text: str) -> int:
    if "十" not in text and "百" not in text:
        return int("".join(str(_DIGITS[c]) for c in text))
    total, current = 0, 0
    for character in text:
        if character == "百":
            total, current = total + (current or 1) * 100, 0
        elif character == "十":
            total, current = total + (current or 1) * 10, 0
        else:
            current = _DIGITS[character]
    return total + current
