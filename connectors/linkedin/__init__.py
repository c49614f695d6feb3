"""LinkedIn: posts of members, in their own name."""
