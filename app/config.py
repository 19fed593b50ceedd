"""Configuration: one place, from the environment, refused loudly when wrong."""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatch.models.plans import SECONDS_ALLOWED
from routing.solve import ENGINES

ROOT = Path(__file__).resolve().parent.parent

# As routing.travel names them; importing it would load the reader of maps into every web server.
PROVIDERS = ("osm", "great_circle", "osrm")
LANGUAGES = ("en", "zh_Hans_CN")
SWITCH = ("on", "off")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class ConfigError(Exception):
    """The environment holds values that the service cannot work with; every one of them is named."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = faults
        super().__init__("\n".join(["The configuration is wrong:", *(f"  - {fault}" for fault in faults)]))


@dataclass(frozen=True)
class Config:
    """
    Everything that may differ between two installations.

    Attributes
    ----------
    data_dir
        Folder of the SQLite files, the secret and the prepared road network.
    database_url
        SQLAlchemy URL; SQLite in ``data_dir`` unless DATABASE_URL names a PostgreSQL.
    demonstration
        Whether a start loads the demonstration into an empty database.
    proxies
        How many proxies stand before the service and tell it the caller's address and that the caller uses HTTPS.
    travel_provider
        ``osm`` (roads of ``map_file``), ``great_circle`` or ``osrm`` (the server at ``osrm_url``).
    plan_seconds
        How long the planner may search when nobody says otherwise.
    label_font
        Font with Chinese characters for printed labels; empty for one of the system's.
    """

    data_dir: Path
    database_url: str
    secret_key: str
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1
    # Every window that is told of changes holds one of them; waiting threads cost next to nothing.
    web_threads: int = 32
    proxies: int = 0
    demonstration: bool = True
    travel_provider: str = "osm"
    map_file: Path = ROOT / "demo_data" / "porto_portugal.osm.pbf"
    osrm_url: str = "http://127.0.0.1:5000"
    plan_engine: str = "hybrid"
    plan_seconds: float = 5.0
    plan_threads: int = 1
    lease_seconds: float = 10.0
    label_font: str = ""
    default_language: str = "en"
    log_level: str = "INFO"
    testing: bool = False

    @property
    def uses_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def queue_file(self) -> Path:
        """The file of the background queue when there is no PostgreSQL to hold it."""
        return self.data_dir / "queue.sqlite"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """
        Read the configuration.

        Raises
        ------
        ConfigError
            With one sentence for every variable that is wrong.
        """
        reader = _Reader(environ)
        data_dir = Path(environ.get("DATA_DIR") or ROOT / "var").resolve()
        values: dict[str, Any] = {
            "data_dir": data_dir,
            "database_url": _database_url(environ.get("DATABASE_URL", ""), data_dir, reader),
            "host": reader.text("HOST", cls.host),
            "port": reader.whole("PORT", cls.port, 1, 65535),
            "web_workers": reader.whole("WEB_WORKERS", cls.web_workers, 1, 64),
            "proxies": reader.whole("PROXIES", cls.proxies, 0, 5),
            "demonstration": reader.choice("DEMO", "on", SWITCH) == "on",
            "web_threads": reader.whole("WEB_THREADS", cls.web_threads, 2, 256),
            "travel_provider": reader.choice("TRAVEL_PROVIDER", cls.travel_provider, PROVIDERS),
            "map_file": Path(environ.get("MAP_FILE") or cls.map_file).resolve(),
            "osrm_url": reader.text("OSRM_URL", cls.osrm_url),
            "plan_engine": reader.choice("PLAN_ENGINE", cls.plan_engine, tuple(ENGINES)),
            "plan_seconds": reader.number("PLAN_SECONDS", cls.plan_seconds, *SECONDS_ALLOWED),
            "plan_threads": reader.whole("PLAN_THREADS", cls.plan_threads, 1, 64),
            "lease_seconds": reader.number("LEASE_SECONDS", cls.lease_seconds, 2, 600),
            "label_font": reader.text("LABEL_FONT", cls.label_font),
            "default_language": reader.choice("DEFAULT_LANGUAGE", cls.default_language, LANGUAGES),
            "log_level": reader.choice("LOG_LEVEL", cls.log_level, LOG_LEVELS),
        }
        if reader.faults:
            raise ConfigError(reader.faults)
        return cls(secret_key=environ.get("SECRET_KEY") or _kept_secret(data_dir), **values)


class _Reader:
    """Reads typed variables and collects what is wrong instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name) or default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        return int(self._bounded(name, default, (low, high), int))

    def number(self, name: str, default: float, low: float, high: float) -> float:
        return float(self._bounded(name, default, (low, high), float))

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            self.faults.append(f"{name}: expected one of {', '.join(allowed)}, got {value!r}.")
            return default
        return value

    def _bounded(
        self, name: str, default: float, bounds: tuple[float, float], convert: Callable[[str], float]
    ) -> float:
        text = self._environ.get(name)
        if not text:
            return default
        low, high = bounds
        try:
            value = convert(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            what = "a whole number" if convert is int else "a number"
            self.faults.append(f"{name}: expected {what} from {low} to {high}, got {text!r}.")
            return default
        return value


def _database_url(text: str, data_dir: Path, reader: _Reader) -> str:
    if not text:
        return f"sqlite:///{data_dir / 'wrenchway.sqlite'}"
    if text.startswith(("postgresql://", "postgres://")):
        # The driver that is installed is psycopg 3; plain URLs would look for psycopg 2.
        return "postgresql+psycopg://" + text.split("://", 1)[1]
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        reader.faults.append(f"DATABASE_URL: expected sqlite:///FILE or postgresql://..., got {text!r}.")
    return text


def _kept_secret(data_dir: Path) -> str:
    """Return the installation's own secret, made at first use and readable by its owner alone."""
    data_dir.mkdir(parents=True, exist_ok=True)
    file = data_dir / "secret_key"
    try:
        # Exclusive creation: of two processes that start together one writes and the other reads.
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return file.read_text()
