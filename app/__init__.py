"""The composition root: settings, processes, commands, and the wiring of everything that the rooms offer."""
