"""Prices and indices."""
