"""Docker, as this project uses it: build images, run containers, read their limits, remove them.

Imports only ``storage`` and packages below it; never ``launch``, ``load`` or ``inference``.
"""
