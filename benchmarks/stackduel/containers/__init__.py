"""Docker, as this project uses it: build images, run containers, read their limits, remove them.

Imports only ``model``; must not import ``inference``, ``load`` or ``launch``.
"""
