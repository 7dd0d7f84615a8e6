import { METRICS } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';
import { type Panel, rowsOf } from './panels.ts';
import { OUR_JOBS, queries } from './queries.ts';

const COLUMNS = 24;
const [WIDTH, HEIGHT] = [8, 8];
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Grafana.
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' } as const;

/** Every query of the dashboard, with Grafana's variables. */
export const dashboardRows = rowsOf(
  queries({ window: '$__rate_interval', everywhere: 'job=~"$job", instance=~"$instance"' }),
);

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
    templating: { list: [datasource, job, instance] },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

const datasource = { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} };

/** A variable with the values of a label. */
const choice = ({ name, label, of, all }: { name: string; label: string; of: string; all: string }) => {
  const query = `label_values(${of}, ${name})`;
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: `${name}s` },
    refresh: 2, // when the time range changes
    includeAll: true,
    allValue: all,
    multi: true,
    current: { text: ['All'], value: ['$__all'] },
  };
};

const BUILD = nameInMetrics(METRICS.build);
const job = choice({ name: 'job', label: 'Job', of: BUILD, all: OUR_JOBS });
const instance = choice({ name: 'instance', label: 'Process', of: `${BUILD}{job=~"$job"}`, all: '.*' });

/** As Grafana sends it while all jobs and processes are chosen. */
export const sentToPrometheus = (query: string, rateInterval: string): string =>
  query
    .replaceAll('$__rate_interval', rateInterval)
    .replaceAll('$job', job.allValue)
    .replaceAll('$instance', instance.allValue);

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
