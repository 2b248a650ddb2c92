import { describe, expect, test } from 'vitest';
import { geoPointOf, haversine, regions } from './geo.ts';

const at = (lon: number, lat: number) => ({ lon, lat });

test('the distance along a great circle', () => {
  // A quarter of the circumference of the mean sphere.
  expect(haversine(at(0, 0), at(90, 0))).toBeCloseTo((Math.PI / 2) * 6_371_008.8, 3);
  expect(haversine(at(0, 0), at(0, 0))).toBe(0);
});

test.each([null, 'x', {}, { lon: 181, lat: 0 }, { lon: 0, lat: -91 }, { lon: '1', lat: 1 }, [1, 2]])(
  '%j is no point',
  (value) => expect(geoPointOf(value)).toBeUndefined(),
);

describe('regions', () => {
  test('a radius leaves its own edge out', () => {
    const edge = haversine(at(0, 0), at(1, 0));
    expect(regions.geo_radius!({ center: at(0, 0), radius: edge })(at(1, 0))).toBe(false);
    expect(regions.geo_radius!({ center: at(0, 0), radius: edge + 0.01 })(at(1, 0))).toBe(true);
  });

  test('a box, also across the date line', () => {
    const box = regions.geo_bounding_box!({ top_left: at(10, 20), bottom_right: at(30, 5) });
    expect([at(20, 10), at(5, 10), at(20, 25), at(10, 10)].map(box)).toEqual([true, false, false, false]);
    const across = regions.geo_bounding_box!({ top_left: at(170, 20), bottom_right: at(-170, -20) });
    expect([at(175, 0), at(-175, 0), at(0, 0)].map(across)).toEqual([true, true, false]);
  });

  test('a polygon, without its line and its holes', () => {
    const square = (from: number, to: number) => ({
      points: [at(from, from), at(from, to), at(to, to), at(to, from), at(from, from)],
    });
    const ring = regions.geo_polygon!({ exterior: square(0, 10), interiors: [square(4, 6)] });
    expect([at(1, 1), at(5, 5), at(11, 1), at(0, 5), at(4, 5)].map(ring)).toEqual([true, false, false, false, false]);
  });

  test.each([
    { points: [at(0, 0), at(1, 1), at(0, 0)] },
    { points: [at(0, 0), at(0, 1), at(1, 1), at(1, 0)] },
    { points: [at(0, 0), at(0, 99), at(1, 1), at(0, 0)] },
  ])('%j encloses nothing', (exterior) => {
    expect(() => regions.geo_polygon!({ exterior })).toThrow();
  });
});
