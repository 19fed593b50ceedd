"""Documents of the stock room that go through states: holding one while it changes, and its number."""

from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.models import Count, PurchaseOrder, Transfer

Document = TypeVar("Document", Transfer, PurchaseOrder, Count)


def hold(session: Session, table: type[Document], document_id: int) -> Document | None:
    """
    Return a document as the database has it now, held until the transaction ends, or None if there is none.

    Its lines belong to it: whoever wants to change one holds the document first. On SQLite the transaction itself is
    the lock.
    """
    found = (
        sa.select(table)
        .where(table.id == document_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    document = session.scalar(found)
    if document is not None:
        session.refresh(document, ["lines"])
        for line in document.lines:
            session.refresh(line)
    return document
