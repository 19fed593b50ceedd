"""What is looked at before a visit is completed, by kind of work. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from dispatch.fieldwork.errors import UnknownCheck
from dispatch.models.jobs import JobKind

ITEM_NOTE_LENGTH = 200

# Keys in the order in which they are shown; the words for them stand at the edges.
_ALWAYS = ("test_receipt", "customer_shown", "site_clean")
CHECKLISTS: Mapping[JobKind, tuple[str, ...]] = {
    JobKind.REPAIR: ("fault_gone", "test_payment", *_ALWAYS),
    JobKind.INSTALLATION: ("mounted", "connected", "test_payment", *_ALWAYS),
    JobKind.SWAP: ("data_moved", "connected", "test_payment", "old_device_taken", *_ALWAYS),
    JobKind.COLLECTION: ("data_wiped", "accessories_taken", "site_clean"),
    JobKind.MAINTENANCE: ("cleaned", "printer_head", "battery_tested", "cables_checked", "test_payment", "site_clean"),
    JobKind.UPGRADE: ("version_checked", "test_payment", "customer_shown"),
    JobKind.TRAINING: ("sale_practised", "refund_practised", "day_end_practised"),
    JobKind.DATA_RECOVERY: ("data_saved", "customer_confirmed", "data_wiped"),
}


def filled_in(kind: JobKind, told: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """
    Return the list of this kind of work with what was told, in its order; raises UnknownCheck.

    What nobody told is not done. Nothing told at all gives no list: nobody looked at it.
    """
    by_key = {str(item["key"]): item for item in told}
    known = CHECKLISTS[kind]
    for key in by_key:
        if key not in known:
            raise UnknownCheck(key=key)
    if not by_key:
        return []
    return [
        {
            "key": key,
            "done": bool(by_key.get(key, {}).get("done", False)),
            "note": str(by_key.get(key, {}).get("note", "")).strip()[:ITEM_NOTE_LENGTH],
        }
        for key in known
    ]
