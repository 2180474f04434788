"""Strategies that look for a load: each says what to try next, takes what came of it, and ends in a finding."""
