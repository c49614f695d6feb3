"""LinkedIn as an app of a member meets it: posts, images, sign-in, and a timeline as readers see it."""
