"""The container engine: connection, images, limits of containers, and ownership of containers and networks.

Imports only ``model``; must not import ``inference``, ``load`` or ``launch``.
"""
