"""What a rule is tested and locked with: cases, lock, coverage, back-tests and their scores."""
