"""Watch-lists: the counterparties a user trades with, as files bring them, to be screened against official lists."""
