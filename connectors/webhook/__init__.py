"""Webhooks: each post as a signed JSON message to an address of yours, by Standard Webhooks 1.0.0."""
