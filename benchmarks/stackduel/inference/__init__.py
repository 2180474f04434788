"""Models as the runner knows them: what they are given, asked in every protocol, measured alone, and taken apart."""
