"""What a stack and its host use during a trial: CPU time, memory, GPUs, Triton's queues, noise of the machine.

Imports only ``verify`` and packages below it; never ``runner`` or ``launch``.
"""
