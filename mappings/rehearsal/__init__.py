"""What would happen: previews, tests of a mapping, dry runs and replays. Nothing here sends anything."""
