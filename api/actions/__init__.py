"""What the product can do for a person: the command line and the HTTP API go through the same functions."""
