"""Models as a run uses them: the input of each request, the request in each protocol, and a model measured alone.

Imports only ``model``; must not import ``containers``, ``load`` or ``verify``.
"""
