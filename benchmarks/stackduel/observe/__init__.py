"""The resources that a stack and its host use during a trial: CPU time, memory, GPUs, Triton's queues, and host noise.

Imports ``verify`` and packages below it; must not import ``runner`` or ``launch``.
"""
