"""Danger HD.1: dependence on imports, and on few who sell."""
