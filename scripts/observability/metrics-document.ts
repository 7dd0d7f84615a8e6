import { OPERATION_IDS } from '../../packages/server/src/domain/access/policy.ts';
import { EMF_METRICS, MAX_COMBINATIONS } from '../../packages/server/src/observe/telemetry/emf/emf-metrics.ts';
import { type LabelValues, METRICS, type Metric } from '../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { labelOf, nameInCollector, nameInMetrics } from '../../packages/server/src/observe/telemetry/metrics/names.ts';

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

const INTRODUCTION = `<!-- Generated from packages/server/src/observe/telemetry/metrics/catalog.ts by \`npm run generate\`; edit that. -->
# Metrics

No metric is measured until a port or a receiver is set. Without them no package of OpenTelemetry is loaded.

| set | for |
| --- | --- |
| \`METRICS_PORT=9464\` | Prometheus reads \`GET /metrics\` of the API on this port of its own |
| \`WORKER_METRICS_PORT=9465\` | the same for \`npm run work\` |
| \`METRICS_HOST=0.0.0.0\` | the ports listen on this address instead of 127.0.0.1. Whoever reaches a port reads all metrics: publish it nowhere. A request with the header \`Sec-Fetch-Site\`, \`Origin\` or \`Accept-Language\`, also an empty one, is 403: all browsers', so that a page that rebinds its name reads nothing, and those of Node's \`fetch\`; Prometheus, curl and collectors send none |
| \`OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\` | the process sends metrics and traces to an OpenTelemetry Collector, or to another receiver of OTLP over HTTP |

The address that clients use has no \`/metrics\`: it answers 404 there. [Configuration](configuration.md) lists the other
variables. [deploy/observability/](../deploy/observability/README.md) has rules of alerts, a dashboard for Grafana, and
an example for Prometheus; [the runbook](runbook.md) says what each alert means.

- **In containers** the compose files and the Kubernetes manifests set \`METRICS_HOST=0.0.0.0\`, the fleet and Kubernetes
  the ports, too. None is published: Prometheus
  [must be in the same network](../deploy/observability/README.md#containers). On Kubernetes a Collector needs
  [a rule in the network policy](../deploy/kubernetes/README.md#what-to-replace).
- **On Lambda** nothing can be scraped, and no port opens: [the functions write to CloudWatch](#on-lambda).
- **Labels** have values of closed lists, of the route table or of your configuration. None comes from a request: users,
  keys, images, tokens, paths and client addresses appear in no label.
- **Of the whole service.** Metrics with this mark are measured by the processes that sweep, and the age of waiting
  events also by those of the API, mostly once a minute. A value older than three minutes is not reported any more.
  Take the maximum over all processes, not the sum.

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

\`safelight_upload_duration\` has the time between them: \`granted-arrived\` is how long clients take, \`arrived-ready\` and
\`arrived-held\` how long the service takes, and \`held-decided\` how long gates or people take.

A direct upload (\`POST /images\`) that is refused has no record and is in none of these states: it counts as a request,
in \`safelight_refusals_total\` by its code.

## Names

The heading of each entry is OpenTelemetry's name. \`/metrics\` adds \`_total\` to counters, and no units. A Collector's
Prometheus exporter and the OTLP receiver of Prometheus add units, too. The dashboard and the alerts use the names of
\`/metrics\`. A histogram has series that end in \`_bucket\`, \`_sum\` and \`_count\`. Labels have \`_\` instead of a dot.
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
  const { name, kind, unit, labels, about, bounds, isFault, isOfService } = metric;
  const rows = [
    ['`/metrics`', `\`${nameInMetrics(metric)}\``],
    ['Collector', `\`${nameInCollector(metric)}\``],
    ['kind, unit', `${kind}, \`${unit}\`${isOfService ? '; of the whole service' : ''}`],
    ...Object.entries(labels).map(([label, values]) => [`label \`${labelOf(label)}\``, valuesOf(values)]),
    ...(bounds ? [['buckets up to', bounds.map((bound) => bound.toLocaleString('en')).join(', ')]] : []),
  ];
  const fault = isFault ? ' 0 while all is well.' : '';
  const table = rows.map(([what, value]) => `| ${what} | ${value} |`).join('\n');
  return `\n### ${name}\n\n${about}${fault}\n\n| | |\n| --- | --- |\n${table}\n`;
}

function valuesOf(values: LabelValues): string {
  if (typeof values === 'string') return OPEN_SETS[values];
  if (values === OPERATION_IDS) return 'the operations of the API, as [openapi.json](../openapi.json) calls them';
  return values.map((value) => `\`${value}\``).join(', ');
}
