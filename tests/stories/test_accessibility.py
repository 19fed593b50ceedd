"""
Every page can be used by everybody: axe-core finds nothing against WCAG 2.2 A and AA, and nothing is cut off.

The pages are not listed here. Each role begins where it works and follows its links; of every route one page is looked
at, in turn on a desk and a phone, in light and in dark. A page that takes no parameters is looked at even if no link
leads to it, so a new one cannot be forgotten.
"""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from app.demo.founding import PASSWORD
from app.security import allowed_roles
from benchmarks.chromium import DESK, PHONE
from core.accounts import RoleName
from tests.stories.conftest import Screen, serving
from tests.stories.demonstration import demonstration_in

# Whoever comes first waits until the demonstration is loaded.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("accessibility"), pytest.mark.timeout(400)]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Good habits that the standard does not ask for.
HABITS = ["heading-order", "landmark-one-main", "page-has-heading-one", "landmark-unique", "region"]
# Who opens a page that several may open: the first of these. Dispatchers, who may open most, come late.
PEOPLE = {
    RoleName.WAREHOUSE: "warehouse@demo.example",
    RoleName.TECHNICIAN: "ana.ribeiro@demo.example",
    RoleName.DESK: "desk@demo.example",
    RoleName.MANAGER: "manager@demo.example",
    RoleName.DISPATCHER: "dispatcher@demo.example",
    RoleName.ADMIN: "admin@demo.example",
}
LOOKS = list(itertools.product((DESK, PHONE), ("light", "dark")))
# Further faces of pages that are reached by choices rather than by links.
FACES = {RoleName.DISPATCHER: ["/board?view=table", "/board?list=late", "/no-such-page"]}
LINK = re.compile(r'href="(/[^"#]*)')


@pytest.fixture(scope="module")
def service(published_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demonstration on its day, shared by all: looking changes nothing."""
    folder = tmp_path_factory.mktemp("looked-at")
    with demonstration_in(folder, copy_of=published_folder) as app:
        yield app


@pytest.fixture(scope="module")
def address(service: Flask) -> Iterator[str]:
    with serving(service) as made:
        yield made


@pytest.fixture(scope="module")
def pages_of(service: Flask) -> dict[RoleName, list[str]]:
    """For each role the pages that nobody before it opens."""
    seen: set[str] = set()
    return {role: [*walk(service, role, seen), *FACES.get(role, [])] for role in PEOPLE}


def walk(app: Flask, role: RoleName, seen: set[str]) -> Iterator[str]:
    """Follow the links of a role from page to page, one per route; adds the routes to ``seen``."""
    routes, client = app.url_map.bind("localhost"), signed_in(app, PEOPLE[role])
    found = pages_without_parameters(app, role)
    while found:
        path = found.pop(0)
        route = endpoint_of(routes, path)
        if route is None or route in seen:
            continue
        answer = client.get(path, buffered=True)
        assert answer.status_code < 500, f"{path}: {answer.status}"
        if answer.status_code == 403:
            continue
        seen.add(route)
        if answer.status_code == 200 and "<html" in answer.get_data()[:400].decode(errors="replace"):
            yield path
            found += [link.replace("&amp;", "&") for link in LINK.findall(answer.text)]


def pages_without_parameters(app: Flask, role: RoleName) -> list[str]:
    """Return the addresses that somebody of this role may open as they are."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith(("/api", "/stream"))
        if role in (allowed_roles(app, rule.endpoint, "GET") or PEOPLE)
    ]


def endpoint_of(routes: MapAdapter, path: str) -> str | None:
    """Return the route behind an address, or None if it is not one of a page."""
    try:
        route: str = routes.match(path.partition("?")[0])[0]
    except HTTPException:
        return None
    return route


def signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    page = client.get("/login").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token
    answer = client.post("/login", data={"email": email, "password": PASSWORD, "csrf_token": token[1]})
    assert answer.status_code == 302, answer.text
    return client


@pytest.mark.parametrize("role", list(PEOPLE), ids=str)
def test_a_page_can_be_used_by_everybody(
    chromium: Browser, address: str, pages_of: dict[RoleName, list[str]], role: RoleName
) -> None:
    assert pages_of[role], f"No page is looked at as {role}."
    context = chromium.new_context(viewport=DESK, locale="en-GB")
    screen = Screen(context.new_page(), address)
    screen.sign_in(PEOPLE[role], PASSWORD)

    looks = zip(pages_of[role], itertools.cycle(LOOKS), strict=False)
    faults = [fault for path, look in looks for fault in faults_of(screen, path, *look)]
    context.close()

    assert faults == []
    assert [fault for fault in screen.faults if "/no-such-page" not in fault and "404 (NOT FOUND)" not in fault] == []


def faults_of(screen: Screen, path: str, viewport: Any, scheme: Any) -> list[str]:
    """Open a page and name what is wrong with it, each with the place."""
    screen.page.set_viewport_size(viewport)
    screen.page.emulate_media(color_scheme=scheme)
    screen.open_briskly(path)
    where = f"{path} ({viewport['width']} wide, {scheme})"
    wider = screen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    cut = [f"{where}: {wider} points wider than the window"] if wider > 0 else []
    return cut + [f"{where}: {violation}" for violation in violations(screen.page)]


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(
        """async ([standard, habits]) => {
          const { violations } = await axe.run(document, {
            runOnly: { type: "tag", values: standard },
            rules: Object.fromEntries(habits.map((habit) => [habit, { enabled: true }])),
            resultTypes: ["violations"],
          });
          return violations.flatMap(({ id, help, nodes }) =>
            nodes.slice(0, 3).map((node) => `${id}: ${help}: ${node.target.join(" ")}: ${node.any[0]?.message ?? ""}`));
        }""",
        [STANDARD, HABITS],
    )
    return found
