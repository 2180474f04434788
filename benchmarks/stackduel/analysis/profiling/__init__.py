"""Conclusions from samples of a running server: the layers and functions in which its time goes.

Pure: it reads recordings as texts, and starts nothing.
"""
