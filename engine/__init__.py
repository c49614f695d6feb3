"""The engine: the post, the promises, the run. It imports nobody above."""
