"""Trend TR: supply that moves."""
