"""The planner: a technician routing problem in, a checked plan out. No web framework, no database, no clock."""
