"""Streams of Server-Sent Events by an exact timetable, without any framework: made here, or passed on."""
