"""Entries of official lists, the parties they mean, and what happened to them."""
