"""Facts about the page that takes in a firm's own files."""

import io

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from inventory.models import Part
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send

PARTS = "sku,name_en,name_zh,family,unit_cost\nBAT-9,Battery,电池,battery,12.50\n"


@pytest.fixture
def clerk(world: World) -> Visitor:
    return world.signed_in(RoleName.WAREHOUSE)


def upload(visitor: Visitor, content: str | bytes, *, kind: str = "parts", name: str = "parts.csv") -> Page:
    raw = content.encode() if isinstance(content, str) else content
    return send(visitor, visitor.get("/imports"), f"/imports/{kind}", file=(io.BytesIO(raw), name))


def test_a_file_is_imported_and_the_result_is_told(world: World, clerk: Visitor) -> None:
    page = clerk.follow(upload(clerk, PARTS))

    assert "Parts from parts.csv: 1 added, 0 updated." in page.text
    assert world.session.scalars(sa.select(Part.sku)).all() == ["BAT-9"]


def test_the_same_form_sent_twice_imports_once(world: World, clerk: Visitor) -> None:
    form = forms_to(clerk.get("/imports"), "/imports/parts")[0]

    answers = [
        clerk.post("/imports/parts", **form | {"file": (io.BytesIO(PARTS.encode()), "parts.csv")})  # type: ignore[arg-type]
        for _ in range(2)
    ]

    assert "1 added, 0 updated" in clerk.follow(answers[1]).text


def test_every_bad_line_is_listed_and_nothing_is_written(world: World, clerk: Visitor) -> None:
    refused = upload(clerk, PARTS + "BAT-8,,电池,battery,1\nBAT-7,Battery,电池,balloon,1\n")

    assert refused.status == 422
    assert "Nothing was imported." in refused.text
    rows = refused.part("<tbody>", "</tbody>")
    assert "3 name_en The cell is empty. Fill it in." in rows
    assert "4 family" in rows
    assert world.session.scalars(sa.select(Part)).all() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest of a workbook", "This is a spreadsheet workbook, not a CSV file."),
        ("sku,name_en\n", "The column family is missing in the header."),
        (b"sku,name\n\xff\xfe", "The text is not in UTF-8 from this line on."),
        (b"", "No file was chosen, or it is empty."),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_do(clerk: Visitor, content: bytes, words: str) -> None:
    refused = upload(clerk, content)

    assert refused.status == 422
    assert words in refused.text


def test_a_file_beyond_the_limit_is_refused(clerk: Visitor) -> None:
    refused = Page.of(clerk.client.post("/imports/parts", data=b"x" * 9_000_000))

    assert refused.status == 413
    assert "larger than the 8 MB" in refused.text


def test_an_unknown_kind_is_refused(clerk: Visitor) -> None:
    assert clerk.get("/imports/shoes/template.csv").status == 404


def test_a_template_holds_the_header_and_opens_in_spreadsheets(clerk: Visitor) -> None:
    answer = clerk.client.get("/imports/parts/template.csv")

    assert answer.data.decode("utf-8-sig").startswith("sku,name_en,name_zh,family,unit_cost")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="parts.csv"'
    assert upload(clerk, answer.data + PARTS.encode().split(b"\n")[1]).status in {303, 422}


def test_problems_are_told_in_the_readers_language(world: World) -> None:
    page = upload(world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN"), "sku\n")

    assert page.status == 422
    assert 'lang="zh-Hans-CN"' in page.html


def test_a_technician_imports_nothing(world: World) -> None:
    assert world.signed_in(RoleName.TECHNICIAN).get("/imports").status == 403
