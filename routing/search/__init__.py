"""Compiled ruin and recreate: a plan torn open in one neighbourhood and closed again, thousands of times a second."""
