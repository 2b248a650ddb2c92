import { join } from 'node:path';
import { cachePlace } from '../lib/places.ts';

/** Rows of f32, as many as were embedded so far, in the order that {@link glossSeed} gives the glosses. */
export const embeddingsFile = join(cachePlace('wordnet'), 'all-MiniLM-L6-v2-int8.f32');
export const glossSeed = 20_251;
export const glossDimension = 384;
