"""The container engine: connection, images, limits of containers, and who owns each container and network.

Imports only ``model``; must not import ``inference``, ``load`` or ``launch``.
"""
