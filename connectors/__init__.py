"""One file per public feed: a card and a pure parse(). Files with a leading underscore are shared pieces, not feeds."""
