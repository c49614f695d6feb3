"""What the API takes and gives: pydantic models, one file for each resource."""
