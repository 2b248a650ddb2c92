/** Draws the map on a canvas. */
/** @import { MapPoint } from './contract.ts' */
/** @import { Camera } from './map-geometry.js' */

import { toScreen } from './map-geometry.js';
import { coloured } from './map-groups.js';

/**
 * @typedef {object} Scene
 * @property {readonly MapPoint[]} points
 * @property {Uint8Array} colours Per point, a number of a colour.
 * @property {ReadonlyMap<number, number>} hits Index of a point with its rank from 1.
 * @property {number} isolated Number of the only colour that is not faded, or -1.
 * @property {number} focus Index of the point that is pointed at, or -1.
 * @property {Camera} camera
 */

/** @typedef {{ readonly groups: readonly string[], readonly ink: string, readonly paper: string, readonly accent: string }} Palette */

/**
 * The colours of the theme that is on now. Canvas knows no custom properties: a probe resolves them.
 * @param {HTMLElement} within
 * @returns {Palette}
 */
export function readPalette(within) {
  const probe = document.createElement('span');
  probe.hidden = true;
  within.append(probe);
  const resolve = (/** @type {string} */ name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const groups = Array.from({ length: coloured + 1 }, (_, i) => resolve(`--group-${i}`));
  const palette = { groups, ink: resolve('--ink'), paper: resolve('--surface'), accent: resolve('--accent') };
  probe.remove();
  return palette;
}

/** Room between the outermost points and the frame, in pixels. */
export const padding = 22;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @param {Palette} palette
 */
export function paint(canvas, scene, palette) {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = canvas.width / Math.max(1, canvas.clientWidth);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  paintPoints(context, scene, palette, radiusFor(scene.points.length));
  paintHits(context, scene, palette);
  paintFocus(context, scene, palette);
}

/** @param {number} count */
const radiusFor = (count) => (count > 1000 ? 2.4 : count > 200 ? 3.2 : 4.5);

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Palette} palette
 * @param {number} radius
 */
function paintPoints(context, { points, colours, hits, isolated, camera }, { groups }, radius) {
  // Results stand out because everything else steps back.
  const usual = hits.size > 0 ? 0.42 : 0.8;
  for (const [i, point] of points.entries()) {
    if (hits.has(i)) continue;
    const colour = colours[i] ?? coloured;
    const { x, y } = toScreen(camera, point);
    context.globalAlpha = isolated === -1 ? usual : isolated === colour ? 0.95 : 0.1;
    context.fillStyle = groups[colour] ?? '';
    disc(context, x, y, radius);
    context.fill();
  }
  context.globalAlpha = 1;
}

/**
 * The best on top.
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Palette} palette
 */
function paintHits(context, { points, colours, hits, camera }, { groups, ink, paper }) {
  for (const [i, rank] of [...hits].sort(([, a], [, b]) => b - a)) {
    const point = points[i];
    if (point === undefined) continue;
    const { x, y } = toScreen(camera, point);
    const first = rank <= 10;
    const radius = first ? 8 : 5;
    disc(context, x, y, radius + 1.5);
    context.fillStyle = paper;
    context.fill();
    disc(context, x, y, radius);
    context.fillStyle = first ? ink : (groups[colours[i] ?? coloured] ?? ink);
    context.fill();
    if (!first) continue;
    context.fillStyle = paper;
    context.font = '600 10px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(String(rank), x, y + 0.5);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {Palette} palette
 */
function paintFocus(context, { points, hits, focus, camera }, { accent }) {
  const point = points[focus];
  if (point === undefined) return;
  const { x, y } = toScreen(camera, point);
  disc(context, x, y, hits.has(focus) ? 12 : 8);
  context.strokeStyle = accent;
  context.lineWidth = 2.5;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
