"""Rendering shared by all sinks: templates, and later cards and pictures."""
