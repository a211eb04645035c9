"""What the vocabularies of ``config/`` must be: read at import, they would else end in a traceback far from the line that is wrong."""

from __future__ import annotations

from pydantic import BaseModel, StrictStr

Spellings = dict[StrictStr, StrictStr]


class EnglishBook(BaseModel):
    """``vocabulary.yaml``: words separated by blanks, spellings separated by commas."""

    places: StrictStr
    context: StrictStr
    ordinals: StrictStr
    cardinals: StrictStr
    tens: StrictStr
    exonyms: Spellings
    words: Spellings
    phrases: Spellings
    legal: Spellings


class ChineseBook(BaseModel):
    """``vocabulary_zh.yaml``."""

    legal: Spellings
    places: StrictStr
    place_names: Spellings
    glossary: StrictStr
    short_names: Spellings
    transliteration: StrictStr


class Alias(BaseModel):
    """A brand that is neither the sound nor the meaning of a Chinese name, and who says so."""

    zh: StrictStr
    en: StrictStr
    source: StrictStr
