"""X: posts and reposts of accounts, each with words of its own."""
