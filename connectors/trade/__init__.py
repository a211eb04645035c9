"""Trade by partner and code."""
