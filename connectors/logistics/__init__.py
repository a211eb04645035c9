"""Ships and ports."""
