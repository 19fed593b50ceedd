"""The planner against public values and other solvers: ``make bench-routing``; the tables are in docs/benchmarks.md."""
