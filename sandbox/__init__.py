"""Servers on this machine that stand in for the outside: feeds to read, receivers to publish to, and a page to watch.

They speak the wire protocols and misbehave when told to, for the demo, for rehearsals and for tests. Nothing of the
rest of the project is used here, so that what is tested is not tested by itself.
"""
