"""What is wrong with a mapping, as findings."""
