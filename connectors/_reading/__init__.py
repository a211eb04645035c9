"""What several connectors read with."""
