"""Danger HD.2: lists, controls, and the parties they name."""
