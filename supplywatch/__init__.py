"""Streaming supply-disruption monitor: the nouns, the ledger and the command line."""

__version__ = "0.2.0"
