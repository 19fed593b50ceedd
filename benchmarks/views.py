"""Every view of the service that has a picture: whose it is, where it stands, and what is opened on it."""

from dataclasses import dataclass

DISPATCHER = "dispatcher@demo.example"
DESK_CLERK = "desk@demo.example"
WAREHOUSE_CLERK = "warehouse@demo.example"
ADMIN = "admin@demo.example"
TECHNICIAN = "ana.ribeiro@demo.example"
NOBODY = ""

MAP = ".map-warehouse"
BAR = ".timeline a.bar-dispatched[data-job]"
JOB = r"/jobs/(J-\d+)"
# A part of which every piece has a number.
TRACKED = "/warehouse/parts/CRD-T-S"
DISPATCHED = "/jobs?status=dispatched&priority=P1"


@dataclass(frozen=True)
class View:
    """
    A page in one of its states.

    Attributes
    ----------
    rule
        Its address as in the map of addresses. What stands in brackets is read off the first link on ``start``
        that ``link`` matches, or that leads to such a page if there is no ``link``.
    query
        What follows the address.
    press
        What is pressed once the page stands.
    drawn
        What a script draws later than the rest, and the picture waits for.
    main
        Whether it is shown in full size and in dark colours too.
    """

    name: str
    title: str
    person: str
    rule: str
    start: str = ""
    link: str = ""
    query: str = ""
    press: str = ""
    drawn: str = ""
    main: bool = False


SECTIONS: dict[str, tuple[View, ...]] = {
    "The dispatcher's board": (
        View("board", "The day on the road", DISPATCHER, "/board", query="?show=published", drawn=MAP, main=True),
        View(
            "board-job",
            "A job selected in every view",
            DISPATCHER,
            "/board",
            query="?show=published",
            drawn=MAP,
            press=BAR,
        ),
        View("board-draft", "A draft before it is published", DISPATCHER, "/board", drawn=MAP),
        View("board-week", "The week", DISPATCHER, "/board", drawn=MAP, query="?view=week"),
        View("board-table", "The same as a table", DISPATCHER, "/board", drawn=MAP, query="?view=table&show=published"),
        View("move", "A visit moved by hand", DISPATCHER, "/jobs/<number>/move", start=DISPATCHED, link=JOB),
        View("plan", "Draft and published side by side", DISPATCHER, "/plans/<int:plan_id>", start="/board", main=True),
        View(
            "plan-history",
            "What became of a plan",
            DISPATCHER,
            "/plans/<int:plan_id>/history",
            start="/board",
            link=r"/plans/(\d+)",
        ),
        View("gate", "What cannot be planned", DISPATCHER, "/plans/gate"),
        View("planning-settings", "What the planner pays for", ADMIN, "/planning-settings"),
    ),
    "The living day": (
        View("live", "Who will be late, and who is where", DISPATCHER, "/live", main=True),
        View("live-event", "What happened, and the answer", DISPATCHER, "/live/events/<int:event_id>", start="/live"),
        View("inbox", "What waits for somebody", DISPATCHER, "/inbox", main=True),
        View("urgent", "Somebody for an urgent call", DISPATCHER, "/urgent", main=True),
        View(
            "why", "Why nobody comes, and what would help", DISPATCHER, "/jobs/<number>/why", start="/live", main=True
        ),
        View("who", "Who can come", DISPATCHER, "/jobs/<number>/who", start=DISPATCHED, link=JOB),
        View("notices", "Notices", DISPATCHER, "/notices"),
        View("conflicts", "What phones sent too late", DISPATCHER, "/conflicts"),
        View("promises", "The promise ledger", DISPATCHER, "/promises"),
        View(
            "promise-history",
            "The history of a promise",
            DISPATCHER,
            "/promises/<int:promise_id>/history",
            start="/promises",
        ),
    ),
    "Jobs and tickets": (
        View("jobs", "Jobs", DISPATCHER, "/jobs"),
        View("job", "A job", DISPATCHER, "/jobs/<number>", start=DISPATCHED, main=True),
        View("job-clocks", "The clocks of a job", DISPATCHER, "/jobs/<number>/clocks", start=DISPATCHED, link=JOB),
        View("job-history", "The history of a job", DISPATCHER, "/jobs/<number>/history", start=DISPATCHED, link=JOB),
        View("job-promise", "A promise and a pin", DISPATCHER, "/jobs/<number>/promise", start=DISPATCHED, link=JOB),
        View("job-new", "A new job", DISPATCHER, "/jobs/new"),
        View("tickets", "Tickets", DESK_CLERK, "/tickets"),
        View(
            "ticket",
            "A ticket: the next step to try",
            DESK_CLERK,
            "/tickets/<number>",
            start="/tickets?state=open",
            main=True,
        ),
        View("ticket-new", "A new ticket", DESK_CLERK, "/tickets/new"),
        View("faults", "The fault catalogue", DESK_CLERK, "/faults"),
        View(
            "fault",
            "A fault with its tree of questions",
            DESK_CLERK,
            "/faults/<code>",
            start="/faults",
            link=r"/faults/([A-Z-]+)$",
        ),
    ),
    "The technician's phone": (
        View("day", "The next stop and those afterwards", TECHNICIAN, "/day", main=True),
        View("day-tomorrow", "A day that is not planned yet", TECHNICIAN, "/day", query="?day=2026-11-24"),
        View("van", "My van", TECHNICIAN, "/day/van", main=True),
        View("van-count", "My van, counted blind", TECHNICIAN, "/day/van/count"),
        View("week", "My week", TECHNICIAN, "/day/week"),
        View("waiting", "What waits for a signal", TECHNICIAN, "/day/waiting"),
        View("offline", "A page that is not on the phone", TECHNICIAN, "/offline"),
        View("report", "The report for the customer", TECHNICIAN, "/visits/<int:visit_id>/report", start="/day"),
        View("day-of-another", "A dispatcher looks at somebody's stops", DISPATCHER, "/day"),
    ),
    "The warehouse": (
        View("warehouse", "What is to be done", WAREHOUSE_CLERK, "/warehouse", main=True),
        View(
            "pick-list",
            "A pick list",
            WAREHOUSE_CLERK,
            "/warehouse/pick-lists/<int:pick_list_id>",
            start="/warehouse",
            main=True,
        ),
        View("find", "Where a part is, and where it was", WAREHOUSE_CLERK, "/warehouse/find"),
        View("stock", "Stock", WAREHOUSE_CLERK, "/warehouse/stock"),
        View("part", "A part", WAREHOUSE_CLERK, "/warehouse/parts/<path:sku>", start="/warehouse/stock"),
        View(
            "part-supply",
            "Who sells a part",
            WAREHOUSE_CLERK,
            "/warehouse/parts/<path:sku>/supply",
            start="/warehouse/stock",
            link=r"/warehouse/parts/([^/?]+)",
        ),
        View(
            "piece",
            "The way of a piece",
            WAREHOUSE_CLERK,
            "/warehouse/parts/<path:sku>/serials/<path:number>",
            start=TRACKED,
        ),
        View("restock", "What to order", WAREHOUSE_CLERK, "/warehouse/restock", main=True),
        View("reorder", "Reorder points", WAREHOUSE_CLERK, "/warehouse/reorder"),
        View("orders", "Purchase orders", WAREHOUSE_CLERK, "/warehouse/orders"),
        View(
            "order",
            "A purchase order to receive",
            WAREHOUSE_CLERK,
            "/warehouse/orders/<int:order_id>",
            start="/warehouse/orders",
            main=True,
        ),
        View("order-new", "A new order", WAREHOUSE_CLERK, "/warehouse/orders/new"),
        View("delivery-new", "A delivery without an order", WAREHOUSE_CLERK, "/warehouse/deliveries/new"),
        View("transfers", "Transfers", WAREHOUSE_CLERK, "/warehouse/transfers"),
        View(
            "transfer",
            "A transfer",
            WAREHOUSE_CLERK,
            "/warehouse/transfers/<int:transfer_id>",
            start="/warehouse/transfers",
        ),
        View("transfer-new", "A new transfer", WAREHOUSE_CLERK, "/warehouse/transfers/new"),
        View("returns", "What vans owe", WAREHOUSE_CLERK, "/warehouse/returns"),
        View("bench", "The bench", WAREHOUSE_CLERK, "/warehouse/bench"),
        View("rmas", "Returns to suppliers", WAREHOUSE_CLERK, "/warehouse/rmas"),
        View("rma", "A return to a supplier", WAREHOUSE_CLERK, "/warehouse/rmas/<int:rma_id>", start="/warehouse/rmas"),
        View("counts", "Counts", WAREHOUSE_CLERK, "/warehouse/counts"),
        View("count", "A count", WAREHOUSE_CLERK, "/warehouse/counts/<int:count_id>", start="/warehouse/counts"),
        View("labels", "Labels", WAREHOUSE_CLERK, "/warehouse/labels"),
        View("loans", "Loans", WAREHOUSE_CLERK, "/warehouse/loans"),
        View("suppliers", "Suppliers", WAREHOUSE_CLERK, "/warehouse/suppliers"),
        View(
            "supplier", "A supplier", WAREHOUSE_CLERK, "/warehouse/suppliers/<path:code>", start="/warehouse/suppliers"
        ),
        View("places", "Places", WAREHOUSE_CLERK, "/warehouse/places"),
        View("place", "A place", WAREHOUSE_CLERK, "/warehouse/places/<path:code>", start="/warehouse/places"),
        View("catalogue", "The catalogue of parts", WAREHOUSE_CLERK, "/warehouse/catalogue"),
        View(
            "catalogue-part",
            "A part of the catalogue",
            WAREHOUSE_CLERK,
            "/warehouse/catalogue/<path:sku>",
            start=TRACKED,
        ),
        View("catalogue-new", "A new part", WAREHOUSE_CLERK, "/warehouse/catalogue/new"),
        View("audit", "The books checked", WAREHOUSE_CLERK, "/warehouse/audit"),
    ),
    "People, customers and settings": (
        View("technicians", "Technicians", DISPATCHER, "/technicians"),
        View("technician", "A technician", DISPATCHER, "/technicians/<code>", start="/technicians"),
        View("territories", "Territories", DISPATCHER, "/territories"),
        View("partners", "Partner firms", DISPATCHER, "/partners"),
        View("maintenance", "Maintenance plans", DISPATCHER, "/maintenance"),
        View("maintenance-plan", "A maintenance plan", DISPATCHER, "/maintenance/<code>", start="/maintenance"),
        View(
            "maintenance-edit",
            "A maintenance plan is changed",
            DISPATCHER,
            "/maintenance/<code>/edit",
            start="/maintenance",
            link=r"/maintenance/([A-Z-]+)",
        ),
        View("maintenance-new", "A new maintenance plan", DISPATCHER, "/maintenance/new"),
        View("contracts", "Contracts", ADMIN, "/contracts"),
        View("contract", "A contract", ADMIN, "/contracts/<code>", start="/contracts"),
        View("imports", "Files read in", ADMIN, "/imports"),
        View("accounts", "Accounts", ADMIN, "/accounts"),
    ),
    "For everybody": (
        View("login", "Sign in", NOBODY, "/login"),
        View("account", "My account", DISPATCHER, "/account"),
        View("search", "Search", DISPATCHER, "/search", query="?text=Farm"),
        View("keyboard", "Keys", DISPATCHER, "/keyboard"),
        View("styleguide", "The design system", DISPATCHER, "/styleguide", main=True),
        View("no-permission", "A page of somebody else", TECHNICIAN, "/board"),
        View("not-found", "A page that is not there", DISPATCHER, "/nowhere"),
    ),
}
