"""Acts of governments."""
