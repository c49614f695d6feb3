"""All that the author of a node reads: what a source, an operator and a sink declare, and what they are handed."""
