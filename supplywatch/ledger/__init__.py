"""The book: what was observed, what state each rule is in, what was said and when. Only this room names tables."""
