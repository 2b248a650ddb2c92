/* Panels of the dashboard, by Grafana's own types. */
import * as common from '@grafana/grafana-foundation-sdk/common';
import { ThresholdsConfigBuilder, ThresholdsMode } from '@grafana/grafana-foundation-sdk/dashboard';
import * as heat from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Chosen at the top of the dashboard. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's, too.
const datasource = { type: 'prometheus', uid: '${datasource}' };

/** What is asked, and what a line of the answer is called. */
export type Query = readonly [expression: string, legend: string];

/** How a graph looks. */
interface Look {
  readonly unit?: string;
  /** Of 24. Default 12. */
  readonly width?: number;
  readonly stacked?: boolean;
  readonly max?: number;
  readonly about?: string;
}

const target = ([expression, legend]: Query) =>
  new DataqueryBuilder().datasource(datasource).expr(expression).legendFormat(legend).range();

/** Lines over time. */
export function graph(title: string, queries: readonly Query[], look: Look): TimeseriesBuilder {
  const { unit = 'short', width = 12, stacked = false, max, about } = look;
  const panel = new TimeseriesBuilder()
    .title(title)
    .datasource(datasource)
    .span(width)
    .height(8)
    .unit(unit)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 30 : 0)
    .drawStyle(common.GraphDrawStyle.Line)
    .tooltip(
      new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending),
    )
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.List)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs([]),
    )
    .targets(queries.map((query, at) => target(query).refId(String.fromCharCode(65 + at))));
  if (max !== undefined) panel.max(max);
  if (about !== undefined) panel.description(about);
  if (stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group('A'));
  return panel;
}

/** As `graph`; what the first two queries give is a band, within which the third one's line is. */
export function band(
  title: string,
  queries: readonly [low: Query, high: Query, ...Query[]],
  look: Look,
): TimeseriesBuilder {
  const quiet = [
    { id: 'custom.lineWidth', value: 0 },
    { id: 'custom.hideFrom', value: { legend: true, tooltip: false, viz: false } },
  ];
  const filled = [...quiet, { id: 'custom.fillBelowTo', value: 'A' }, { id: 'custom.fillOpacity', value: 15 }];
  return graph(title, queries, look).overrideByQuery('A', quiet).overrideByQuery('B', filled);
}

/** The latest figure: green, yellow from the first limit on, red from the second; the other way round where less is worse. */
export function figure(
  title: string,
  query: Query,
  { unit, limits, about }: { unit: string; limits?: readonly [yellow: number, red: number]; about: string },
): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .description(about)
    .datasource(datasource)
    .span(6)
    .height(4)
    .unit(unit)
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
    .withTarget(target(query).refId('A'));
  return limits === undefined ? panel : panel.thresholds(thresholds(limits));
}

function thresholds([yellow, red]: readonly [yellow: number, red: number]): ThresholdsConfigBuilder {
  const isRising = yellow < red;
  const steps = [
    { value: null, color: isRising ? 'green' : 'red' },
    { value: isRising ? yellow : red, color: 'yellow' },
    { value: isRising ? red : yellow, color: isRising ? 'red' : 'green' },
  ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/** How many calls took how long, over time. The query is by `le`. */
export function heatmap(
  title: string,
  expression: string,
  { unit, width }: { unit: string; width: number },
): heat.PanelBuilder {
  return new heat.PanelBuilder()
    .title(title)
    .datasource(datasource)
    .span(width)
    .height(8)
    .calculate(false)
    .yAxis(new heat.YAxisConfigBuilder().unit(unit))
    .withTarget(target([expression, '{{le}}']).format(PromQueryFormat.Heatmap).refId('A'));
}
