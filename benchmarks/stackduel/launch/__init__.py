"""Start and stop stacks: as local processes, in containers, or already running elsewhere.

Imports ``verify`` and packages below it; must not import ``runner`` or ``observe``.
"""
