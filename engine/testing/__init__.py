"""Conformance checks and stand-ins for authors of connectors: the extra `chappe[testing]`.

Nothing of the product imports this package.
"""
