"""A small bundled table of real figures, with its citations, for ``supplywatch demo``."""
