/** Pointer, wheel and keys on the map, as what they mean. */
/** @import { Point } from './map-geometry.js' */
import { byId } from './dom.js';

/**
 * @typedef {object} MapActions
 * @property {(at: Point | undefined) => void} hover
 * @property {(at: Point) => void} press A click or a tap, not the end of a drag.
 * @property {(x: number, y: number) => void} pan In pixels.
 * @property {(factor: number, at: Point) => void} zoom
 * @property {(direction: Point) => void} step An arrow key; y is up.
 * @property {() => void} enter
 * @property {() => void} reset
 */

/** How far a pointer may tremble while it clicks, in pixels. */
const tremble = 4;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {MapActions} actions
 */
export function listenToMap(canvas, actions) {
  listenToPointers(canvas, actions);
  listenToKeys(canvas, actions);
  canvas.addEventListener(
    'wheel',
    (event) => {
      // A wheel that passes over the map scrolls the page; it zooms once the map was clicked, and when one pinches.
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== canvas) return;
      event.preventDefault();
      actions.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0018)), { x: event.offsetX, y: event.offsetY });
    },
    { passive: false },
  );
  const centre = () => ({ x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 });
  byId('map-in', HTMLButtonElement).addEventListener('click', () => actions.zoom(1.5, centre()));
  byId('map-out', HTMLButtonElement).addEventListener('click', () => actions.zoom(1 / 1.5, centre()));
  byId('map-fit', HTMLButtonElement).addEventListener('click', () => actions.reset());
}

/**
 * One pointer drags, two pinch.
 * @param {HTMLCanvasElement} canvas
 * @param {MapActions} actions
 */
function listenToPointers(canvas, actions) {
  /** @type {Map<number, Point>} */
  const down = new Map();
  /** @type {Point | undefined} Where a press began, until it becomes a drag. */
  let began;
  const at = (/** @type {PointerEvent} */ event) => ({ x: event.offsetX, y: event.offsetY });

  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    began = down.size === 1 ? at(event) : undefined;
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    const now = at(event);
    if (before === undefined) return actions.hover(now);
    if (began !== undefined && distance(began, now) <= tremble) return;
    began = undefined;
    down.set(event.pointerId, now);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) return actions.pan(now.x - before.x, now.y - before.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    return actions.zoom(distance(now, other) / Math.max(1, distance(before, other)), middle);
  });
  canvas.addEventListener('pointerup', (event) => {
    down.delete(event.pointerId);
    if (began !== undefined) actions.press(at(event));
    began = undefined;
  });
  canvas.addEventListener('pointercancel', (event) => down.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => actions.hover(undefined));
}

/**
 * @param {Point} a
 * @param {Point} b
 */
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/**
 * @param {HTMLCanvasElement} canvas
 * @param {MapActions} actions
 */
function listenToKeys(canvas, actions) {
  const centre = () => ({ x: canvas.clientWidth / 2, y: canvas.clientHeight / 2 });
  /** @type {{ readonly [key: string]: () => void }} */
  const keys = {
    ArrowRight: () => actions.step({ x: 1, y: 0 }),
    ArrowLeft: () => actions.step({ x: -1, y: 0 }),
    ArrowUp: () => actions.step({ x: 0, y: 1 }),
    ArrowDown: () => actions.step({ x: 0, y: -1 }),
    '+': () => actions.zoom(1.5, centre()),
    '=': () => actions.zoom(1.5, centre()),
    '-': () => actions.zoom(1 / 1.5, centre()),
    0: () => actions.reset(),
    Enter: () => actions.enter(),
    Escape: () => actions.hover(undefined),
  };
  canvas.addEventListener('keydown', (event) => {
    const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
