import { type Json, list, number, object } from './body.ts';
import { malformed } from './errors.ts';
import { isRecord } from './json-path.ts';

/** In degrees. */
export interface GeoPoint {
  readonly lon: number;
  readonly lat: number;
}

/** What a geo condition asks of one point. */
export type Region = (point: GeoPoint) => boolean;

/** The mean radius in metres, as the server's library for geometry has it. */
const earthRadius = 6_371_008.8;

/** A payload value as a point; undefined where it is none. */
export function geoPointOf(value: unknown): GeoPoint | undefined {
  if (!isRecord(value)) return undefined;
  const { lon, lat } = value;
  return typeof lon === 'number' && typeof lat === 'number' && isOnEarth({ lon, lat }) ? { lon, lat } : undefined;
}

function isOnEarth({ lon, lat }: GeoPoint): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
}

export function readGeoPoint(value: unknown): GeoPoint {
  const { lon, lat } = object(value, 'struct GeoPoint');
  const point = { lon: number(lon, 'lon'), lat: number(lat, 'lat') };
  if (!isOnEarth(point)) throw malformed(`Wrong geo point: lat ${point.lat} lon ${point.lon} is out of range`);
  return point;
}

/** The great-circle distance in metres. */
export function haversine(a: GeoPoint, b: GeoPoint): number {
  const radians = Math.PI / 180;
  const latitudes = Math.sin(((b.lat - a.lat) * radians) / 2) ** 2;
  const longitudes = Math.sin(((b.lon - a.lon) * radians) / 2) ** 2;
  const chord = latitudes + Math.cos(a.lat * radians) * Math.cos(b.lat * radians) * longitudes;
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** By the names that conditions have. */
export const regions: { readonly [name: string]: (value: Json) => Region } = {
  geo_radius: ({ center, radius }) => {
    const from = readGeoPoint(center);
    const metres = number(radius, 'radius');
    return (point) => haversine(from, point) < metres;
  },
  geo_bounding_box: ({ top_left: corner, bottom_right: opposite }) => {
    const { lon: west, lat: north } = readGeoPoint(corner);
    const { lon: east, lat: south } = readGeoPoint(opposite);
    return ({ lon, lat }) =>
      lat > south && lat < north && (west > east ? lon > west || lon < east : lon > west && lon < east);
  },
  geo_polygon: ({ exterior, interiors }) => {
    const outer = readRing(exterior);
    const inner = interiors === undefined || interiors === null ? [] : list(interiors, 'interiors').map(readRing);
    return (point) => isInside(point, outer) && !inner.some((ring) => isInside(point, ring) || isOnLine(point, ring));
  },
};

/** @throws 400 for a line that is not closed, or too short to enclose anything. */
function readRing(value: unknown): GeoPoint[] {
  const points = list(object(value, 'struct GeoLineString').points, 'points').map(readGeoPoint);
  const first = points[0];
  const last = points.at(-1);
  if (points.length < 4 || first === undefined || last === undefined)
    throw malformed('polygon invalid, the size must be at least 4');
  if (first.lon !== last.lon || first.lat !== last.lat)
    throw malformed('polygon invalid, the first and the last points should be the same to form a closed line');
  return points;
}

/** By the number of edges that a ray to the east crosses. The line itself is outside. */
function isInside(point: GeoPoint, ring: readonly GeoPoint[]): boolean {
  if (isOnLine(point, ring)) return false;
  const { lon, lat } = point;
  let inside = false;
  for (let at = 1; at < ring.length; at++) {
    const a = ring[at - 1]!;
    const b = ring[at]!;
    if (a.lat > lat !== b.lat > lat && lon < ((b.lon - a.lon) * (lat - a.lat)) / (b.lat - a.lat) + a.lon)
      inside = !inside;
  }
  return inside;
}

function isOnLine({ lon, lat }: GeoPoint, ring: readonly GeoPoint[]): boolean {
  return ring.slice(1).some((b, at) => {
    const a = ring[at]!;
    const between = Math.min(a.lon, b.lon) <= lon && lon <= Math.max(a.lon, b.lon);
    const level = Math.min(a.lat, b.lat) <= lat && lat <= Math.max(a.lat, b.lat);
    return between && level && (b.lon - a.lon) * (lat - a.lat) === (b.lat - a.lat) * (lon - a.lon);
  });
}
