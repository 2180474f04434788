"""Everything that a container of stackduel holds: the stacks under test and the IO backend they call."""
