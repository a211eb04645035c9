"""Official lists of parties."""
