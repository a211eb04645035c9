"""Measures that several rules read: shares, balances, sources of a line."""
