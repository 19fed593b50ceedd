"""Facts about looking customers, sites and devices up."""

import pytest
from sqlalchemy.orm import Session

from customers.errors import UnknownContract, UnknownDevice, UnknownSite
from customers.queries import contract_by_code, device_by_serial, find_devices, find_sites, site_by_code
from tests.factories import add_contract, add_customer, add_device, add_site


def test_a_device_is_found_by_its_serial_with_spaces_around_it(session: Session) -> None:
    device = add_device(session, serial="SN-77")

    assert device_by_serial(session, " SN-77 ") is device


def test_an_unknown_serial_says_what_to_do(session: Session) -> None:
    with pytest.raises(UnknownDevice, match=r"SN-78\. Check the label on the device, or add"):
        device_by_serial(session, "SN-78")


def test_sites_and_contracts_are_found_by_code(session: Session) -> None:
    contract = add_contract(session, code="K-GOLD")
    site = add_site(session, code="S-PORTO", contract=contract)

    assert site_by_code(session, "S-PORTO") is site
    assert contract_by_code(session, "K-GOLD") is contract
    with pytest.raises(UnknownSite, match="S-LISBOA"):
        site_by_code(session, "S-LISBOA")
    with pytest.raises(UnknownContract, match="K-IRON"):
        contract_by_code(session, "K-IRON")


def test_sites_are_searched_in_code_name_address_and_customer(session: Session) -> None:
    bakery = add_site(session, code="S-1", name="Padaria Bolhao")
    kiosk = add_site(
        session,
        code="S-2",
        name="Kiosk 100%",
        contract=add_contract(session, customer=add_customer(session, name="Jornais SA")),
    )

    assert find_sites(session, "bolhao") == [bakery]
    assert find_sites(session, "s-2") == find_sites(session, "JORNAIS") == [kiosk]
    assert find_sites(session, "das flores") == [bakery, kiosk]
    assert find_sites(session, "") == [bakery, kiosk]
    assert find_sites(session, "", limit=1) == [bakery]


def test_percent_signs_are_searched_as_they_are(session: Session) -> None:
    add_site(session, name="Padaria")
    kiosk = add_site(session, name="Kiosk 100%")

    assert find_sites(session, "%") == [kiosk]


def test_devices_are_searched_in_serial_model_and_site(session: Session) -> None:
    device = add_device(session, serial="SN-1", model="T-900", site=add_site(session, name="Padaria"))
    add_device(session, serial="SN-2", model="T-100", site=add_site(session, name="Kiosk"))

    assert find_devices(session, "t-900") == find_devices(session, "padaria") == [device]
