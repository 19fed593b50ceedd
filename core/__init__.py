"""The ground floor: base class, session, accounts, errors, clock, commands."""
