"""Starting stacks: as local processes, as containers, or by attaching to what runs already."""
