"""The conversation around a job: intake and imports."""
