"""The nouns: records, alerts, rules, sources, items; what things are, and nothing of what is done with them."""
