/** Draws the day on a map without tiles: main roads, shops, routes along the streets, warehouses, homes, technicians. */
import L from "leaflet";
import "leaflet/dist/leaflet.css";
import { onChanged } from "../changed";
import { t } from "../messages";
import { onPoint, onSelect, select, type Selection } from "../selection";
import { colour, isDark, onThemeChange } from "../theme";

type Position = [number, number];

interface Drawing {
  attribution: string;
  jobs: { number: string; priority: string; status: string; site: string; at: Position; technician: number | null; order: number | null }[];
  /** Steps of a hundred-thousandth of a degree: the first point, then the way to each next one. */
  routes: { technician: number; path: number[] }[];
  warehouses: { name: string; at: Position }[];
  homes: { technician: number; name: string; at: Position }[];
  positions: { technician: number; name: string; at: Position; seen: string; old: boolean }[];
}

interface Road {
  class: "motorway" | "primary" | "secondary" | "tertiary";
  line: Position[];
}

const ROAD_WEIGHT = { motorway: 3, primary: 2, secondary: 1.2, tertiary: 0.7 };

const STEPS = 100_000;
// What may move something on the map.
const VANS = "positions";
const TOPICS = new Set(["plan", "visits", "jobs", VANS]);

const ROADS = "roads";
const ROUTE = { weight: 2.5, opacity: 0.75 };
const ROUTE_FADED = { weight: 1.5, opacity: 0.18 };
const ROUTE_CHOSEN = { weight: 5, opacity: 1 };

export function mount(element: HTMLElement): void {
  const { places, roads } = element.dataset;
  // The page is ready before its map is: lists and timeline do not wait for it.
  if (places && roads) void whenShown(element).then(() => draw(element, places, roads));
}

/** A week has no map, and somebody who turned it off sees none: nothing is drawn before it has a size. */
function whenShown(element: HTMLElement): Promise<void> {
  return new Promise((shown) => {
    const watching = new ResizeObserver(() => {
      if (!element.checkVisibility()) return;
      watching.disconnect();
      shown();
    });
    watching.observe(element);
  });
}

async function draw(element: HTMLElement, places: string, roads: string): Promise<void> {
  const drawing = await answer<Drawing>(places);
  if (!drawing) return;
  element.replaceChildren();
  const map = L.map(element, { preferCanvas: true, zoomSnap: 0.5, attributionControl: true });
  map.attributionControl.setPrefix(false).addAttribution(drawing.attribution);
  // A pane of their own, below everything that can be pressed.
  map.createPane(ROADS).style.zIndex = "300";
  const under = L.layerGroup().addTo(map);
  let paint = new Paint(map, drawing);
  let selected: Selection = {};
  const repaint = (now: Drawing) => {
    paint.remove();
    paint = new Paint(map, now);
    paint.show(selected, false);
  };
  const news = new News(element, places, (now, topics) => {
    if ([...topics].every((topic) => topic === VANS)) paint.showPositions(now.positions);
    else repaint(now);
  });
  paint.fit();
  onSelect((selection) => paint.show((selected = selection)));
  onPoint((job) => paint.point(job));
  // Panes change their size with the window and with what stands above them.
  new ResizeObserver(() => {
    map.invalidateSize();
    void news.show();
  }).observe(element);
  onChanged((topics) => news.take(topics));
  onThemeChange(() => {
    repaint(paint.drawing);
    under.clearLayers();
    void drawRoads(under, roads);
  });
  await drawRoads(under, roads);
}

/** What changed and is not drawn yet: asked for once at a time, and not while nobody can see the map. */
class News {
  private topics = new Set<string>();
  private isAsking = false;

  constructor(
    private readonly element: HTMLElement,
    private readonly address: string,
    private readonly draw: (now: Drawing, topics: Set<string>) => void,
  ) {}

  take(topics: string[]): void {
    for (const topic of topics) if (TOPICS.has(topic)) this.topics.add(topic);
    void this.show();
  }

  async show(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    // What comes while the server is being asked may be missing in its answer, and is asked for afterwards.
    try {
      while (this.topics.size > 0 && this.element.checkVisibility()) {
        const topics = this.topics;
        this.topics = new Set();
        const now = await answer<Drawing>(this.address);
        if (now) this.draw(now, topics);
      }
    } finally {
      this.isAsking = false;
    }
  }
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
  private readonly layer: L.LayerGroup;
  private pointed: string | undefined;
  private readonly routes = new Map<string, L.Polyline>();
  private readonly jobs = new Map<string, { marker: L.CircleMarker; technician: string | null }>();
  private readonly vans: L.LayerGroup;
  /** The place of a technician's lane in the timeline, which gives the colour. */
  private readonly order: Map<number, number>;
  private readonly colours = new Map<string, string>();

  constructor(
    private readonly map: L.Map,
    readonly drawing: Drawing,
  ) {
    this.layer = L.layerGroup().addTo(map);
    this.vans = L.layerGroup().addTo(this.layer);
    this.order = new Map(drawing.homes.map((home, position) => [home.technician, position]));
    if (!map.getZoom()) this.fit();
    for (const route of drawing.routes) this.addRoute(route);
    for (const home of drawing.homes) this.addHome(home);
    for (const warehouse of drawing.warehouses) this.addWarehouse(warehouse);
    for (const job of drawing.jobs) this.addJob(job);
    this.showPositions(drawing.positions);
  }

  /** Draws the vans where they were seen last; nothing else moves. */
  showPositions(positions: Drawing["positions"]): void {
    this.drawing.positions = positions;
    this.vans.clearLayers();
    for (const position of positions) this.addPosition(position);
  }

  remove(): void {
    this.layer.remove();
  }

  /** Lets the job stand out that is pointed at in another view. */
  point(job: string | undefined): void {
    if (job === this.pointed) return;
    this.jobs.get(this.pointed ?? "")?.marker.setStyle({ weight: 1.5 });
    this.pointed = job;
    this.jobs.get(job ?? "")?.marker.setStyle({ weight: 5 }).bringToFront();
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

  show(selection: Selection, move = true): void {
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
    if (!move) return;
    if (job) {
      job.marker.openTooltip();
      // On a desk the card of the selected job covers the lower part of the map.
      const covered = matchMedia("(min-width: 1360px)").matches ? 270 : 40;
      this.map.panInside(job.marker.getLatLng(), { paddingTopLeft: [60, 40], paddingBottomRight: [60, covered] });
    } else if (chosen !== null) {
      const line = this.routes.get(chosen);
      if (line && line.getLatLngs().length > 0) this.map.fitBounds(line.getBounds(), { padding: [24, 24], maxZoom: 15 });
    }
  }

  private addRoute(route: Drawing["routes"][number]): void {
    const technician = String(route.technician);
    const order = this.order.get(route.technician) ?? 0;
    const line = L.polyline(unfolded(route.path), { ...ROUTE, color: laneColour(order) }).addTo(this.layer);
    line.on("click", () => select({ technician }));
    this.routes.set(technician, line);
  }

  private addJob(job: Drawing["jobs"][number]): void {
    const planned = job.technician !== null;
    const [surface, priority] = [this.colour("--surface"), this.colour(`--${job.priority.toLowerCase()}`)];
    const marker = L.circleMarker(job.at, {
      radius: 6,
      weight: planned ? 1.5 : 2.5,
      color: planned ? surface : priority,
      fillColor: planned ? priority : surface,
      fillOpacity: 0.95,
    }).addTo(this.layer);
    const place = job.order === null ? t("unplanned") : t("stop {order}", { order: job.order });
    marker.bindTooltip(textNode(`${job.priority} · ${job.number} · ${job.site} · ${job.status} · ${place}`), { direction: "top" });
    marker.on("click", () => select({ job: job.number }));
    this.jobs.set(job.number, { marker, technician: job.technician === null ? null : String(job.technician) });
  }

  private addHome(home: Drawing["homes"][number]): void {
    const color = this.colour("--ink-soft");
    L.circleMarker(home.at, { radius: 3, weight: 1, color, fillColor: color, fillOpacity: 1 })
      .addTo(this.layer)
      .bindTooltip(textNode(home.name))
      .on("click", () => select({ technician: String(home.technician) }));
  }

  /** Where somebody was last seen, with when: a van in the colour of the lane, pale when that is long ago. */
  private addPosition(position: Drawing["positions"][number]): void {
    const order = this.order.get(position.technician) ?? 0;
    const html = `<span style="--lane: ${order}"><svg class="icon" aria-hidden="true"><use href="#i-van"></use></svg></span>`;
    const icon = L.divIcon({ className: position.old ? "map-van is-old" : "map-van", iconSize: [24, 24], html });
    L.marker(position.at, { icon, keyboard: false, alt: `${position.name}, ${position.seen}`, zIndexOffset: 500 })
      .addTo(this.vans)
      .bindTooltip(textNode(`${position.name} · ${position.seen}`))
      .on("click", () => select({ technician: String(position.technician) }));
  }

  /** Asked of the style sheet once for each drawing: it costs a look at the whole page. */
  private colour(token: string): string {
    const known = this.colours.get(token) ?? colour(token);
    this.colours.set(token, known);
    return known;
  }

  private addWarehouse(warehouse: Drawing["warehouses"][number]): void {
    const icon = L.divIcon({ className: "map-warehouse", iconSize: [22, 22], html: '<svg class="icon" aria-hidden="true"><use href="#i-warehouse"></use></svg>' });
    L.marker(warehouse.at, { icon, keyboard: false, alt: warehouse.name }).addTo(this.layer).bindTooltip(textNode(warehouse.name));
  }
}

/** The points of a path that came in steps. */
function unfolded(path: number[]): Position[] {
  const found: Position[] = [];
  let lat = 0;
  let lon = 0;
  for (let i = 0; i + 1 < path.length; i += 2) {
    lat += path[i] ?? 0;
    lon += path[i + 1] ?? 0;
    found.push([lat / STEPS, lon / STEPS]);
  }
  return found;
}

/** Colours of neighbouring lanes differ strongly: hues a golden angle apart. The style sheet does the same. */
function laneColour(order: number): string {
  return `hsl(${(order * 137.5) % 360} 60% ${isDark() ? 62 : 40}%)`;
}

/** Names come from people; as text they cannot become markup. */
function textNode(text: string): HTMLElement {
  const element = document.createElement("span");
  element.textContent = text;
  return element;
}
