"""A music service, the same work for every framework: exercises as MusicXML and a note game."""
