"""Scripts whose names cannot be compared with names in Latin letters: what is not found there was not looked for.

>>> uncompared("بنك صادرات إيران"), uncompared("김정은"), uncompared("华为技术有限公司"), uncompared("Иванов"), uncompared("Ελλάς")
('Arabic', 'Hangul', None, None, None)
>>> uncompared("山田太郎")
'Japanese or Korean (in Chinese characters)'
"""

from __future__ import annotations

import unicodedata
from collections import Counter

_COMPARED = frozenset(("LATIN", "CYRILLIC", "GREEK", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH"))
"""Read letter by letter into Latin, or character by character by their sound; the vowels of Arabic and Hebrew are not written, and the
syllables of Hangul and Thai are spelt in more ways than one."""

_OTHER_READING = "Japanese or Korean (in Chinese characters)"
"""Characters are read by their Chinese sounds: of a name so short nobody can tell whether it is a Chinese one."""
_PERSON_CHARACTERS = 4


def uncompared(text: str) -> str | None:
    """Return the script that most letters of a name are in where names in it cannot be compared with Latin ones."""
    if text.isascii():
        return None
    scripts = Counter(unicodedata.name(character, "LATIN").split()[0] for character in text if character.isalpha())
    script = max(scripts, key=lambda each: (scripts[each], each), default="LATIN")
    if script == "CJK" and len(text) <= _PERSON_CHARACTERS and len(scripts) == 1:
        return _OTHER_READING
    return None if script in _COMPARED else script.capitalize()
