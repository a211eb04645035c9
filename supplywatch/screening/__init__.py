"""Matching names against lists: normalise, retrieve, score, qualify. Pure but for the index on disk."""
