"""Statistics that several rules stand on: charts, seasons, trends."""
