"""The composition root: everything is wired together here and nowhere else."""

import functools

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

import api
import desk.models
import dispatch.models
import web
from app import cli, errors, requests, security, warm
from app.config import Config
from app.database import open_database
from app.log import set_up_log
from app.workbench import make_workbench
from core import commands, settings
from core.attachments import LARGEST

# Importing the rooms registers their tables; naming them here keeps the imports honest.
TABLES_OF = (desk.models, dispatch.models, commands, settings)


def create_app(config: Config | None = None) -> Flask:
    """
    Build the service.

    Raises
    ------
    ConfigError
        If the environment holds values that it cannot work with.
    """
    config = config or Config.from_environment()
    set_up_log(config)
    app = Flask("wrenchway", static_folder=None)
    app.config.from_mapping(_flask_settings(config))
    app.extensions["wrenchway"] = config
    # For what the edges compute while somebody waits; made when it is asked for.
    app.extensions["workbench"] = functools.partial(make_workbench, app)
    cli.register(app)
    open_database(app, config)
    Compress(app)
    if config.proxies:
        hops = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    web.register(app)
    api.register(app)
    security.register(app)
    errors.register(app)
    requests.register(app)
    warm.register(app)
    security.refuse_unmarked_views(app)
    return app


def _flask_settings(config: Config) -> dict[str, object]:
    return {
        "SECRET_KEY": config.secret_key,
        # The largest file that is kept, and the form around it.
        "MAX_CONTENT_LENGTH": LARGEST + 64 * 1024,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Behind a proxy the outside is HTTPS; on a bare machine a cookie for HTTPS alone would never come back.
        "SESSION_COOKIE_SECURE": config.proxies > 0,
        "TESTING": config.testing,
        # Pages of a whole day are long and full of repetition; level 6 costs a few milliseconds.
        "COMPRESS_ALGORITHM": ["gzip"],
        "DEFAULT_LANGUAGE": config.default_language,
        "LABEL_FONT": config.label_font,
        "PLAN_ENGINE": config.plan_engine,
        "PLAN_SECONDS": config.plan_seconds,
    }
