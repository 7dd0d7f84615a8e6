import { OPERATION_IDS } from '../../packages/server/src/domain/access/policy.ts';
import { EMF_METRICS, MAX_COMBINATIONS } from '../../packages/server/src/observe/telemetry/emf/emf-metrics.ts';
import { type LabelValues, METRICS, type Metric } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { labelOf, nameInCollector, nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';
import { wrap } from '../../packages/server/src/text/wrap.ts';

/** Beside the mark and the indentation of a list. */
const LIST_WIDTH = 118;

const OPEN_SETS: Readonly<Record<LabelValues & string, string>> = {
  routes: 'the templates of the routes, as `/images/{id}`',
  statuses: 'the status codes of the service',
  gates: 'the names of the configured gates',
  version: 'a version, as `1.2.3`',
  codes: 'the [codes of problems](problems.md), and those of S3 in answers to presigned requests, as `SlowDown`',
  calls: 'the methods of the port, as `get` or `put`',
};

const GROUPS: readonly { readonly title: string; readonly from: keyof typeof METRICS }[] = [
  { title: 'Requests', from: 'requestDuration' },
  { title: 'Uploads and images', from: 'uploads' },
  { title: 'Renditions and decoders', from: 'renditionDuration' },
  { title: 'What the service depends on, and background work', from: 'calls' },
  { title: 'Processes', from: 'eventLoopDelay' },
];

/** The histograms' buckets, by the name that the page gives them. */
const BUCKETS: Readonly<Record<string, readonly number[]>> = {
  times: METRICS.requestDuration.bounds,
  'long times': METRICS.uploadDuration.bounds,
  sizes: METRICS.requestBytes.bounds,
};

const INTRODUCTION = `<!-- Generated from packages/server/src/observe/telemetry/metrics/catalog.ts by \`npm run generate\`; edit that. -->
# Metrics

No metric is measured until a port or a receiver is set:

| set | for |
| --- | --- |
| \`METRICS_PORT=9464\` | Prometheus reads \`GET /metrics\` of the API on this port of its own |
| \`WORKER_METRICS_PORT=9465\` | the same for \`npm run work\` |
| \`METRICS_HOST=0.0.0.0\` | the ports listen on this address instead of 127.0.0.1. Whoever reaches a port reads all metrics: publish it nowhere. Requests of browsers and of Node's \`fetch\` are 403: those with the header \`Sec-Fetch-Site\`, \`Origin\` or \`Accept-Language\`, also an empty one. Prometheus, curl and collectors send none |
| \`OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\` | the process sends metrics and traces to an OpenTelemetry Collector, or to another receiver of OTLP over HTTP |

The address that clients use answers \`/metrics\` with 404. [Configuration](configuration.md) has the other variables,
[deploy/observability/](../deploy/observability/README.md) alerts, a dashboard for Grafana and an example for Prometheus, and [the
runbook](runbook.md) what each alert means.

- **In containers** the compose files and the Kubernetes manifests set \`METRICS_HOST=0.0.0.0\`, the fleet and Kubernetes
  the ports, too. None is published: Prometheus
  [must be in the same network](../deploy/observability/README.md#containers). On Kubernetes a Collector needs
  [a rule in the network policy](../deploy/kubernetes/README.md#what-to-replace).
- **On Lambda** no port opens: [the functions write to CloudWatch](#on-lambda).
- **Labels** have values of closed lists, of the route table or of your configuration. None comes from a request: users,
  keys, images, tokens, paths and client addresses appear in no label.
- **Of the whole service**: the processes that sweep measure such a metric, and those of the API the age of waiting
  events, mostly once a minute. A value older than three minutes is not reported. Take the maximum over all processes,
  not the sum.

## The funnel of uploads

\`safelight_uploads_total\` counts the uploads that reached each state:

| state | meaning |
| --- | --- |
| \`granted\` | a client got a URL. Direct uploads have no grant |
| \`arrived\` | the service found the bytes. It counts an upload again whose first attempt was broken off, as when all decoders are busy |
| \`held\` | the bytes are sound, and a [gate](gates.md) has not decided yet |
| \`ready\` | the image is served |
| \`rejected\` | the bytes were refused; \`safelight_upload_rejections_total\` has the codes |
| \`expired\` | no bytes came in time |

[\`safelight_upload_duration\`](#safelightuploadduration) has the time between them. A direct upload (\`POST /images\`) that is refused
has no record and is in none of these states: \`safelight_refusals_total\` counts it by its code.

## Names

The heading of each entry is OpenTelemetry's name. Below it are the name in \`/metrics\`, which the dashboard and the alerts use, and the
one of a Collector's Prometheus exporter and of Prometheus' OTLP receiver, if they add a unit. Labels are lists of their values. A
histogram has series that end in \`_bucket\`, \`_sum\` and \`_count\`, and buckets up to:

| buckets | |
| --- | --- |
${Object.entries(BUCKETS)
  .map(([name, bounds]) => `| ${name} | ${bounds.map((bound) => bound.toLocaleString('en')).join(', ')} |`)
  .join('\n')}
`;

/** docs/metrics.md. */
export const metricsDocument = (): string => `${INTRODUCTION}${GROUPS.map(section).join('')}${onLambda()}`;

function onLambda(): string {
  const rows = EMF_METRICS.map(({ metric, dimensions }) => {
    const values = Object.entries(dimensions).map(([label, of]) => `\`${label}\`: ${valuesOf(of)}`);
    return `| \`${METRICS[metric].name}\` | ${values.join('; ') || 'none'} |`;
  });
  return `
## On Lambda

The functions write these metrics to their log, in CloudWatch's Embedded Metric Format, under OpenTelemetry's names. Each
combination of a name and dimensions is billed, so there are at most ${MAX_COMBINATIONS}.

| metric | dimensions |
| --- | --- |
${rows.join('\n')}
`;
}

function section({ title, from }: (typeof GROUPS)[number], index: number): string {
  const ids = Object.keys(METRICS);
  const next = GROUPS[index + 1];
  const ofGroup = Object.values<Metric>(METRICS).slice(ids.indexOf(from), next && ids.indexOf(next.from));
  return `\n## ${title}\n${ofGroup.map(entry).join('')}`;
}

function entry(metric: Metric): string {
  const { name, labels, about, isFault } = metric;
  const list = Object.entries(labels).map(([label, values]) => `\`${labelOf(label)}\`: ${valuesOf(values)}`);
  const items = list.map((item) => `- ${wrap(item, LIST_WIDTH).join('\n  ')}\n`).join('');
  return `\n### ${name}\n\n${seriesOf(metric)}\n\n${about}${isFault ? ' 0 while all is well.' : ''}\n${items && `\n${items}`}`;
}

function seriesOf(metric: Metric): string {
  const { kind, unit, bounds = [], isOfService } = metric;
  const [name, inCollector] = [nameInMetrics(metric), nameInCollector(metric)];
  const buckets = Object.keys(BUCKETS).find((one) => BUCKETS[one]?.join() === bounds.join());
  return [
    `\`${name}\`${inCollector === name ? '' : ` (Collector: \`${inCollector}\`)`}: ${kind}, \`${unit}\``,
    ...(buckets === undefined ? [] : [buckets]),
    ...(isOfService ? ['of the whole service'] : []),
  ].join(', ');
}

function valuesOf(values: LabelValues): string {
  if (typeof values === 'string') return OPEN_SETS[values];
  if (values === OPERATION_IDS) return 'the operations of the API, as [openapi.json](../openapi.json) calls them';
  return values.map((value) => `\`${value}\``).join(', ');
}
