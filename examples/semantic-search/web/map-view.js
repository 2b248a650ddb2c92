/** The map of the collection: every document a point, near in meaning is near on the map. */
/** @import { Hit, MapAnswer, MapPoint } from './contract.ts' */
import { byId, h } from './dom.js';
import * as format from './format.js';
import { cameraOn, nearest, neighbour, pan, toScreen, zoom } from './map-geometry.js';
import { coloursOf, groupsOf } from './map-groups.js';
import { listenToMap } from './map-input.js';
import { legendItems } from './map-legend.js';
import { padding, paint, readPalette } from './map-painter.js';

/** How near to a point a pointer must be, in pixels. */
const reach = 14;

/** @param {{ open: (point: MapPoint) => void }} actions */
export function createMapView({ open }) {
  const canvas = byId('map-canvas', HTMLCanvasElement);
  const about = byId('map-about', HTMLParagraphElement);
  const status = byId('map-status', HTMLParagraphElement);
  const legend = byId('map-legend', HTMLUListElement);
  const tooltip = byId('map-tooltip', HTMLDivElement);
  let palette = readPalette(canvas.parentElement ?? document.body);
  /** @type {import('./map-painter.js').Scene} */
  let scene = {
    points: [],
    colours: new Uint8Array(),
    hits: new Map(),
    isolated: -1,
    focus: -1,
    camera: cameraOn([], 1, 1, 0),
  };
  /** @type {readonly Hit[]} */
  let marked = [];
  let moved = false;
  let drawing = 0;

  /** @param {Partial<typeof scene>} change */
  const update = (change) => {
    scene = { ...scene, ...change };
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => paint(canvas, scene, palette));
  };
  const whole = () => cameraOn(scene.points, canvas.clientWidth, canvas.clientHeight, padding);
  const resize = () => {
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    tooltip.hidden = true;
    update(moved ? {} : { camera: whole() });
  };
  new ResizeObserver(resize).observe(canvas);

  /** @param {number} focus */
  const focusOn = (focus) => {
    update({ focus });
    const point = scene.points[focus];
    tooltip.hidden = point === undefined;
    if (point === undefined) return;
    tooltip.replaceChildren(h('strong', {}, point.title), ...(point.group === '' ? [] : [h('span', {}, point.group)]));
    place(tooltip, toScreen(scene.camera, point), canvas);
  };
  /** @param {import('./map-geometry.js').Camera} camera */
  const moveTo = (camera) => {
    moved = true;
    update({ camera });
    tooltip.hidden = true;
  };

  /** @param {import('./map-geometry.js').Camera} camera */
  const zoomTo = (camera) => {
    const factor = camera.scale / whole().scale;
    if (factor >= leastZoom && factor <= mostZoom) moveTo(camera);
  };

  listenToMap(canvas, {
    hover: (at) => focusOn(at === undefined ? -1 : nearest(scene.points, scene.camera, at, reach)),
    press: (at) => openAt(nearest(scene.points, scene.camera, at, reach)),
    pan: (x, y) => moveTo(pan(scene.camera, x, y)),
    zoom: (factor, at) => zoomTo(zoom(scene.camera, factor, at)),
    step: (direction) => {
      const next = neighbour(scene.points, scene.focus, direction);
      if (next === -1) return;
      const { x, y } = toScreen(scene.camera, scene.points[next] ?? { x: 0, y: 0 });
      const [dx, dy] = [outside(x, canvas.clientWidth), outside(y, canvas.clientHeight)];
      if (dx !== 0 || dy !== 0) moveTo(pan(scene.camera, dx, dy));
      focusOn(next);
      say(scene.points[next]);
    },
    enter: () => openAt(scene.focus),
    reset: () => {
      moved = false;
      update({ camera: whole() });
      tooltip.hidden = true;
    },
  });

  /** @param {number} index */
  const openAt = (index) => {
    const point = scene.points[index];
    if (point !== undefined) open(point);
  };
  /** @param {MapPoint | undefined} point */
  const say = (point) => {
    const rank = scene.hits.get(scene.focus);
    const parts = [point?.title, point?.group, rank === undefined ? '' : `result ${rank}`];
    status.textContent = parts.filter(Boolean).join(', ');
  };

  const mark = () => {
    const ranks = new Map(marked.map(({ documentId }, i) => [documentId, i + 1]));
    const hits = new Map(
      scene.points.flatMap(({ documentId }, i) => (ranks.has(documentId) ? [[i, ranks.get(documentId) ?? 0]] : [])),
    );
    update({ hits });
    const shown =
      hits.size < marked.length
        ? `${hits.size} of ${marked.length} results are among the points`
        : `${format.plural(marked.length, 'result')} marked`;
    status.textContent = marked.length === 0 || scene.points.length === 0 ? '' : shown;
  };

  return {
    resize,
    /** @param {MapAnswer} answer */
    show({ points, groupField, explained }) {
      const groups = groupsOf(points);
      moved = false;
      scene = { ...scene, points, colours: coloursOf(points, groups), isolated: -1, focus: -1 };
      const variance = `PCA keeps ${format.percent(explained[0] + explained[1])}`;
      about.textContent =
        points.length === 0 ? 'Nothing to draw yet' : `${format.plural(points.length, 'point')} · ${variance}`;
      canvas.setAttribute('aria-label', `Map of ${format.plural(points.length, 'document')}`);
      legend.replaceChildren(...legendItems(groups, groupField, (isolated) => update({ isolated })));
      resize();
      mark();
    },
    /** @param {readonly Hit[]} hits Marks these results, and no others. */
    mark(hits) {
      marked = hits;
      mark();
    },
    /** @param {string | undefined} id Of the document: shows where it is. */
    point(id) {
      focusOn(id === undefined ? -1 : scene.points.findIndex((point) => point.documentId === id));
      if (!onScreen(tooltip, canvas)) tooltip.hidden = true;
    },
    recolour() {
      palette = readPalette(canvas.parentElement ?? document.body);
      update({});
    },
    /** @param {string} message */
    fail(message) {
      about.textContent = message;
    },
  };
}

/** How far one may zoom out and in, as factors of what shows everything. */
const [leastZoom, mostZoom] = [0.6, 60];

/**
 * How far something must move to be inside.
 * @param {number} at
 * @param {number} size
 */
const outside = (at, size) => (at < padding ? padding - at : at > size - padding ? size - padding - at : 0);

/**
 * Beside a point, inside of the frame.
 * @param {HTMLElement} tooltip
 * @param {{ x: number, y: number }} at
 * @param {HTMLElement} frame
 */
function place(tooltip, { x, y }, frame) {
  const { offsetWidth: width, offsetHeight: height } = tooltip;
  const left = Math.max(4, Math.min(frame.clientWidth - width - 4, x - width / 2));
  const top = y - height - 14 < 4 ? y + 14 : y - height - 14;
  tooltip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  tooltip.hidden = x < 0 || y < 0 || x > frame.clientWidth || y > frame.clientHeight;
}

/**
 * @param {HTMLElement} tooltip
 * @param {HTMLElement} frame
 */
const onScreen = (tooltip, frame) => tooltip.offsetParent !== null && frame.clientHeight > 0;
