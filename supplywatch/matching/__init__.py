"""Watched counterparties against lists, from both sides: an entry changes, a counterparty changes."""
