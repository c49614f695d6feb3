"""What Prometheus is told of a process and of its database."""
