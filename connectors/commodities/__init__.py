"""Production and trade of minerals and oil."""
