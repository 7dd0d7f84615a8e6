import { OWN_PAUSES } from '../../../domain/event/webhook.ts';
import type { RequestDone, ServiceEvent } from '../../observer/observer.ts';
import { CODES, METRICS, type Measure, type MetricId, methodLabel } from './catalog.ts';

/**
 * What an event adds to the metrics. A request's strings come from clients: only those of a closed set become labels.
 * The return type makes the switch complete, so an event that no case decides about doesn't compile.
 */
export function measuresOf(event: ServiceEvent): readonly Measure[] {
  switch (event.event) {
    case 'request-done':
      return ofRequest(event);

    case 'upload-granted':
      return [measure('uploads', 1, { state: 'granted' })];
    case 'upload-arrived':
      return [measure('uploads', 1, { state: 'arrived' }), ...phase('granted-arrived', event.sinceGrantMs)];
    case 'upload-held':
      return [measure('uploads', 1, { state: 'held' }), ...phase('arrived-held', event.sinceArrivalMs)];
    case 'upload-ready':
      return [
        measure('uploads', 1, { state: 'ready' }),
        ...phase('arrived-ready', event.sinceArrivalMs),
        ...phase('granted-ready', event.sinceGrantMs),
        ...phase('held-decided', event.sinceHeldMs),
      ];
    case 'upload-rejected':
      return [
        measure('uploads', 1, { state: 'rejected' }),
        measure('rejections', 1, { code: event.code }),
        ...phase('held-decided', event.sinceHeldMs),
      ];
    case 'upload-expired':
      return [measure('uploads', 1, { state: 'expired' })];

    case 'image-trashed':
      return [measure('images', 1, { change: 'trashed' })];
    case 'image-restored':
      return [measure('images', 1, { change: 'restored' })];
    case 'image-replaced':
      return [measure('images', 1, { change: 'replaced' })];
    case 'image-purged':
      return [measure('images', 1, { change: 'purged' })];
    case 'image-deleted':
      return [measure('images', 1, { change: 'deleted' })];
    case 'image-held':
      return [measure('images', 1, { change: 'held' })];
    case 'image-released':
      return [measure('images', 1, { change: 'released' })];
    case 'image-refused':
      return [measure('images', 1, { change: 'refused' })];

    // A person or a rule decided in place of the gate, which may no longer exist.
    case 'gate-passed':
      return event.by === 'gate' ? [measure('verdicts', 1, { gate: event.gate, verdict: 'passed' })] : NONE;
    case 'gate-refused':
      return event.by === 'gate' ? [measure('verdicts', 1, { gate: event.gate, verdict: 'refused' })] : NONE;
    case 'gate-failed':
      return [measure('verdicts', 1, { gate: event.gate, verdict: 'failed' }), fault(event.event)];

    case 'webhook-attempted':
      return [measure('webhookDuration', seconds(event.elapsedMs), { outcome: event.outcome })];

    case 'rendition-found':
      return [measure('renditionDuration', seconds(event.elapsedMs), { source: event.source })];
    case 'renditions-made':
      return [measure('renditionsMade', event.renditions, { urgency: event.urgency })];
    case 'place-wait':
      return event.place === 'decoder' && event.urgency
        ? [measure('decoderWait', seconds(event.waitedMs), { urgency: event.urgency })]
        : NONE;
    case 'decoder-done': {
      const { urgency, elapsedMs, cpuSeconds } = event;
      const work = measure('decoderWork', seconds(elapsedMs), { urgency });
      return cpuSeconds === null ? [work] : [work, measure('decoderCpu', cpuSeconds, { urgency })];
    }
    case 'decoder-died':
      return [measure('decoderDeaths', 1, { reason: event.reason })];

    case 'store-call': {
      const { part, call, outcome, elapsedMs } = event;
      return [measure('calls', seconds(elapsedMs), { part, call, outcome })];
    }
    case 'job-done':
      return ofJob(event, 'done');
    case 'job-failed':
      return ofJob(event, 'failed');
    case 'job-lapsed':
      return [measure('jobs', 1, { kind: event.job.kind, outcome: 'lapsed' }), fault(event.event)];
    case 'sweep-done':
      return [measure('sweeps', 1, { outcome: 'done' })];
    case 'sweep-failed':
    case 'walk-failed':
      return [measure('sweeps', 1, { outcome: 'failed' }), fault(event.event)];
    case 'command-failed':
      return [fault(event.event)];

    case 'due-measured':
      return [measure('dueAge', seconds(event.ageMs), { lane: event.lane })];
    case 'outbox-measured':
      return [measure('outboxAge', seconds(event.ageMs), {})];
    case 'webhooks-measured':
      return [
        ...OWN_PAUSES.map((reason) => measure('webhooksPaused', event.paused[reason], { reason })),
        measure('webhooksFailingAge', seconds(event.failingMs), {}),
      ];
    case 'dead-letters-measured':
      return [measure('deadLetters', event.count, {})];
    case 'backup-measured':
      return [measure('backupAge', seconds(event.ageMs), {})];
    case 'usage-measured':
      return [measure('usageImages', event.images, {}), measure('usageBytes', event.bytes, {})];

    case 'request-failed':
    case 'receiving-failed':
    case 'measuring-failed':
    case 'unknown-job':
    case 'sweep-postponed':
    case 'objects-without-records':
    case 'original-missing':
    case 'object-replaced':
    case 'unreadable-record':
    case 'working-copy-lost':
    case 'working-copy-postponed':
    case 'rate-store-away':
    case 'part-degraded':
    case 'part-failing':
    case 'disk-space-low':
    case 'rescan-postponed':
    case 'filters-postponed':
    case 'facts-skipped':
    case 'facts-postponed':
    case 'webhook-failing':
    case 'webhook-paused':
    case 'webhook-skipped':
    case 'delivering-failed':
      return [fault(event.event)];

    case 'origin-not-listed':
    case 'audit':
    case 'rescan-asked':
    case 'rescan-done':
    case 'filters-asked':
    case 'filters-filled':
    case 'facts-filled':
    case 'gate-dropped':
    case 'orphans-removed':
    case 'migration-begun':
    case 'migration-running':
    case 'migration-done':
    case 'rate-store-back':
    case 'disk-space-back':
    case 'warning':
      return NONE;
  }
}

const NONE: readonly Measure[] = [];

type Labels<Id extends MetricId> = (typeof METRICS)[Id]['labels'];

/** The labels of a metric, each with one of its values. */
type LabelsOf<Id extends MetricId> = {
  readonly [Label in keyof Labels<Id>]: Labels<Id>[Label] extends readonly (infer Value)[] ? Value : string;
};

const measure = <Id extends MetricId>(
  metric: Id,
  value: number,
  labels: LabelsOf<Id> & Measure['labels'],
): Measure => ({
  metric,
  value,
  labels,
});

const fault = (name: LabelsOf<'faults'>['fault']): Measure => measure('faults', 1, { fault: name });

/** Two processes' clocks may differ: a time that would be negative is 0. */
const seconds = (ms: number): number => Math.max(ms, 0) / 1_000;

const phase = (name: LabelsOf<'uploadDuration'>['phase'], ms: number | undefined): readonly Measure[] =>
  ms === undefined ? NONE : [measure('uploadDuration', seconds(ms), { phase: name })];

type Attempt = Extract<ServiceEvent, { readonly event: 'job-done' | 'job-failed' }>;

const ofJob = ({ job: { kind }, elapsedMs }: Attempt, outcome: 'done' | 'failed'): readonly Measure[] => [
  measure('jobs', 1, { kind, outcome }),
  measure('jobDuration', seconds(elapsedMs), { kind }),
];

const CODE_SET: ReadonlySet<string> = new Set(CODES);
const LIMITS: ReadonlySet<string> = new Set(METRICS.limits.labels.limit);

/** Without a body there is no measure of its size. */
function ofRequest(request: RequestDone): readonly Measure[] {
  const { method, operation, route, status, outcome, code, limit, caller, bytesIn, bytesOut } = request;
  const ofRoute = route === null ? {} : { 'http.route': route };
  const isRefused = code !== undefined && CODE_SET.has(code);
  const errorType = outcome === 'aborted' ? outcome : isRefused ? code : undefined;
  // Otherwise any client could make a series of each route, method and such code: thousands, which slow each scrape and
  // hide later ones.
  const isEarly = isRefused && status < 500 && caller === 'none';
  const duration: Measure = {
    metric: 'requestDuration',
    value: seconds(request.elapsedMs),
    labels: {
      'http.request.method': methodLabel(method),
      ...(!isEarly && ofRoute),
      ...(status > 0 && { 'http.response.status_code': String(status) }),
      ...(errorType !== undefined && { 'error.type': errorType }),
    },
  };
  const measures = [duration];
  if (bytesIn > 0) measures.push({ metric: 'requestBytes', value: bytesIn, labels: ofRoute });
  if (bytesOut > 0) measures.push({ metric: 'responseBytes', value: bytesOut, labels: ofRoute });
  if (operation !== null) measures.push(measure('operations', 1, { operation, caller }));
  if (isRefused) measures.push(measure('refusals', 1, { code }));
  if (limit !== undefined && LIMITS.has(limit)) measures.push(measure('limits', 1, { limit }));
  return measures;
}
