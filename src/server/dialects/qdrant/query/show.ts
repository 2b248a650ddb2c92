import type { Json } from '../body.ts';
import { shortest } from '../float32.ts';
import type { Scored } from './query.ts';

/** A hit as it is answered. */
export function shownHit({ point, score, orderValue }: Scored, parts: Json): Json {
  return {
    id: point.id,
    version: point.version,
    score: shortest(score),
    ...parts,
    ...(orderValue !== undefined && { order_value: orderValue }),
  };
}
