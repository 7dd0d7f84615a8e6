import { METRICS } from '../../packages/server/src/telemetry/metrics/catalog.ts';
import { nameInMetrics } from '../../packages/server/src/telemetry/metrics/names.ts';
import { type Panel, rowsOf } from './panels.ts';
import { queries } from './queries.ts';

const COLUMNS = 24;
const [WIDTH, HEIGHT] = [8, 8];
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

/** Every query of the dashboard, as Grafana sends it to Prometheus once it has replaced the variables. */
export const dashboardRows = rowsOf(queries({ window: '$__rate_interval', everywhere: 'instance=~"$instance"' }));

/** A dashboard for Grafana 11 and later, to be imported. */
export function dashboard() {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: ofRow } of dashboardRows) {
    panels.push({ type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: COLUMNS, h: 1 } });
    y += 1;
    const inLine = COLUMNS / WIDTH;
    for (const [index, panel] of ofRow.entries()) {
      const gridPos = { x: (index % inLine) * WIDTH, y: y + Math.floor(index / inLine) * HEIGHT, w: WIDTH, h: HEIGHT };
      panels.push(timeSeries(panel, gridPos));
    }
    y += Math.ceil(ofRow.length / inLine) * HEIGHT;
  }
  return {
    title: 'Safelight',
    uid: 'safelight',
    tags: ['safelight'],
    description: 'Generated from scripts/observability/panels.ts by `npm run generate`; edit that.',
    schemaVersion: 41,
    version: 1,
    editable: true,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    graphTooltip: 1,
    annotations: { list: [] },
    links: [],
    templating: { list: [datasource, instance] },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

const datasource = { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} };

const INSTANCES = `label_values(${nameInMetrics(METRICS.build)}, instance)`;
const instance = {
  name: 'instance',
  label: 'Process',
  type: 'query',
  datasource: DATASOURCE,
  definition: INSTANCES,
  query: { query: INSTANCES, refId: 'instances' },
  refresh: 2, // when the time range changes
  includeAll: true,
  allValue: '.*',
  multi: true,
  current: { text: ['All'], value: ['$__all'] },
};

const timeSeries = ({ title, unit, lines }: Panel, gridPos: object) => ({
  type: 'timeseries',
  title,
  gridPos,
  datasource: DATASOURCE,
  fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } }, overrides: [] },
  options: {
    legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
    tooltip: { mode: 'multi', sort: 'desc' },
  },
  targets: lines.map(({ query, legend }, index) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + index),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr: query,
    legendFormat: legend,
    range: true,
  })),
});
