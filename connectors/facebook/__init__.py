"""Facebook: a company's page, as a source and as a sink, by the Graph API."""
