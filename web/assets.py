"""The built scripts and styles: where they are, and how they are served."""

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).parent / "static"
BUILT = STATIC / "built"
ENTRY = "src/main.ts"

# Vite puts a digest of the content into these names, so a name never means anything else.
HASHED = re.compile(r"/static/built/assets/[^/]+-[\w-]{8}\.\w+$")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PageAssets:
    """The addresses that every page loads; both are empty when nothing was built."""

    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


def register(app: Flask) -> None:
    """Serve ``/static`` compressed and with long lives, and let templates ask for the assets of a page."""
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=STATIC,
        prefix="static/",
        max_age=3600,
        immutable_file_test=lambda _path, url: HASHED.search(url) is not None,
        allow_all_origins=False,
    )
    assets = read_manifest()
    app.add_template_global(lambda: assets, "page_assets")


def read_manifest() -> PageAssets:
    """
    Return the addresses of the built script and style sheet.

    Read once: WhiteNoise, too, knows the files that were there at the start, so another build asks for a restart.
    """
    try:
        entry = json.loads((BUILT / "manifest.json").read_text())[ENTRY]
    except FileNotFoundError:
        log.warning("The scripts and styles of the pages were not built; run `npm ci && npm run build`.")
        return PageAssets()
    return PageAssets(scripts=(_address(entry["file"]),), styles=tuple(map(_address, entry.get("css", []))))


def _address(file: str) -> str:
    return f"/static/built/{file}"
