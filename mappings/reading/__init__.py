"""From the text of a file to plain data with places."""
