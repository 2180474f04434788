"""OpenAPI documents: their operations as requests, by their own examples or by values of their schemas."""
