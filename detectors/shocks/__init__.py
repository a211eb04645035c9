"""Source RS.EXT: straits, ports, pressure on chains."""
