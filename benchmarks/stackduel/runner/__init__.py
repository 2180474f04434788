"""From a plan to a report: starts, verifies, loads and observes stacks, judges each trial and saves it at once.

Begin with ``session``, which tells the way of a run. It must not import ``cli``.
"""
