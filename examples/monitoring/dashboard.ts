/*
 * The Grafana dashboard. `dashboard.json` is what this makes: import it, or change it here and write it anew with
 * `npx vitest run examples/monitoring --update`.
 */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { band, figure, graph, heatmap } from './panels.ts';

/** What is chosen at the top. */
const stores = 'job=~"$job", provider=~"$provider"';
const these = `${stores}, collection=~"$collection"`;
const recently = '[$__rate_interval]';

const calls = `rate(anyvec_call_duration_seconds_count{${these}}${recently})`;
const errors = `rate(anyvec_call_errors_total{${these}}${recently})`;
const quantile = (share: number) =>
  `histogram_quantile(${share}, sum by (provider, operation, le) (rate(anyvec_call_duration_seconds_bucket{${these}}${recently})))`;

const overview = [
  figure('Databases down', [`sum(1 - anyvec_up{${stores}})`, ''], {
    unit: 'short',
    limits: [0.5, 1],
    about: 'Those that say of themselves that they do not work, or say nothing.',
  }),
  figure('Calls', [`sum(${calls})`, ''], { unit: 'reqps', about: 'Of all stores.' }),
  figure('Failed', [`(sum(${errors}) or vector(0)) / sum(${calls})`, ''], {
    unit: 'percentunit',
    limits: [0.01, 0.1],
    about: 'The share of the calls that failed, mistakes of the callers included.',
  }),
  figure('Lowest recall', [`min(anyvec_recall{${these}})`, ''], {
    unit: 'percentunit',
    limits: [0.95, 0.85],
    about: 'The share of the exact answer that sampled searches gave, in the collection where it is lowest.',
  }),
];

const traffic = [
  graph('Calls by operation', [[`sum by (provider, operation) (${calls})`, '{{provider}} {{operation}}']], {
    unit: 'reqps',
    stacked: true,
  }),
  graph(
    'Errors by code',
    [[`sum by (provider, operation, code) (${errors})`, '{{provider}} {{operation}}: {{code}}']],
    {
      unit: 'reqps',
      stacked: true,
    },
  ),
  ...([0.5, 0.9, 0.99] as const).map((share) =>
    graph(`Latency, p${100 * share}`, [[quantile(share), '{{provider}} {{operation}}']], { unit: 's', width: 8 }),
  ),
  heatmap(
    'Latency of searches',
    `sum by (le) (increase(anyvec_call_duration_seconds_bucket{${these}, operation=~"search.*"}${recently}))`,
    { unit: 's', width: 12 },
  ),
  graph('Calls under way', [[`sum by (provider) (anyvec_calls_in_flight{${stores}})`, '{{provider}}']], { width: 6 }),
  graph('Health checks', [[`anyvec_health_seconds{${stores}}`, '{{database}} ({{provider}})']], {
    unit: 's',
    width: 6,
    about: 'How long each database takes to say that it works; a gap where it does not.',
  }),
];

const recall = [
  band(
    'Recall of sampled searches',
    [
      [`anyvec_recall_low{${these}}`, '{{provider}} {{collection}} low'],
      [`anyvec_recall_high{${these}}`, '{{provider}} {{collection}} high'],
      [`anyvec_recall{${these}}`, '{{provider}} {{collection}}'],
      [`anyvec_recall_baseline{${these}}`, '{{provider}} {{collection}}, usually'],
      [`anyvec_recall_limit{${these}}`, '{{provider}} {{collection}}, limit'],
    ],
    {
      unit: 'percentunit',
      max: 1,
      about: 'Window by window. The band is the 95 % confidence interval. Choose one collection to see its band.',
    },
  ),
  graph(
    'Distance from what indexes were trained on',
    [[`anyvec_index_drift_ratio{${these}}`, '{{provider}} {{collection}}']],
    {
      about:
        'Squared, of the vectors of late, as a multiple of what it was in training. Only of indexes that are trained and say so.',
    },
  ),
  graph(
    'Advice in force',
    [
      [
        `max by (provider, collection, action) (anyvec_drift_advice{${these}})`,
        '{{provider}} {{collection}}: {{action}}',
      ],
    ],
    { width: 8, max: 1 },
  ),
  graph(
    'Mean recall by the hour',
    [
      [
        `sum by (provider, collection) (rate(anyvec_search_recall_sum{${these}}[1h])) / sum by (provider, collection) (rate(anyvec_search_recall_count{${these}}[1h]))`,
        '{{provider}} {{collection}}',
      ],
    ],
    { width: 8, unit: 'percentunit', max: 1 },
  ),
  graph(
    'Sampled searches',
    [
      [
        `sum by (provider, collection) (rate(anyvec_search_recall_count{${these}}${recently}))`,
        '{{provider}} {{collection}}',
      ],
    ],
    { width: 8, unit: 'reqps' },
  ),
];

const tenants = [
  graph(
    'Calls of the ten busiest tenants',
    [[`topk(10, sum by (tenant) (rate(anyvec_tenant_calls_total{${these}}${recently})))`, '{{tenant}}']],
    {
      unit: 'reqps',
      width: 8,
    },
  ),
  graph(
    'Time they take',
    [[`topk(10, sum by (tenant) (rate(anyvec_tenant_seconds_total{${these}}${recently})))`, '{{tenant}}']],
    { width: 8, about: 'Seconds of waiting in each second: 1 is one call under way all the time.' },
  ),
  graph(
    'Their errors',
    [[`topk(10, sum by (tenant) (rate(anyvec_tenant_errors_total{${these}}${recently})))`, '{{tenant}}']],
    { unit: 'reqps', width: 8 },
  ),
];

const application = [
  graph('Delay of the event loop, p99', [['nodejs_eventloop_lag_p99_seconds{job=~"$job"}', '{{instance}}']], {
    unit: 's',
    width: 8,
  }),
  graph('Memory', [['process_resident_memory_bytes{job=~"$job"}', '{{instance}}']], { unit: 'bytes', width: 8 }),
  graph('Processor', [[`rate(process_cpu_seconds_total{job=~"$job"}${recently})`, '{{instance}}']], { width: 8 }),
];

const rows = [
  { title: 'Overview', panels: overview },
  { title: 'Traffic', panels: traffic },
  { title: 'Recall and drift', panels: recall },
  { title: 'Tenants', panels: tenants },
  { title: 'Application', panels: application },
];

/** Values of a label, to choose from. */
function choice(label: string, within: string): QueryVariableBuilder {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's.
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  return new QueryVariableBuilder(label)
    .label(label)
    .datasource(datasource)
    .query({ query: `label_values(${within}, ${label})`, refId: label })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: 'All', value: '$__all' });
}

/** The dashboard, as Grafana imports it. */
export function dashboard(): Dashboard {
  const builder = new DashboardBuilder('anyvec')
    .uid('anyvec')
    .description('Stores of anyvec: traffic, latency, errors, sampled recall, drift, tenants.')
    .tags(['anyvec', 'vector-search'])
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .editable()
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))
    .withVariable(choice('job', 'anyvec_calls_in_flight'))
    .withVariable(choice('provider', 'anyvec_calls_in_flight{job=~"$job"}'))
    .withVariable(choice('collection', `anyvec_call_duration_seconds_count{${stores}}`));
  let id = 0;
  for (const { title, panels } of rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) builder.withPanel(panel.id(++id));
  }
  return builder.build();
}
