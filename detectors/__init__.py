"""One file per risk pattern: a rule card, parameters and a pure detect(). Folders are the dangers and trends; those with a leading
underscore are shared."""
