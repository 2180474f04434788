"""The user's own application: its interpreter, what kind of application it is, and the command that starts it today.

Starts short processes of the user's interpreter and reads files; must not start a server.
"""
