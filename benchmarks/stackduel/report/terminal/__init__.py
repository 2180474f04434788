"""What a terminal shows: sentences and tables that fit its width, and who may move its cursor."""
