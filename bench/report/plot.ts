import type { EngineName } from '../engines/index.ts';
import type { SetResults } from '../suites/results.ts';
import { paretoFront } from './at-recall.ts';

const width = 760;
const height = 460;
const margin = { left: 70, right: 190, top: 44, bottom: 50 };
const firstRecall = 0.8;
/** Told apart also by those who see few colours. */
const colours: Record<EngineName, string> = {
  anyvec: '#d55e00',
  'anyvec-store': '#e69f00',
  'anyvec-ivf-flat': '#8c564b',
  'anyvec-ivf-pq': '#bcbd22',
  'hnswlib-node': '#0072b2',
  'hnswlib-node-native': '#56b4e9',
  'faiss-node': '#009e73',
  'usearch-f32': '#cc79a7',
  'usearch-i8': '#7f3c8d',
  'brute-force': '#888888',
};
const recallTicks = [0.8, 0.85, 0.9, 0.95, 1];

/** Queries a second (logarithmic) over recall, as SVG. Up and to the right is better. */
export function plot({ set, curves }: SetResults): string {
  const fronts = curves
    .map(({ engine, points }) => ({ engine, front: paretoFront(points).filter(({ recall }) => recall >= firstRecall) }))
    .filter(({ front }) => front.length > 0);
  const all = fronts.flatMap(({ front }) => front.map(({ qps }) => qps));
  if (all.length === 0) return '';
  const decades = { low: Math.floor(Math.log10(Math.min(...all))), high: Math.ceil(Math.log10(Math.max(...all))) };
  const x = (recall: number) =>
    tenths(margin.left + ((recall - firstRecall) / (1 - firstRecall)) * (width - margin.left - margin.right));
  const y = (qps: number) => {
    const share = (Math.log10(qps) - decades.low) / (decades.high - decades.low);
    return tenths(height - margin.bottom - share * (height - margin.top - margin.bottom));
  };
  const lines = fronts.map(({ engine, front }, i) => {
    const places = front.map(({ recall, qps }) => `${x(recall)},${y(qps)}`);
    const dots = front.map(({ recall, qps }) => `<circle cx="${x(recall)}" cy="${y(qps)}" r="3"/>`);
    const legend = margin.top + 18 * i + 10;
    return [
      `<g stroke="${colours[engine]}" fill="${colours[engine]}">`,
      `<polyline points="${places.join(' ')}" fill="none" stroke-width="2"/>${dots.join('')}`,
      `<text x="${width - margin.right + 18}" y="${legend}" stroke="none">${engine}</text>`,
      '</g>',
    ].join('');
  });
  const title = `${set.name}: ${set.count} x ${set.dimension}, ${set.metric}, one thread`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    ' font-family="sans-serif" font-size="13">',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${margin.left}" y="24" font-size="15">${title}</text>`,
    ...recallTicks.map((recall) => vertical(x(recall), recall)),
    ...ticksOf(decades).map((qps) => horizontal(y(qps), qps)),
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 10}" text-anchor="middle">recall@10</text>`,
    `<text transform="translate(16 ${height / 2}) rotate(-90)" text-anchor="middle">queries per second</text>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}

/** Enough for a screen. */
const tenths = (place: number) => Math.round(10 * place) / 10;

/** 1, 2 and 5 of each decade. */
function ticksOf({ low, high }: { low: number; high: number }): number[] {
  const ticks: number[] = [];
  for (let decade = low; decade < high; decade++) ticks.push(...[1, 2, 5].map((digit) => digit * 10 ** decade));
  return [...ticks, 10 ** high];
}

function vertical(x: number, recall: number): string {
  const bottom = height - margin.bottom;
  return `<path d="M${x} ${margin.top}V${bottom}" stroke="#ddd"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${recall}</text>`;
}

function horizontal(y: number, qps: number): string {
  const label = qps >= 1_000 ? `${qps / 1_000}k` : String(qps);
  return `<path d="M${margin.left} ${y}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 8}" y="${y + 4}" text-anchor="end">${label}</text>`;
}
