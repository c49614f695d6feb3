"""The language of graphs: a mapping's document, read, checked, compiled and applied."""
