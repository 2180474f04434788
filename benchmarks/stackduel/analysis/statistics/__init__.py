"""What the figures of a run allow anyone to say: intervals, verdicts, gates, ceilings, advice."""
