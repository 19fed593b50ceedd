/** Draws the day on a map without tiles: main roads, shops, routes along the streets, warehouses and homes. */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { t } from "../messages";
import { onSelect, select, type Selection } from "../selection";

type Position = [number, number];

interface Drawing {
  attribution: string;
  jobs: { number: string; priority: string; status: string; site: string; at: Position; technician: number | null; order: number | null }[];
  routes: { technician: number; path: Position[] }[];
  warehouses: { name: string; at: Position }[];
  homes: { technician: number; name: string; at: Position }[];
}

interface Road {
  class: "motorway" | "primary" | "secondary" | "tertiary";
  line: Position[];
}

const ROAD_WEIGHT = { motorway: 3, primary: 2, secondary: 1.2, tertiary: 0.7 };

const ROADS = "roads";
const ROUTE = { weight: 2.5, opacity: 0.75 };
const ROUTE_FADED = { weight: 1.5, opacity: 0.18 };
const ROUTE_CHOSEN = { weight: 5, opacity: 1 };

export async function mount(element: HTMLElement): Promise<void> {
  const { places, roads } = element.dataset;
  if (!places || !roads) return;
  const drawing = await answer<Drawing>(places);
  if (!drawing) return;
  element.replaceChildren();
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.5, attributionControl: true });
  map.attributionControl.setPrefix(false).addAttribution(drawing.attribution);
  // A pane of their own, below everything that can be pressed.
  map.createPane(ROADS).style.zIndex = "300";
  const under = L.layerGroup().addTo(map);
  const paint = new Paint(map, drawing);
  paint.fit();
  onSelect((selection) => paint.show(selection));
  // Panes change their size with the window and with what stands above them.
  new ResizeObserver(() => map.invalidateSize()).observe(element);
  await drawRoads(under, roads);
}

/** Returns the parsed answer, or null when there is none; the page then keeps its sentence. */
async function answer<T>(address: string): Promise<T | null> {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  }
}

async function drawRoads(layer: L.LayerGroup, address: string): Promise<void> {
  const color = colour("--map-road");
  for (const road of (await answer<Road[]>(address)) ?? []) {
    const weight = ROAD_WEIGHT[road.class];
    L.polyline(road.line, { color, weight, interactive: false, smoothFactor: 2, pane: ROADS }).addTo(layer);
  }
}

class Paint {
  private readonly routes = new Map<string, L.Polyline>();
  private readonly jobs = new Map<string, { marker: L.CircleMarker; technician: string | null }>();

  constructor(
    private readonly map: L.Map,
    private readonly drawing: Drawing,
  ) {
    const order = new Map(drawing.homes.map((home, position) => [home.technician, position]));
    this.fit();
    for (const route of drawing.routes) this.addRoute(route, order.get(route.technician) ?? 0);
    for (const home of drawing.homes) this.addHome(home);
    for (const warehouse of drawing.warehouses) this.addWarehouse(warehouse);
    for (const job of drawing.jobs) this.addJob(job);
  }

  fit(): void {
    const points = [
      ...this.drawing.jobs.map((job) => job.at),
      ...this.drawing.warehouses.map((place) => place.at),
      ...this.drawing.homes.map((home) => home.at),
    ];
    if (points.length > 0) this.map.fitBounds(L.latLngBounds(points), { padding: [16, 16], animate: false, maxZoom: 15 });
    else this.map.setView([0, 0], 2, { animate: false });
  }

  show(selection: Selection): void {
    const job = selection.job ? this.jobs.get(selection.job) : undefined;
    const chosen = selection.technician ?? job?.technician ?? null;
    for (const [technician, line] of this.routes) {
      line.setStyle(chosen === null ? ROUTE : technician === chosen ? ROUTE_CHOSEN : ROUTE_FADED);
      if (technician === chosen) line.bringToFront();
    }
    for (const [number, { marker, technician }] of this.jobs) {
      const faded = chosen !== null && technician !== chosen && number !== selection.job;
      marker.setStyle({ opacity: faded ? 0.25 : 1, fillOpacity: faded ? 0.25 : marker.options.fill ? 0.95 : 0 });
      marker.setRadius(number === selection.job ? 11 : 6);
      if (!faded) marker.bringToFront();
    }
    if (job) {
      job.marker.openTooltip();
      // The card of the selected job covers the lower part of the map.
      this.map.panInside(job.marker.getLatLng(), { paddingTopLeft: [60, 40], paddingBottomRight: [60, 270] });
    } else if (chosen !== null) {
      const line = this.routes.get(chosen);
      if (line && line.getLatLngs().length > 0) this.map.fitBounds(line.getBounds(), { padding: [24, 24], maxZoom: 15 });
    }
  }

  private addRoute(route: Drawing["routes"][number], order: number): void {
    const technician = String(route.technician);
    const line = L.polyline(route.path, { ...ROUTE, color: laneColour(order) }).addTo(this.map);
    line.on("click", () => select({ technician }));
    this.routes.set(technician, line);
  }

  private addJob(job: Drawing["jobs"][number]): void {
    const planned = job.technician !== null;
    const marker = L.circleMarker(job.at, {
      radius: 6,
      weight: planned ? 1.5 : 2.5,
      color: planned ? colour("--surface") : colour(`--${job.priority.toLowerCase()}`),
      fillColor: planned ? colour(`--${job.priority.toLowerCase()}`) : colour("--surface"),
      fillOpacity: 0.95,
    }).addTo(this.map);
    const place = job.order === null ? t("unplanned") : t("stop {order}", { order: job.order });
    marker.bindTooltip(textNode(`${job.priority} · ${job.number} · ${job.site} · ${job.status} · ${place}`));
    marker.on("click", () => select({ job: job.number }));
    this.jobs.set(job.number, { marker, technician: job.technician === null ? null : String(job.technician) });
  }

  private addHome(home: Drawing["homes"][number]): void {
    L.circleMarker(home.at, { radius: 3, weight: 1, color: colour("--ink-soft"), fillColor: colour("--ink-soft"), fillOpacity: 1 })
      .addTo(this.map)
      .bindTooltip(textNode(home.name))
      .on("click", () => select({ technician: String(home.technician) }));
  }

  private addWarehouse(warehouse: Drawing["warehouses"][number]): void {
    const icon = L.divIcon({ className: "map-warehouse", iconSize: [22, 22], html: '<svg class="icon" aria-hidden="true"><use href="#i-warehouse"></use></svg>' });
    L.marker(warehouse.at, { icon, keyboard: false, alt: warehouse.name }).addTo(this.map).bindTooltip(textNode(warehouse.name));
  }
}

/** Colours of neighbouring lanes differ strongly: hues a golden angle apart. The style sheet does the same. */
function laneColour(order: number): string {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return `hsl(${(order * 137.5) % 360} 60% ${dark ? 62 : 40}%)`;
}

/** The present value of a colour of the design; a canvas cannot read style sheets. */
function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** Names come from people; as text they cannot become markup. */
function textNode(text: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
