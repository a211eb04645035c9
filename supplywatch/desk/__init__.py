"""What people do with an alert: decide, see whom it concerns, bring evidence of their own."""
