"""One file per public feed: a card and a pure parse(). Folders are the families; ``_reading`` is shared."""
