"""Models behind ``POST /infer/{model}``: read a request, run its model, encode the answer.

Nothing heavy is imported before the first request, so a service that serves no model costs no more than before.
"""
