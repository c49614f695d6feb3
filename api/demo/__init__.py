"""The demo: a company's feed, four accounts and a mapping, on this machine alone, with the real processes."""
