"""What a stack and its host use during a trial: CPU time, memory, GPUs, Triton's queues, and the noise of the host.

Imports ``verify`` and packages below it; must not import ``runner`` or ``launch``.
"""
