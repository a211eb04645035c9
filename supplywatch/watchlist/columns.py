"""What the columns of a watch-list are called, in English or Chinese, as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from supplywatch.errors import BadRequest
from supplywatch.reading.chinese import simplified

Field = Literal["reference", "name", "aliases", "country", "kind", "identifiers", "owners", "tags"]

_SPELLINGS: dict[str, str] = {
    "reference": "reference|ref|id|no|number|code|supplier id|supplier no|supplier number|supplier code|vendor id|vendor no|"
    "vendor number|vendor code|customer id|customer no|customer number|account|account number|own reference|internal id|"
    "编号|厂商编号|代码|编码|供应商编号|供应商代码|供应商编码|客户编号|客户代码|客户编码|内部编号|自有编号",
    "name": "name|company|company name|legal name|full name|entity name|supplier|supplier name|vendor|vendor name|customer|"
    "customer name|counterparty|party name|english name|chinese name|name en|name zh|名称|全称|公司名称|公司|企业名称|"
    "厂商|厂商名称|企业全称|单位名称|机构名称|供应商|供应商名称|客户|客户名称|交易对手|英文名称|英文名|中文名称|中文名|公司英文名称|"
    "公司中文名称",
    "aliases": "aliases|alias|aka|also known as|other name|other names|former name|former names|trading name|short name|local name|"
    "别名|曾用名|简称|其他名称|英文简称|中文简称",
    "country": "country|country name|country of origin|country code|iso country|country iso|iso2|nation|jurisdiction|"
    "国家|国别|国家代码|国家地区|国家和地区|"
    "国籍|国家或地区|注册国家|注册地|所在国家|所在国",
    "kind": "kind|type|party type|entity type|party kind|类型|类别|主体类型",
    "identifiers": "identifiers|identifier|ids|numbers|标识|识别号",
    "owners": "owners|owner|shareholder|shareholders|parent|parent company|ultimate parent|beneficial owner|beneficial owners|"
    "股东|控股股东|母公司|所有者|实际控制人|最终受益人|上级公司",
    "tags": "tags|tag|labels|label|标签",
    "tags:hs": "hs|hs code|hs codes|hscode|customs code|tariff code|海关编码|商品编码|税号hs|hs编码|税则号列",
    "tags:item": "item|items|watched item|关注商品",
    "identifiers:uscc": "uscc|unified social credit code|social credit code|credit code|统一社会信用代码|社会信用代码|信用代码",
    "identifiers:lei": "lei|lei code|legal entity identifier|法人机构识别编码|全球法人识别编码",
    "identifiers:tax": "tax|tax id|tax number|tax no|tin|vat|vat number|vat id|vat no|inn|"
    "税号|统一编号|营利事业统一编号|纳税人识别号|税务登记号",
    "identifiers:registration": "registration|registration number|registration no|company number|company no|注册号|工商注册号|公司编号",
    "identifiers:imo": "imo|imo number|imo no|imo编号|imo号",
    "identifiers:duns": "duns|duns number|d u n s|邓白氏编码|邓氏编码",
    "identifiers:swift": "swift|bic|swift code",
}
_SIGNS = re.compile(r"[\W_]+")
_ONE_ONLY = ("reference", "country", "kind")
MAX_COLUMNS = 200


class Column(NamedTuple):
    """One column: its title as it stands in the file, what it holds, and which kind of number or tag."""

    title: str
    field: Field
    detail: str | None = None


def _plain(title: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", title).casefold())


_FIELDS = {_plain(spelling): key for key, spellings in _SPELLINGS.items() for spelling in spellings.split("|")}


def column(title: str) -> Column | None:
    """Return what a column of this title holds, ``None`` when nobody knows.

    >>> column("Company Name").field, column("统一社会信用代码").detail, column("公司名稱").field, column("Colour")
    ('name', 'uscc', 'name', None)
    """
    plain = _plain(title)
    key = _FIELDS.get(plain) or _FIELDS.get(simplified(plain))
    if key is None:
        return None
    field, _, detail = key.partition(":")
    return Column(title, next(known for known in get_args(Field) if known == field), detail or None)


def columns(titles: Iterable[str], where: str) -> list[Column | None]:
    """Return what each column holds, ``None`` for one without a title; a second column with a name holds aliases.

    Raises
    ------
    BadRequest
        For a title that is not known, one that stands there twice, or a table without names.
    """
    found: list[Column | None] = []
    for title in titles:
        known = column(title) if title.strip() else None
        if title.strip() and known is None:
            raise BadRequest(f"{where}: column {title.strip()[:60]!r} is not known; {accepted()}")
        fields = [each.field for each in found if each is not None]
        if known is not None and known.field == "name" and "name" in fields:
            known = known._replace(field="aliases")
        if known is not None and (
            (known.field in _ONE_ONLY and known.field in fields) or known.title in [each.title for each in found if each]
        ):
            raise BadRequest(f"{where}: two columns hold the {known.field}, the second is {title.strip()!r}; leave one of them out")
        found.append(known)
    if not any(each is not None and each.field == "name" for each in found):
        raise BadRequest(
            f"{where}: no column holds the names; the first row must hold the titles of the columns. {accepted().capitalize()}"
        )
    return found


def accepted() -> str:
    """Return the accepted titles, for an error: the first spelling of each, and a Chinese one."""
    told = []
    for spellings in _SPELLINGS.values():
        every = spellings.split("|")
        chinese = next((spelling for spelling in every if not spelling.isascii()), None)
        told.append(every[0] + (f" ({chinese})" if chinese else ""))
    return "accepted are " + ", ".join(told)
