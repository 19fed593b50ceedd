"""Who is served and what is owed: customers, sites, devices, contracts and service calendars."""
