import { OFF_SECONDS } from '../../packages/server/src/observe/health/clock-offsets.ts';
import { type Choice, inGroups, OUR_JOBS, type Queries, queries, routesOf } from './queries.ts';

export interface Alert {
  readonly name: string;
  /** `page`: users feel it now. `ticket`: within a day, before they do. */
  readonly severity: 'page' | 'ticket';
  /** The window of the query, at most an hour. */
  readonly windowMinutes: number;
  readonly forMinutes: number;
  readonly query: (ask: Queries) => string;
  /** A template of Prometheus. */
  readonly summary: string;
}

const OURS = `job=~"${OUR_JOBS}"`;
const SERVER_ERRORS = { 'http.response.status_code': ['5..'] } as const;
const REFUSED = { 'http.response.status_code': '429' } as const;
/** All other requests are of the group `records`. One that fails all the time must not hide behind busier ones. */
const GROUPS = {
  pictures: {
    methods: '.*',
    routes: [
      ...routesOf('readImage', 'readOriginal', 'downloadImage', 'readRendition', 'downloadRendition', 'renderImage'),
      ...routesOf('linkToRender', 'linkToRenders', 'openLink'),
      '/objects/{key}',
    ],
  },
  uploads: {
    methods: 'POST|PUT',
    routes: [
      ...routesOf('createUpload', 'grantUploads', 'uploadImage', 'upload', 'grantParts', 'completeUpload'),
      '/objects/{key}',
    ],
  },
} as const;
/** Calls whose time grows with the bytes of an image, and one that waits for the client. */
const WITH_BYTES = ['put', 'putFirst', 'copy', 'checkOut'] as const;
const OF_CLIENTS = 'stage';
/** Those that every service has. */
const SWEPT_LANES = ['recovery', 'renditions', 'removal'] as const;
const GRANTS = {
  'http.request.method': 'POST',
  'http.route': routesOf('createUpload', 'grantUploads'),
} as const;

/** docs/runbook.md has an entry for each. */
export const ALERTS: readonly Alert[] = [
  {
    name: 'SafelightDown',
    severity: 'page',
    windowMinutes: 0,
    forMinutes: 2,
    query: () => `up{${OURS}} == 0`,
    summary: '{{ $labels.instance }} does not answer Prometheus.',
  },
  {
    name: 'SafelightAbsent',
    severity: 'page',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `absent(${ask.series('build')})`,
    summary: 'Prometheus sees no process of Safelight.',
  },
  {
    name: 'SafelightRestarts',
    severity: 'ticket',
    windowMinutes: 30,
    forMinutes: 1,
    query: (ask) => `${ask.resets('cpuTime')} > 3`,
    summary: '{{ $labels.instance }} began anew {{ $value }} times within 30 minutes.',
  },
  {
    name: 'SafelightErrors',
    severity: 'page',
    windowMinutes: 5,
    forMinutes: 5,
    query: (ask) => {
      const by = ['http.request.method', 'http.route'] as const;
      const errors = { of: SERVER_ERRORS, by } as const;
      return (
        `${inGroups(GROUPS, ask.rate('requestDuration', errors))} / ` +
        `${inGroups(GROUPS, ask.rate('requestDuration', { not: REFUSED, by }))} > 0.02 and ` +
        `${inGroups(GROUPS, ask.increase('requestDuration', errors))} >= 5`
      );
    },
    summary:
      '{{ $value | humanizePercentage }} of the requests for {{ $labels.requests }} are answered with a 5xx; expected at most 2 %.',
  },
  {
    name: 'SafelightSlowGrants',
    severity: 'page',
    windowMinutes: 5,
    forMinutes: 10,
    query: (ask) =>
      `${ask.quantile(0.95, 'requestDuration', { of: GRANTS })} > 1 and ` +
      `${ask.increase('requestDuration', { of: GRANTS })} >= 5`,
    summary: 'One grant in twenty takes more than {{ $value | humanizeDuration }}; expected less than 1 s.',
  },
  {
    name: 'SafelightSlowRenditions',
    severity: 'page',
    windowMinutes: 5,
    forMinutes: 10,
    query: (ask) =>
      `${ask.quantile(0.95, 'renditionDuration', { of: { source: 'made' } })} > 5 and ` +
      `${ask.increase('renditionDuration', { of: { source: 'made' } })} >= 5`,
    summary: 'One first rendition in twenty takes more than {{ $value | humanizeDuration }}; expected less than 5 s.',
  },
  {
    name: 'SafelightUploadsPending',
    severity: 'page',
    windowMinutes: 15,
    forMinutes: 5,
    query: (ask) => {
      const arrived = ask.increase('uploads', { of: { state: 'arrived' } });
      const decided = ask.increase('uploads', { of: { state: ['ready', 'held', 'rejected'] } });
      return `(${decided} or vector(0)) < 0.5 * ${arrived} and ${arrived} >= 5`;
    },
    summary: 'Fewer than half of the uploads whose bytes arrived became ready, held or rejected.',
  },
  {
    name: 'SafelightUploadsSlow',
    severity: 'ticket',
    windowMinutes: 5,
    forMinutes: 10,
    query: (ask) => {
      const ours = { phase: ['arrived-ready', 'arrived-held'] } as const; // people may take as long as they want
      return `${ask.quantile(0.95, 'uploadDuration', { of: ours })} > 60`;
    },
    summary:
      'One upload in twenty is verified only {{ $value | humanizeDuration }} after its bytes arrived; expected 60 s.',
  },
  {
    name: 'SafelightOverloaded',
    severity: 'ticket',
    windowMinutes: 5,
    forMinutes: 10,
    query: (ask) => {
      const refused = { of: { limit: 'load' } } as const;
      return (
        `${ask.rate('limits', refused)} / ${ask.rate('requestDuration')} > 0.02 and ` +
        `${ask.increase('limits', refused)} >= 5`
      );
    },
    summary: '{{ $value | humanizePercentage }} of requests are refused because of load; expected at most 2 %.',
  },
  {
    name: 'SafelightRecoveryLate',
    severity: 'page',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `max(${ask.series('dueAge', { lane: 'recovery' })}) > 600`,
    summary: 'An interrupted upload has waited {{ $value | humanizeDuration }} for its recovery; expected 10 min.',
  },
  {
    name: 'SafelightWorkLate',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `max by (lane) (${ask.series('dueAge', { lane: ['renditions', 'screening', 'removal'] })}) > 3600`,
    summary:
      'The oldest due work of the lane {{ $labels.lane }} is {{ $value | humanizeDuration }} late; expected 1 h.',
  },
  {
    name: 'SafelightNotSwept',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 10,
    query: (ask) => SWEPT_LANES.map((lane) => `absent(${ask.series('dueAge', { lane })})`).join(' or '),
    summary: 'No process reports that it sweeps the lane {{ $labels.lane }}: what is due there stays as it is.',
  },
  {
    name: 'SafelightWorkFails',
    severity: 'ticket',
    windowMinutes: 3, // these repeat within a minute, and none is left soon after the end
    forMinutes: 12,
    query: (ask) => {
      const fault = ['sweep-failed', 'receiving-failed', 'measuring-failed', 'delivering-failed'] as const;
      return `${ask.increase('faults', { of: { fault }, by: ['fault'] })} > 0`;
    },
    summary: 'Background work has failed again and again for 12 minutes: {{ $labels.fault }}.',
  },
  {
    name: 'SafelightWorkPostponed',
    severity: 'ticket',
    windowMinutes: 20, // shorter than `for`: a fault that has ended is no longer in it
    forMinutes: 45,
    query: (ask) => {
      const fault = ['sweep-postponed', 'walk-failed'] as const;
      return `${ask.increase('faults', { of: { fault }, by: ['fault'] })} > 0`;
    },
    summary: 'Work that is tried again later and later has failed for 45 minutes: {{ $labels.fault }}.',
  },
  {
    name: 'SafelightEventsLate',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `max(${ask.series('outboxAge')}) > 300`,
    summary: 'Events become readable only {{ $value | humanizeDuration }} after their change; expected 5 s.',
  },
  {
    name: 'SafelightWebhookLate',
    severity: 'ticket',
    windowMinutes: 15,
    forMinutes: 1,
    query: (ask) =>
      `max by (reason) (${ask.series('webhooksPaused')}) > 0 or ` +
      ask.any('faults', { of: { fault: 'webhook-skipped' }, by: ['fault'] }),
    summary: 'A webhook gets nothing, or has missed events: {{ $labels.reason }}{{ $labels.fault }}.',
  },
  {
    name: 'SafelightWebhookFails',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 1,
    query: (ask) => `max(${ask.series('webhooksFailingAge')}) > 1800`,
    summary: 'Every attempt at a webhook has failed for {{ $value | humanizeDuration }}.',
  },
  {
    name: 'SafelightPartSlow',
    severity: 'ticket',
    windowMinutes: 5,
    forMinutes: 8, // longer than a single slow call stays in the window
    query: (ask) => {
      const by = ['part', 'call'] as const;
      const slow = (share: number, choice: Choice<'calls'>, seconds: number): string =>
        `${ask.quantile(share, 'calls', { ...choice, by })} > ${seconds}`;
      const short = slow(0.9, { not: { part: 'gates', call: [...WITH_BYTES, OF_CLIENTS] } }, 1);
      const long = slow(0.5, { of: { call: WITH_BYTES } }, 2.5); // a few large images are no fault
      const ofGates = slow(0.9, { of: { part: 'gates' } }, 5);
      return `(${short} or ${long} or ${ofGates}) and ${ask.increase('calls', { by })} >= 2`;
    },
    summary: 'Calls {{ $labels.call }} to {{ $labels.part }} take {{ $value | humanizeDuration }}.',
  },
  {
    name: 'SafelightPartFailing',
    severity: 'ticket',
    windowMinutes: 5,
    forMinutes: 5,
    query: (ask) => {
      const failed = { of: { outcome: 'failed' }, by: ['part', 'call'] } as const;
      return (
        `${ask.rate('calls', failed)} / ${ask.rate('calls', { by: ['part', 'call'] })} > 0.1 and ` +
        `${ask.increase('calls', failed)} >= 5`
      );
    },
    summary:
      '{{ $value | humanizePercentage }} of the calls {{ $labels.call }} to {{ $labels.part }} fail; expected at most 10 %.',
  },
  {
    name: 'SafelightDatabaseBusy',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 10, // a burst of requests is no fault
    query: (ask) => `${ask.series('databaseWaiting')} > 0`,
    summary: '{{ $value }} calls of {{ $labels.instance }} wait for a connection to PostgreSQL; expected none.',
  },
  {
    name: 'SafelightDiskLow',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 10,
    query: (ask) => `${ask.series('diskFree')} < 3 * ${ask.series('diskReserve')}`,
    summary:
      'The disk of {{ $labels.instance }} has {{ $value | humanize1024 }}B left; expected three times its reserve.',
  },
  {
    name: 'SafelightDeadLetters',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `max(${ask.series('deadLetters')}) > 0`,
    summary: '{{ $value }} jobs failed for good and wait for an operator.',
  },
  {
    name: 'SafelightBackupOld',
    severity: 'ticket',
    windowMinutes: 30, // a restart, also one in ten minutes, is no reason to begin to wait anew
    forMinutes: 10,
    query: (ask) => `max(${ask.lately('backupAge')}) > ${36 * 3_600}`,
    summary: 'No backup has ended for {{ $value | humanizeDuration }}; expected one each day.',
  },
  {
    name: 'SafelightClockOff',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `abs(${ask.series('clockOffset')}) >= ${OFF_SECONDS}`,
    summary: 'The clock of {{ $labels.instance }} is {{ $value | humanizeDuration }} from that of {{ $labels.part }}.',
  },
  {
    name: 'SafelightUnconfined',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 5,
    query: (ask) => `${ask.series('confinement', { level: 'unconfined' })} == 1`,
    summary: 'The decoders of {{ $labels.instance }} run without confinement.',
  },
  {
    name: 'SafelightDecoderDeaths',
    severity: 'ticket',
    windowMinutes: 15,
    forMinutes: 5,
    query: (ask) => `${ask.increase('decoderDeaths', { by: ['reason'] })} > 3`,
    summary:
      '{{ $value | humanize }} decoders died within 15 minutes by {{ $labels.reason }}; expected at most 3 of a reason.',
  },
  {
    name: 'SafelightDataFault',
    severity: 'ticket',
    windowMinutes: 15,
    forMinutes: 1,
    query: (ask) => {
      const fault = ['objects-without-records', 'original-missing', 'object-replaced', 'unreadable-record'] as const;
      return ask.any('faults', { of: { fault }, by: ['fault'] });
    },
    summary: 'Records and bytes disagree: {{ $labels.fault }}.',
  },
  {
    name: 'SafelightEventLoopSlow',
    severity: 'ticket',
    windowMinutes: 0,
    forMinutes: 10, // a pause now and then is no fault
    query: (ask) => `${ask.series('eventLoopDelay')} > 0.5`,
    summary:
      'The event loop of {{ $labels.instance }} is blocked for up to {{ $value | humanizeDuration }} at a time; expected 0.5 s.',
  },
  {
    name: 'SafelightSpansDropped',
    severity: 'ticket',
    windowMinutes: 15,
    forMinutes: 15,
    query: (ask) => `${ask.increase('droppedSpans')} > 0`,
    summary: 'The receiver of traces is away or slow: {{ $value | humanize }} spans were lost within 15 minutes.',
  },
];

/** How a number of minutes is written. */
export type Pace = (minutes: number) => string;

export const IN_MINUTES: Pace = (minutes) => `${minutes}m`;

export const queryOf = ({ windowMinutes, query }: Alert, pace: Pace = IN_MINUTES): string =>
  query(queries({ window: pace(windowMinutes), everywhere: OURS }));

/** A file of rules as Prometheus reads it. */
export const rulesAt = (pace: Pace, windows = pace) => ({
  groups: [
    {
      name: 'safelight',
      rules: ALERTS.map((alert) => ({
        alert: alert.name,
        expr: queryOf(alert, windows),
        for: pace(alert.forMinutes),
        labels: { severity: alert.severity },
        annotations: { summary: alert.summary, runbook_url: runbookOf(alert) },
      })),
    },
  ],
});

/** Below the repository: a heading of docs/runbook.md. */
export const runbookOf = ({ name }: Pick<Alert, 'name'>): string => `docs/runbook.md#${name.toLowerCase()}`;
