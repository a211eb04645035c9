"""What every process needs while it runs: the broker's clients, health and readiness, logs."""
