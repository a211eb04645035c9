"""The monitor itself: what the publishers do not deliver."""
