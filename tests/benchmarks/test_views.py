"""Every page has a picture: a new address is a view of benchmarks/views.py, or is no page."""

import itertools

from flask import Flask

from benchmarks.screenshots import address_pattern, document, fill
from benchmarks.views import SECTIONS

VIEWS = list(itertools.chain(*SECTIONS.values()))
# Addresses that answer no page of their own: files, parts of pages, what programs and scripts ask for.
NO_PAGES = {
    "/",
    "/board/map.json",
    "/day/sync",
    "/devices/card",
    "/devices/found",
    "/faults/catalogue.json",
    "/fs-static/<path:filename>",
    "/healthz",
    "/imports/<kind>/template.csv",
    "/inbox/list",
    "/jobs/<number>/card",
    "/jobs/<number>/files/<int:attachment_id>",
    "/jobs/<number>/viewers",
    "/manifest.webmanifest",
    "/map/roads.json",
    "/plan-runs/<int:run_id>/progress",
    "/stream",
    "/stream/now",
    "/sw.js",
    "/tickets/<number>/files/<int:attachment_id>",
    "/urgent/found",
    # Flask-Security's second question for a password, which nothing here asks.
    "/verify",
    "/visits/<int:visit_id>/files/<int:attachment_id>",
    "/visits/<int:visit_id>/report.pdf",
    "/warehouse/label",
    "/warehouse/labels.pdf",
}
# Shown on purpose although there is no such page.
NOT_THERE = {"/nowhere"}


def test_every_page_has_a_view_with_a_picture(app: Flask) -> None:
    pages = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/static/"))
    }
    shown = {view.rule for view in VIEWS}

    assert pages - shown - NO_PAGES == set(), "Add them to benchmarks/views.py, or to what is no page here."
    assert shown - pages == NOT_THERE
    assert pages >= NO_PAGES


def test_no_two_views_have_one_picture() -> None:
    names = [view.name for view in VIEWS]

    assert len(names) == len(set(names))
    assert all(f"images/screens/{name}.webp" in document() for name in names)


def test_addresses_are_read_off_links_but_not_off_forms_for_something_new() -> None:
    job, history = address_pattern("/jobs/<number>"), address_pattern("/plans/<int:plan_id>/history")

    assert job.match("/jobs/new") is None
    assert job.match("/jobs/J-000001/why") is None
    found = job.match("/jobs/J-000001?day=2026-11-23")
    assert found
    assert fill("/jobs/<number>/why", found.groups()) == "/jobs/J-000001/why"
    assert history.match("/plans/gate/history") is None
    assert history.match("/plans/2/history")
