"""One file per risk pattern: a rule card, parameters and a pure detect(). Files with a leading underscore are shared pieces, not rules."""
