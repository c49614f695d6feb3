"""Feeds: RSS, Atom and JSON Feed from any site, found from a page's address too."""
