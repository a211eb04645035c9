"""The book: what was observed, what state each rule is in, what was said and when."""

from supplywatch.ledger.book import Ledger

__all__ = ["Ledger"]
