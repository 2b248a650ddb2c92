/** Where the points of the map are on the screen. Points have x to the right and y up; the screen has y down. */

/** @typedef {{ readonly x: number, readonly y: number }} Point */
/** @typedef {{ readonly scale: number, readonly left: number, readonly top: number }} Camera Screen = left + x · scale, top − y · scale. */

/**
 * The camera that shows all points, without distortion.
 * @param {readonly Point[]} points
 * @param {number} width Of the screen, in pixels.
 * @param {number} height
 * @param {number} padding Pixels left free on every side.
 * @returns {Camera}
 */
export function cameraOn(points, width, height, padding) {
  const across = extent(points.map(({ x }) => x));
  const upward = extent(points.map(({ y }) => y));
  const scale = Math.min(room(width, padding) / across.size, room(height, padding) / upward.size);
  // All points in one place: any scale shows them.
  const finite = Number.isFinite(scale) ? scale : room(Math.min(width, height), padding);
  return { scale: finite, left: width / 2 - across.middle * finite, top: height / 2 + upward.middle * finite };
}

/**
 * @param {number} size
 * @param {number} padding
 */
const room = (size, padding) => Math.max(1, size - 2 * padding);

/** @param {readonly number[]} values */
function extent(values) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { middle: 0, size: 0 };
  // What differs by less is one place: magnified further, rounding would move it out of the picture.
  const least = 1e-6 * Math.max(Math.abs(low), Math.abs(high));
  return { middle: (low + high) / 2, size: Math.max(high - low, least) };
}

/**
 * @param {Camera} camera
 * @param {Point} point
 * @returns {Point} In pixels.
 */
export const toScreen = ({ scale, left, top }, { x, y }) => ({ x: left + x * scale, y: top - y * scale });

/**
 * Zooms so that what is at `at` stays there.
 * @param {Camera} camera
 * @param {number} factor
 * @param {Point} at In pixels.
 * @returns {Camera}
 */
export function zoom({ scale, left, top }, factor, at) {
  return { scale: scale * factor, left: at.x + (left - at.x) * factor, top: at.y + (top - at.y) * factor };
}

/**
 * @param {Camera} camera
 * @param {number} x Pixels to the right.
 * @param {number} y Pixels down.
 * @returns {Camera}
 */
export const pan = (camera, x, y) => ({ ...camera, left: camera.left + x, top: camera.top + y });

/**
 * Index of the point nearest to a place on the screen, -1 where none is within `radius` pixels.
 * @param {readonly Point[]} points
 * @param {Camera} camera
 * @param {Point} at
 * @param {number} radius
 */
export function nearest(points, camera, at, radius) {
  let best = -1;
  let least = radius;
  for (const [i, point] of points.entries()) {
    const { x, y } = toScreen(camera, point);
    const distance = Math.hypot(x - at.x, y - at.y);
    if (distance <= least) [best, least] = [i, distance];
  }
  return best;
}

/**
 * Index of the next point in a direction, within 45° of it: what an arrow key goes to. -1 where there is none.
 * @param {readonly Point[]} points
 * @param {number} from Index.
 * @param {Point} direction In the map: y is up.
 */
export function neighbour(points, from, direction) {
  const origin = points[from];
  if (origin === undefined) return points.length > 0 ? 0 : -1;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (const [i, point] of points.entries()) {
    const [dx, dy] = [point.x - origin.x, point.y - origin.y];
    const along = dx * direction.x + dy * direction.y;
    const aside = Math.abs(dx * direction.y - dy * direction.x);
    if (along <= 0 || aside > along) continue;
    // What lies straight ahead before what is nearer but off to the side.
    const cost = along + 2 * aside;
    if (cost < least) [best, least] = [i, cost];
  }
  return best;
}
