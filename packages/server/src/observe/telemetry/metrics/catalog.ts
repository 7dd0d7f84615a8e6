import { OPERATION_IDS } from '../../../domain/access/policy.ts';
import { RATE_POLICIES } from '../../../domain/access/rate-limits.ts';
import { ERROR_CODES, REJECTION_CODES } from '../../../domain/errors.ts';
import { OWN_PAUSES } from '../../../domain/event/webhook.ts';
import { LANES } from '../../../domain/image/lane.ts';
import { S3_ERROR_CODES } from '../../../http-semantics/s3-error-codes.ts';
import { PARTS } from '../../health/part-health.ts';

/**
 * Every metric of the service, in one table: docs/metrics.md, the dashboard, the alerts and the AWS alarms are made
 * from it. A label has the values that its row lists, or those that the operator's configuration or the route table
 * gives: never one of a request.
 */
export interface Metric {
  /** By OpenTelemetry's semantic conventions where they have it. */
  readonly name: string;
  /**
   * `counter`: a sum that only grows. `gauge`: the value now. `histogram`: how often, how much, and how it is spread.
   */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** UCUM: `s`, `By`, `1`, or what is counted, as `{upload}`. */
  readonly unit: string;
  readonly labels: { readonly [label: string]: LabelValues };
  readonly about: string;
  /** The upper bounds of a histogram's buckets. */
  readonly bounds?: readonly number[];
  /** 0 while all is well. */
  readonly isFault?: true;
  /** A metric of the whole service, as each process sees it that measures it; otherwise of one process. */
  readonly isOfService?: true;
}

/** `routes`: the templates of the route table. `gates`, `version`: of the configuration and the build. */
export type LabelValues = readonly string[] | 'routes' | 'statuses' | 'gates' | 'version' | 'codes' | 'calls';

/** Seconds: from a hit in memory to the longest wait. */
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds: of work that clients or operators wait for in minutes. */
const LONG_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 86_400];
const BYTES = [1_024, 32_768, 1_048_576, 33_554_432];

/** The methods that have a name; any other is `_OTHER`. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'] as const;
export const methodLabel = (method: string): (typeof METHODS)[number] =>
  METHODS.find((one) => one === method) ?? '_OTHER';
export const CALLERS = [
  'none',
  'open',
  'user',
  'service',
  'admin',
  'uploader',
  'viewer',
  'link',
  'guest',
  'anonymous',
] as const;
/**
 * The values of `codes`: of problems, of refusals of presigned requests to this service, and of requests whose client
 * left.
 */
export const CODES: readonly string[] = [...ERROR_CODES, ...S3_ERROR_CODES, 'aborted'];
/** The confinements of decoders, the best first. */
export const CONFINEMENTS = ['landlock', 'namespaces', 'unconfined'] as const;
export const URGENCIES = ['inspection', 'request', 'background'] as const;

export const METRICS = {
  requestDuration: {
    name: 'http.server.request.duration',
    kind: 'histogram',
    unit: 's',
    labels: {
      'http.request.method': METHODS,
      'http.route': 'routes',
      'http.response.status_code': 'statuses',
      'error.type': 'codes',
    },
    bounds: SECONDS,
    about:
      'From the head of a request to the end of its answer. `error.type`: the code of the problem, or `aborted` if the answer did not reach its end: mostly because the client left. A request has no `http.route` if none fits, or if it was refused before anyone asked who calls. Bytes that are no HTTP count as one of `_OTHER`.',
  },
  activeRequests: {
    name: 'http.server.active_requests',
    kind: 'gauge',
    unit: '{request}',
    labels: {},
    about: 'Requests whose answer has not ended.',
  },
  requestBytes: {
    name: 'http.server.request.body.size',
    kind: 'histogram',
    unit: 'By',
    labels: { 'http.route': 'routes' },
    bounds: BYTES,
    about: 'The bytes of bodies that arrived.',
  },
  responseBytes: {
    name: 'http.server.response.body.size',
    kind: 'histogram',
    unit: 'By',
    labels: { 'http.route': 'routes' },
    bounds: BYTES,
    about: 'The bytes of bodies that were sent.',
  },
  operations: {
    name: 'safelight.operations',
    kind: 'counter',
    unit: '{request}',
    labels: { operation: OPERATION_IDS, caller: CALLERS },
    about:
      'Requests by operation of the API and by kind of caller: `open` with AUTH=open, `anonymous` for public images, `none` if the request was refused before anyone asked who calls.',
  },
  refusals: {
    name: 'safelight.refusals',
    kind: 'counter',
    unit: '{request}',
    labels: { code: 'codes' },
    about: 'Requests that were answered with a problem, by its code.',
  },
  limits: {
    name: 'safelight.limits',
    kind: 'counter',
    unit: '{request}',
    labels: { limit: [...RATE_POLICIES.map((policy) => `rate-${policy}`), 'rate-other', 'quota', 'load', 'storage'] },
    about:
      'Requests that met a limit: the rate of a policy, a quota, what the process can do at once, or the space of a disk.',
  },

  uploads: {
    name: 'safelight.uploads',
    kind: 'counter',
    unit: '{upload}',
    labels: { state: ['granted', 'arrived', 'held', 'ready', 'rejected', 'expired'] },
    about: 'Uploads that reached a state.',
  },
  rejections: {
    name: 'safelight.upload.rejections',
    kind: 'counter',
    unit: '{upload}',
    labels: { code: REJECTION_CODES },
    about: 'Rejected uploads, by the reason.',
  },
  uploadDuration: {
    name: 'safelight.upload.duration',
    kind: 'histogram',
    unit: 's',
    labels: { phase: ['granted-arrived', 'arrived-ready', 'arrived-held', 'held-decided', 'granted-ready'] },
    bounds: LONG_SECONDS,
    about:
      'The time between two states of an upload. `granted-arrived`: how long clients take. `arrived-ready` and `arrived-held`: how long the service takes, told by the process that found the bytes; none of an upload that another process finishes, as after a crash. `held-decided`: how long gates or people take, until it is ready or rejected. `granted-ready`: all of it.',
  },
  images: {
    name: 'safelight.images',
    kind: 'counter',
    unit: '{image}',
    labels: { change: ['trashed', 'restored', 'replaced', 'purged', 'deleted', 'held', 'released', 'refused'] },
    about: 'Changes of images that were served. `held`, `released` and `refused`: by a gate that looks at them again.',
  },
  verdicts: {
    name: 'safelight.gate.verdicts',
    kind: 'counter',
    unit: '{verdict}',
    labels: { gate: 'gates', verdict: ['passed', 'refused', 'failed'] },
    about: 'What the gates said. `failed`: no verdict, and the image waits.',
  },

  webhookDuration: {
    name: 'safelight.webhook.duration',
    kind: 'histogram',
    unit: 's',
    labels: { outcome: ['delivered', 'waiting', 'failed'] },
    bounds: SECONDS,
    about:
      'Attempts at deliveries to webhooks. `waiting`: it failed, and is tried again. `failed`: it was the last attempt at that delivery.',
  },
  webhooksPaused: {
    name: 'safelight.webhooks.paused',
    kind: 'gauge',
    unit: '{webhook}',
    labels: { reason: OWN_PAUSES },
    isFault: true,
    isOfService: true,
    about:
      'Webhooks that the service itself has paused: they get nothing until an admin resumes them. `gone`: the receiver answered 410; `failing`: it failed for three days; `restored`: the webhook came from a backup. Without those that an admin paused. With EVENTS=on, measured by each worker every five seconds.',
  },
  webhooksFailingAge: {
    name: 'safelight.webhooks.failing.age',
    kind: 'gauge',
    unit: 's',
    labels: {},
    isFault: true,
    isOfService: true,
    about:
      'For how long every attempt at an active webhook has failed, of the one that has failed the longest; 0 if the last attempt at each was well. With EVENTS=on, measured by each worker every five seconds.',
  },

  renditionDuration: {
    name: 'safelight.rendition.duration',
    kind: 'histogram',
    unit: 's',
    labels: { source: ['memory', 'stored', 'made'] },
    bounds: SECONDS,
    about: 'From the request for a rendition until its bytes are there: remembered, read from the store, or made.',
  },
  renditionsMade: {
    name: 'safelight.renditions.made',
    kind: 'counter',
    unit: '{rendition}',
    labels: { urgency: ['request', 'background'] },
    about: 'Renditions that were made and stored.',
  },
  decoderJobs: {
    name: 'safelight.decoder.jobs',
    kind: 'gauge',
    unit: '{job}',
    labels: { state: ['waiting', 'running'], urgency: URGENCIES },
    about:
      'Jobs of decoders now. `inspection`: the verification of an upload; `request`: renditions that a client waits for; `background`: eager presets and other renditions in advance.',
  },
  decoderProcesses: {
    name: 'safelight.decoder.processes',
    kind: 'gauge',
    unit: '{process}',
    labels: {},
    about: 'Decoder processes now.',
  },
  decoderWait: {
    name: 'safelight.decoder.wait.duration',
    kind: 'histogram',
    unit: 's',
    labels: { urgency: URGENCIES },
    bounds: SECONDS,
    about: 'How long jobs waited for a decoder.',
  },
  decoderWork: {
    name: 'safelight.decoder.work.duration',
    kind: 'histogram',
    unit: 's',
    labels: { urgency: URGENCIES },
    bounds: SECONDS,
    about: 'How long decoders worked on a job.',
  },
  decoderCpu: {
    name: 'safelight.decoder.cpu.time',
    kind: 'counter',
    unit: 's',
    labels: { urgency: URGENCIES },
    about: 'CPU time of decoders.',
  },
  decoderDeaths: {
    name: 'safelight.decoder.deaths',
    kind: 'counter',
    unit: '{process}',
    labels: { reason: ['time', 'memory', 'crash', 'start'] },
    isFault: true,
    about: 'Decoders that were killed or died at work: too slow, too large, crashed, or never started.',
  },
  confinement: {
    name: 'safelight.decoder.confinement',
    kind: 'gauge',
    unit: '1',
    labels: { level: CONFINEMENTS },
    about: '1 for the level at which the decoders of this process are confined, 0 for the others.',
  },

  calls: {
    name: 'safelight.call.duration',
    kind: 'histogram',
    unit: 's',
    labels: {
      part: ['records', 'objects', 'queue', 'redis', 'gates', 'issuer'],
      call: 'calls',
      outcome: ['done', 'failed'],
    },
    bounds: SECONDS,
    about:
      'Calls to what the service depends on. `call`: the method of our port. `failed`: by the part itself; a refusal, as of a used-up quota, is `done`. `receive` of the queue counts, but always lasts 0 s: most of it is a wait for jobs.',
  },
  jobs: {
    name: 'safelight.jobs',
    kind: 'counter',
    unit: '{job}',
    labels: { kind: ['finalize', 'fetch', 'maintain', 'arrival'], outcome: ['done', 'failed', 'lapsed'] },
    about:
      'Attempts at jobs. `finalize` verifies an upload, `fetch` gets one from its URL, `arrival` those of an event of the bucket, `maintain` makes renditions. `lapsed`: the queue did not accept the outcome, which counts, too, as `done` or `failed`. A failed or lapsed job is tried again.',
  },
  jobDuration: {
    name: 'safelight.job.duration',
    kind: 'histogram',
    unit: 's',
    labels: { kind: ['finalize', 'fetch', 'maintain', 'arrival'] },
    bounds: LONG_SECONDS,
    about: 'How long an attempt at a job took.',
  },
  dueAge: {
    name: 'safelight.due.age',
    kind: 'gauge',
    unit: 's',
    labels: { lane: LANES },
    isOfService: true,
    about:
      'How late the oldest due record of a lane is: 0 if none is due. `recovery`: uploads whose process or decoder crashed; `renditions`: eager presets; `screening`: held images; `removal`: expired uploads and the trash. Measured by each worker; one that cannot read all of the lane reports no 0.',
  },
  outboxAge: {
    name: 'safelight.events.outbox.age',
    kind: 'gauge',
    unit: 's',
    labels: {},
    isOfService: true,
    about:
      'How long the oldest change has waited that readers of events cannot see yet (docs/events.md): a second, after a pause up to five, and 0 if none waits. With EVENTS=on and DynamoDB, measured by each worker and each process of the API; on Lambda by the sweep.',
  },
  deadLetters: {
    name: 'safelight.dead_letters',
    kind: 'gauge',
    unit: '{message}',
    labels: {},
    isFault: true,
    isOfService: true,
    about: 'Jobs that were tried too often and wait for an operator.',
  },
  backupAge: {
    name: 'safelight.backup.age',
    kind: 'gauge',
    unit: 's',
    labels: {},
    isOfService: true,
    about:
      'How long ago the last `backup` of the operator ended (docs/backup.md). For a service that was never backed up so: how long ago it was first seen to have images.',
  },
  sweeps: {
    name: 'safelight.sweep.rounds',
    kind: 'counter',
    unit: '{round}',
    labels: { outcome: ['done', 'failed'] },
    about: 'Rounds of the sweeper.',
  },
  usageImages: {
    name: 'safelight.usage.images',
    kind: 'gauge',
    unit: '{image}',
    labels: {},
    isOfService: true,
    about: 'Images that count against quotas, of all users together. With SQLite or PostgreSQL only.',
  },
  usageBytes: {
    name: 'safelight.usage.size',
    kind: 'gauge',
    unit: 'By',
    labels: {},
    isOfService: true,
    about:
      'The bytes of the originals of images that count against quotas, of all users together. With SQLite or PostgreSQL only.',
  },

  eventLoopDelay: {
    name: 'nodejs.eventloop.delay.max',
    kind: 'gauge',
    unit: 's',
    labels: {},
    about: 'How late the latest timer was since the last scrape or report: how long something blocked the event loop.',
  },
  eventLoopUse: {
    name: 'nodejs.eventloop.utilization',
    kind: 'gauge',
    unit: '1',
    labels: {},
    about: 'The share of time in which the event loop worked, since the last scrape or report.',
  },
  heapUsed: {
    name: 'v8js.memory.heap.used',
    kind: 'gauge',
    unit: 'By',
    labels: {},
    about: 'The JavaScript heap in use.',
  },
  residentMemory: {
    name: 'process.memory.usage',
    kind: 'gauge',
    unit: 'By',
    labels: {},
    about: 'The resident memory of the process, without its decoders.',
  },
  cpuTime: {
    name: 'process.cpu.time',
    kind: 'counter',
    unit: 's',
    labels: {},
    about: 'CPU time of the process, without its decoders.',
  },
  openFiles: {
    name: 'process.open_file_descriptors', // the convention's ends in .count, which Prometheus keeps for histograms
    kind: 'gauge',
    unit: '{file_descriptor}',
    labels: {},
    about: 'Open files and sockets. Linux only.',
  },
  diskFree: {
    name: 'safelight.disk.free',
    kind: 'gauge',
    unit: 'By',
    labels: {},
    about: 'Free space of the disk with records or objects.',
  },
  diskReserve: {
    name: 'safelight.disk.reserve',
    kind: 'gauge',
    unit: 'By',
    labels: {},
    about: 'With less free space uploads are refused (MIN_FREE_BYTES).',
  },
  clockOffset: {
    name: 'safelight.clock.offset',
    kind: 'gauge',
    unit: 's',
    labels: { part: PARTS },
    about:
      "How far this machine's clock is ahead of a store's (negative: behind), by the time of its last answer: 0 if the answer allows it. Of DynamoDB or PostgreSQL (`records`) and S3 (`objects`); SQLite and a disk have the clock of their machine.",
  },
  databaseConnections: {
    name: 'safelight.database.connections',
    kind: 'gauge',
    unit: '{connection}',
    labels: { state: ['idle', 'used'] },
    about: 'Open connections of the process to PostgreSQL, of DATABASE_CONNECTIONS at most. With DATABASE_URL only.',
  },
  databaseWaiting: {
    name: 'safelight.database.waiting',
    kind: 'gauge',
    unit: '{call}',
    labels: {},
    about: 'Calls of the process that wait for a connection to PostgreSQL now. With DATABASE_URL only.',
  },
  build: {
    name: 'safelight.build',
    kind: 'gauge',
    unit: '1',
    labels: { version: 'version', node: 'version' },
    about: 'Always 1. `version` is that of the service, `node` that of Node.',
  },
  faults: {
    name: 'safelight.faults',
    kind: 'counter',
    unit: '{fault}',
    labels: {
      fault: [
        'request-failed',
        'job-lapsed',
        'receiving-failed',
        'unknown-job',
        'sweep-failed',
        'walk-failed',
        'measuring-failed',
        'command-failed',
        'sweep-postponed',
        'objects-without-records',
        'original-missing',
        'object-replaced',
        'unreadable-record',
        'working-copy-lost',
        'working-copy-postponed',
        'rate-store-away',
        'part-degraded',
        'part-failing',
        'disk-space-low',
        'rescan-postponed',
        'filters-postponed',
        'facts-skipped',
        'facts-postponed',
        'gate-failed',
        'webhook-failing',
        'webhook-paused',
        'webhook-skipped',
        'delivering-failed',
      ],
    },
    isFault: true,
    about:
      'Events that the log has as a warning or an error, by their name there. Without `upload-rejected`, `image-refused`, `gate-refused`, `job-failed` and `decoder-died`, which other metrics count, and without `gate-dropped` and `origin-not-listed`, which are no faults.',
  },
  droppedSpans: {
    name: 'safelight.telemetry.dropped_spans',
    kind: 'counter',
    unit: '{span}',
    labels: {},
    isFault: true,
    about: 'Spans that were lost, because their receiver is away or slow.',
  },
} as const satisfies Record<string, Metric>;

export type MetricId = keyof typeof METRICS;

/** A value for one metric: added to a counter, recorded in a histogram, or set as the value of a gauge. */
export interface Measure {
  readonly metric: MetricId;
  readonly value: number;
  readonly labels: { readonly [label: string]: string };
}
