"""Jobs, technicians, plans and field work: where customers, parts and routes meet."""
