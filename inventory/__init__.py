"""Parts, places, movements and reservations. Nothing here has ever heard of a job."""
