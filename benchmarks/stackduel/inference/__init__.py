"""Models as a run uses them: the input of each request, the request in each protocol, and a model measured alone.

Imports only ``storage`` and packages below it; never ``load``, ``verify`` or ``containers``.
"""
