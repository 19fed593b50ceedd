"""What a web server loads."""

from app.factory import create_app
from app.processes import before_stopping

app = create_app()
# A server that stops waits for the answers under way; those to pages that look on would go on for minutes.
before_stopping(app.extensions["watch"].stop)
