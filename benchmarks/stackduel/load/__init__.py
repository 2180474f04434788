"""The load engine: schedules, clients, and the worker processes that send requests and record the answers.

Imports only ``containers``, ``inference`` and ``model``; must not import ``verify`` or ``launch``.
"""
