import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

import { type Monitored, monitoring } from './app.ts';
import { dashboard } from './dashboard.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');

/** Of a rule file, what is of interest here. */
const ruleFile = z.strictObject({
  groups: z.array(
    z.strictObject({
      name: z.string(),
      rules: z.array(
        z.union([
          z.strictObject({ record: z.string().regex(/^[a-z_]+(:[a-z0-9_]+)+$/), expr: z.string() }),
          z.strictObject({
            alert: z.string().regex(/^Anyvec[A-Z]\w+$/),
            expr: z.string(),
            for: z
              .string()
              .regex(/^\d+[smh]$/)
              .optional(),
            labels: z.strictObject({ severity: z.enum(['info', 'warning', 'critical']) }),
            annotations: z.strictObject({ summary: z.string(), description: z.string() }),
          }),
        ]),
      ),
    }),
  ),
});
const rules = ruleFile.parse(parseYaml(read('rules.yml'))).groups.flatMap((group) => group.rules);

/** A query with what is asked of Prometheus in place of Grafana's variables. */
const plain = (query: string) => query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*');

const panels = (dashboard().panels ?? []).flatMap((panel) => ('targets' in panel ? [panel] : []));
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map((target) => {
    const { expr, legendFormat } = z.looseObject({ expr: z.string(), legendFormat: z.string() }).parse(target);
    return { where: `panel ${title}`, expr: plain(expr), text: legendFormat };
  }),
);
const everything = [
  ...queries,
  ...rules.map((rule) => ({
    where: 'record' in rule ? rule.record : rule.alert,
    expr: rule.expr,
    text: 'alert' in rule ? `${rule.annotations.summary} ${rule.annotations.description}` : '',
  })),
];

/** What a query names. */
interface Names {
  readonly errors: number;
  readonly metrics: string[];
  /** By metric: labels in its braces. */
  readonly matched: { metric: string; label: string }[];
  /** Labels that are grouped or joined by. */
  readonly grouped: string[];
}

function namesOf(expr: string): Names {
  const names: Names = { errors: 0, metrics: [], matched: [], grouped: [] };
  let errors = 0;
  let metric = '';
  parser.parse(expr).iterate({
    enter(node) {
      const text = expr.slice(node.from, node.to);
      if (node.type.isError) errors += 1;
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') {
        metric = text;
        names.metrics.push(text);
      }
      if (node.name !== 'LabelName') return;
      if (node.node.parent?.name === 'GroupingLabels') names.grouped.push(text);
      else names.matched.push({ metric, label: text });
    },
  });
  return { ...names, errors };
}

/** The labels that each metric has in the text format, and what Prometheus adds. */
function labelsByMetric(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (name === undefined) continue;
    const known = found.get(name) ?? new Set(['job', 'instance']);
    for (const [, label] of labels.matchAll(/(?:^|,)(\w+)="/g)) known.add(label!);
    found.set(name, known);
  }
  return found;
}

/** Labels of what a recording rule makes: those it groups by. */
const recorded = new Map(
  rules.flatMap((rule) => ('record' in rule ? [[rule.record, new Set(namesOf(rule.expr).grouped)] as const] : [])),
);

let app: Monitored;
let known: Map<string, Set<string>>;
beforeAll(async () => {
  app = await monitoring({ port: 0, windowSamples: 30 });
  for (let n = 0; n < 70; n++) {
    await app.round();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await app.drift();
  for (let n = 0; n < 35; n++) {
    await app.round();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const response = await fetch(app.url);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  known = labelsByMetric(await response.text());
}, 60_000);
afterAll(() => app.close());

describe('what is asked of Prometheus', () => {
  it('is PromQL', () => {
    expect(namesOf('sum by (le) (rate(x{a="b"}[5m])').errors).toBeGreaterThan(0);
    expect(everything.length).toBeGreaterThan(40);
    for (const { where, expr } of everything) expect([where, namesOf(expr).errors]).toEqual([where, 0]);
  });

  it('names only metrics that the application serves, or that a rule records', () => {
    for (const { where, expr } of everything) {
      const { metrics } = namesOf(expr);
      expect(metrics.length, where).toBeGreaterThan(0);
      for (const metric of metrics)
        expect([where, metric, known.has(metric) || recorded.has(metric)]).toEqual([where, metric, true]);
    }
  });

  it('names only labels that they have', () => {
    for (const { where, expr, text } of everything) {
      const { metrics, matched, grouped } = namesOf(expr);
      const labels = (metric: string) => known.get(metric) ?? recorded.get(metric) ?? new Set();
      for (const { metric, label } of matched)
        expect([where, metric, label, labels(metric).has(label)]).toEqual([where, metric, label, true]);
      const any = new Set(metrics.flatMap((metric) => [...labels(metric)]));
      const left = grouped.length > 0 ? new Set(grouped) : any;
      for (const label of grouped) expect([where, label, any.has(label)]).toEqual([where, label, true]);
      // Of a graph's legend, or of an alert's text.
      for (const [, label] of text.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g))
        expect([where, label, left.has(label!)]).toEqual([where, label, true]);
    }
  });

  it('leaves out nothing that the application serves of the stores', () => {
    const named = new Set(everything.flatMap(({ expr }) => namesOf(expr).metrics));
    const unseen = [...known.keys()].filter((metric) => metric.startsWith('anyvec_') && !named.has(metric));
    expect(unseen.filter((metric) => !/_duration_seconds_sum$|_recall_bucket$/.test(metric))).toEqual([]);
  });
});

describe('the dashboard', () => {
  it('is what the file holds', async () => {
    await expect(`${JSON.stringify(dashboard(), null, 2)}\n`).toMatchFileSnapshot('dashboard.json');
  });

  it('has panels that lie side by side, within the grid, each with a number of its own', () => {
    const all = dashboard().panels ?? [];
    const taken = new Map<string, string>();
    for (const { gridPos, title } of all) {
      const { x, y, w, h } = gridPos!;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          const cell = `${column}/${row}`;
          expect([cell, taken.get(cell)]).toEqual([cell, undefined]);
          taken.set(cell, title ?? '');
        }
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  it('uses every variable it has, and none that it has not', () => {
    const { templating, panels: _, ...rest } = dashboard();
    const names = templating.list!.map(({ name }) => name);
    const text = JSON.stringify([dashboard().panels, templating.list?.map(({ query }) => query)]);
    const used = new Set(
      Array.from(text.matchAll(/\$\{?(\w+)/g), ([, name]) => name!).filter((name) => !name.startsWith('__')),
    );
    expect([...used].sort()).toEqual(names.toSorted());
    expect(rest.uid).toBe('anyvec');
  });
});

it('the example comes to advice once the vectors are others, and the advice helps', async () => {
  const advice = () =>
    fetch(app.url).then(
      async (response) => /anyvec_drift_advice\{.*action="recreate-index"\} (\d)/.exec(await response.text())?.[1],
    );
  const rounds = async (count: number) => {
    for (let n = 0; n < count; n++) {
      await app.round();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await rounds(35);
  expect(await advice()).toBe('1');
  await app.recreateIndex();
  await rounds(65);
  expect(await advice()).toBe('0');
});
