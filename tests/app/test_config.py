"""Facts about configuration: read from the environment, refused loudly when wrong."""

import stat
from pathlib import Path

import pytest

from app.config import PROVIDERS, Config, ConfigError
from app.factory import create_app
from routing import travel as travel_times
from routing.solve import ENGINES


def test_an_empty_environment_gives_embedded_defaults(tmp_path: Path) -> None:
    config = Config.from_environment({"DATA_DIR": str(tmp_path)})

    assert config.database_url == f"sqlite:///{tmp_path / 'wrenchway.sqlite'}"
    assert (config.host, config.port) == ("127.0.0.1", 8000)
    assert config.map_file.exists()


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = {
        "DATA_DIR": str(tmp_path),
        "PORT": "eighty",
        "PLAN_ENGINE": "magic",
        "LEASE_SECONDS": "0.1",
        "DATABASE_URL": "mysql://x",
        "LOG_LEVEL": "LOUD",
        "DEMO": "no",
    }

    with pytest.raises(ConfigError) as refusal:
        Config.from_environment(wrong)

    told = str(refusal.value)
    assert "PORT: expected a whole number from 1 to 65535, got 'eighty'" in told
    assert f"PLAN_ENGINE: expected one of {', '.join(ENGINES)}, got 'magic'" in told
    assert all(name in told for name in ("LEASE_SECONDS", "DATABASE_URL", "LOG_LEVEL", "DEMO: expected one of on, off"))


@pytest.mark.parametrize("url", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg://u@h/d"])
def test_a_postgresql_is_reached_by_the_driver_that_is_installed(tmp_path: Path, url: str) -> None:
    config = Config.from_environment({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})

    assert config.database_url == "postgresql+psycopg://u@h/d"


def test_the_secret_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first, second = (Config.from_environment({"DATA_DIR": str(tmp_path)}) for _ in range(2))

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) > 40
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.parametrize(("text", "loads"), [("", True), ("on", True), ("off", False)])
def test_the_demonstration_can_be_switched_off(tmp_path: Path, text: str, loads: bool) -> None:
    assert Config.from_environment({"DATA_DIR": str(tmp_path), "DEMO": text}).demonstration is loads


def test_every_provider_of_travel_times_can_be_configured() -> None:
    assert set(PROVIDERS) == set(travel_times.PROVIDERS)


def test_behind_a_proxy_cookies_are_for_https_and_callers_keep_their_address(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.sqlite'}"
    config = Config(data_dir=tmp_path, database_url=database, secret_key="s", proxies=1, testing=True)
    app = create_app(config)
    forwarded = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https"}

    with app.test_request_context("/", headers=forwarded) as context:
        app.wsgi_app(context.request.environ, lambda *_: lambda _: None)

        assert context.request.environ["REMOTE_ADDR"] == "198.51.100.7"
        assert context.request.environ["wsgi.url_scheme"] == "https"
    assert app.config["SESSION_COOKIE_SECURE"]
