"""Everything between a publisher and the record topics that is not knowledge about one publisher."""
