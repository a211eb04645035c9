"""``python -m supplywatch``: the command line."""

from supplywatch.cli import main

main()
