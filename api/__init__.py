"""HTTP, command line, settings and wiring: everything that touches the outside of the process."""
