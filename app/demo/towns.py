"""Where in greater Porto the demonstration's shops and homes are; the streets themselves come from the map."""

from dataclasses import dataclass

from routing.travel.protocol import Point


@dataclass(frozen=True)
class Town:
    """
    A town or quarter with a centre of its own.

    ``name`` stands in addresses. ``shops`` and ``homes`` are shares, ``radius_metres`` bounds where shops are.
    """

    name: str
    centre: Point
    shops: int
    homes: int
    radius_metres: float = 1200.0


TOWNS = (
    Town("Porto", Point(41.1485, -8.6110), 44, 0, 1300),  # Baixa
    Town("Porto", Point(41.1600, -8.6420), 18, 1),  # Boavista
    Town("Porto", Point(41.1540, -8.6730), 11, 0),  # Foz do Douro
    Town("Porto", Point(41.1745, -8.6050), 16, 2),  # Paranhos
    Town("Porto", Point(41.1510, -8.5850), 10, 1),  # Campanhã
    Town("Vila Nova de Gaia", Point(41.1300, -8.6110), 26, 1),
    Town("Vila Nova de Gaia", Point(41.1230, -8.6400), 7, 2),  # Canidelo
    Town("Vila Nova de Gaia", Point(41.0980, -8.6350), 7, 2),  # Valadares
    Town("Vila Nova de Gaia", Point(41.0700, -8.5830), 6, 1),  # Carvalhos
    Town("Matosinhos", Point(41.1840, -8.6890), 18, 1),
    Town("Leça da Palmeira", Point(41.1930, -8.6990), 6, 1),
    Town("Senhora da Hora", Point(41.1870, -8.6530), 12, 1),
    Town("São Mamede de Infesta", Point(41.1970, -8.6100), 8, 1),
    Town("Maia", Point(41.2330, -8.6230), 16, 2, 1500),
    Town("Ermesinde", Point(41.2180, -8.5530), 11, 1),
    Town("Valongo", Point(41.1890, -8.4990), 9, 1),
    Town("Rio Tinto", Point(41.1790, -8.5600), 11, 2),
    Town("Gondomar", Point(41.1440, -8.5320), 11, 1),
    Town("Espinho", Point(41.0070, -8.6410), 9, 1),
    Town("Vila do Conde", Point(41.3530, -8.7430), 6, 0),
    Town("Póvoa de Varzim", Point(41.3800, -8.7610), 7, 0),
    Town("Trofa", Point(41.3380, -8.5600), 6, 0),
    Town("Santo Tirso", Point(41.3430, -8.4770), 6, 0),
)
