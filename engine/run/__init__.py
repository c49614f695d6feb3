"""The verbs of the engine: poll, route, hold, deliver, settle, and what keeps them honest."""
