"""X as an app of a user meets it: posts, media, timelines, sign-in with rotating tokens, and the bill."""
