"""Models behind ``POST /infer/{model}``: what a request means, where its model runs, and what it is answered.

Nothing heavy is imported before the first request: a service that only waits costs what it cost without models.
"""
