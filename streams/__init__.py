"""The only package that imports faust: topics, thin agents, the outbox relay."""
