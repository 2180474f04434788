"""Traffic that others recorded (access logs, HAR files) or described (OpenAPI), read within bounds, written as a suite.

It sends nothing and starts nothing; it imports ``planning`` and what is below.
"""
