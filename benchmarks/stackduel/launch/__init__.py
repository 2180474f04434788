"""Start and stop stacks: as local processes, in containers, or already running elsewhere.

Imports only ``verify`` and packages below it; never ``runner`` or ``observe``.
"""
