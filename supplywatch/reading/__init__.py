"""The few readers that several rooms need: countries, identifiers, workbooks."""
