"""Chappe beside what people would use instead: the same feeds and sinks on the same machine, one after the other."""
