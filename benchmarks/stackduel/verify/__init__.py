"""Single requests to a stack, and the checks that its answers keep the HTTP contract and agree with other stacks.

Imports only ``load`` and packages below it; never ``launch`` or ``observe``.
"""
