/** What Prometheus read, in the notation of promtool: each minute a value. The fault begins after 30 minutes. */
export type SeriesByName = Readonly<Record<string, string>>;

export const FAULT_AT = 30;
export const LAST_MINUTE = 100;

const grows = (before: number, after = before): string => `0+${before}x30 ${before * 31}+${after}x70`;
const stays = (before: number | string, after = before): string => `${before}x30 ${after}x70`;
const ends = (value: number): string => `${value}x30 stale _x70`;

const INSTANCE = 'job="safelight", instance="one:9464"';
const requests = (status: string, call = 'GET /images'): string => {
  const [method = '', route = ''] = call.split(' ');
  return `http_server_request_duration_count{${INSTANCE}, http_request_method="${method}", http_route="${route}", http_response_status_code="${status}"}`;
};
const calls = (call: string, outcome: string): string => `part="objects", call="${call}", outcome="${outcome}"`;
const gets = (outcome: string): string => `safelight_call_duration_count{${INSTANCE}, ${calls('get', outcome)}}`;
const uploads = (state: string): string => `safelight_uploads_total{${INSTANCE}, state="${state}"}`;
const dueAge = (lane: string): string => `safelight_due_age{${INSTANCE}, lane="${lane}"}`;
const confinement = (level: string): string => `safelight_decoder_confinement{${INSTANCE}, level="${level}"}`;
const deaths = (reason: string): string => `safelight_decoder_deaths_total{${INSTANCE}, reason="${reason}"}`;
const limited = (limit: string): string => `safelight_limits_total{${INSTANCE}, limit="${limit}"}`;
const failingAge = `safelight_webhooks_failing_age{${INSTANCE}}`;
const clockOffset = (part: string): string => `safelight_clock_offset{${INSTANCE}, part="${part}"}`;
const databaseWaiting = `safelight_database_waiting{${INSTANCE}}`;
const cpuTime = `process_cpu_time_total{${INSTANCE}}`;
const fault = (name: string): string => `safelight_faults_total{${INSTANCE}, fault="${name}"}`;

/** 60 values a minute: up to `quick` seconds before the fault, and between `quick` and `slow` from then on. */
const histogram = (name: string, labels: string, [quick, slow]: readonly [number, number]): SeriesByName => {
  const bucket = (le: string): string => `${name}_bucket{${INSTANCE}, ${labels}, le="${le}"}`;
  return {
    [bucket(`${quick}`)]: grows(60, 0),
    [bucket(`${slow}`)]: grows(60),
    [bucket('+Inf')]: grows(60),
    [`${name}_count{${INSTANCE}, ${labels}}`]: grows(60),
  };
};

const quick = (series: SeriesByName): SeriesByName =>
  Object.fromEntries(Object.keys(series).map((name) => [name, grows(60)]));

const RENDITION = 'GET /images/{id}/renditions/{preset}';
const GRANTS = 'http_request_method="POST", http_route="/uploads", http_response_status_code="201"';
const slowGrants = histogram('http_server_request_duration', GRANTS, [0.5, 5]);
const slowRenditions = histogram('safelight_rendition_duration', 'source="made"', [2.5, 30]);
const slowUploads = histogram('safelight_upload_duration', 'phase="arrived-held"', [30, 300]);

const slowStore = histogram('safelight_call_duration', calls('head', 'done'), [1, 5]);

const ofReads = (name: string, le = ''): string =>
  `safelight_call_duration_${name}{${INSTANCE}, ${calls('getRange', 'done')}${le && `, le="${le}"`}}`;

const everyOther = (from: number, count: number): string =>
  Array.from({ length: count }, (_, minute) => from + Math.floor(minute / 2)).join(' ');

/** A call in two minutes: one of 3 s at minute 15, and all of 3 s from `FAULT_AT` on. */
export const ONE_SLOW_THEN_ALL: SeriesByName = {
  [ofReads('bucket', '1')]: `${everyOther(0, 16)} ${everyOther(7, 16)} 14x70`,
  [ofReads('bucket', '5')]: everyOther(0, 101),
  [ofReads('bucket', '+Inf')]: everyOther(0, 101),
  [ofReads('count')]: everyOther(0, 101),
};

/** The series of a job that isn't ours: of another environment, or of a program with metrics of the same names. */
export const elsewhere = (series: SeriesByName): SeriesByName =>
  Object.fromEntries(
    Object.entries(series).map(([name, values]) => [
      name.replace(INSTANCE, 'job="shop", instance="shop:9464"'),
      values,
    ]),
  );

/** A service with some traffic, and with as many faults as are expected. */
export const WELL: SeriesByName = {
  [`up{${INSTANCE}}`]: stays(1),
  [`safelight_build{${INSTANCE}, version="0.1.0", node="24.0.0"}`]: stays(1),
  [requests('200')]: grows(1_000),
  [requests('404')]: grows(500),
  [requests('503')]: grows(20),
  [requests('429')]: grows(1_500),
  [requests('200', RENDITION)]: grows(60),
  [requests('500', RENDITION)]: grows(1),
  [requests('200', 'POST /images')]: grows(60),
  [requests('500', 'POST /images')]: grows(1),
  [limited('load')]: grows(10),
  [limited('quota')]: grows(400),
  ...quick(slowGrants),
  ...quick(slowRenditions),
  ...quick(slowUploads),
  ...quick(slowStore),
  ...quick(histogram('safelight_call_duration', calls('copy', 'done'), [2.5, 10])), // of large originals
  ...histogram('safelight_call_duration', calls('stage', 'done'), [30, 300]), // clients send slowly
  ...histogram('safelight_upload_duration', 'phase="held-decided"', [30, 300]), // people take their time
  [uploads('granted')]: grows(20),
  [uploads('arrived')]: grows(10),
  [uploads('ready')]: grows(8),
  [uploads('rejected')]: grows(1),
  [dueAge('recovery')]: stays(60),
  [dueAge('renditions')]: stays(60),
  [dueAge('removal')]: stays(900),
  [`safelight_events_outbox_age{${INSTANCE}}`]: stays(2),
  [`safelight_webhooks_paused{${INSTANCE}, reason="gone"}`]: stays(0),
  [failingAge]: stays(900), // an update of the receiver
  [fault('webhook-skipped')]: stays(0),
  [gets('done')]: grows(1_000),
  [gets('failed')]: grows(20),
  [`safelight_disk_free{${INSTANCE}}`]: stays(50e9),
  [`safelight_disk_reserve{${INSTANCE}}`]: stays(1e9),
  [`safelight_dead_letters{${INSTANCE}}`]: stays(0),
  [`safelight_backup_age{${INSTANCE}}`]: stays(100_000),
  [databaseWaiting]: stays(0),
  [clockOffset('records')]: stays(-2),
  [clockOffset('objects')]: stays(25),
  [confinement('landlock')]: stays(1),
  [confinement('unconfined')]: stays(0),
  [deaths('memory')]: '0x30 1x70',
  [fault('object-replaced')]: stays(0),
  [fault('job-lapsed')]: '0x30 1x70',
  [fault('sweep-failed')]: '0 7x99', // an outage that has ended
  [cpuTime]: '0+9x32 0+9x68', // a restart
  [`nodejs_eventloop_delay_max{${INSTANCE}}`]: stays(0.02),
  [`safelight_telemetry_dropped_spans_total{${INSTANCE}}`]: stays(0),
};

/** What is different with a fault, by the alert that it causes. */
export const FAULTS: Readonly<Record<string, SeriesByName>> = {
  SafelightDown: { [`up{${INSTANCE}}`]: stays(1, 0) },
  SafelightAbsent: { [`safelight_build{${INSTANCE}, version="0.1.0", node="24.0.0"}`]: ends(1) },
  // Of more than 3,000 requests a minute, half of them refused.
  SafelightErrors: { [requests('200', RENDITION)]: grows(60, 0), [requests('500', RENDITION)]: grows(1, 3) },
  SafelightSlowGrants: slowGrants,
  SafelightSlowRenditions: slowRenditions,
  SafelightUploadsPending: { [uploads('ready')]: grows(8, 0) },
  SafelightUploadsSlow: slowUploads,
  SafelightOverloaded: { [limited('load')]: grows(10, 100) },
  SafelightRecoveryLate: { [dueAge('recovery')]: stays(60, 700) },
  SafelightWorkLate: { [dueAge('removal')]: stays(900, 4_000) },
  SafelightNotSwept: {
    [dueAge('recovery')]: ends(60),
    [dueAge('renditions')]: ends(60),
    [dueAge('removal')]: ends(900),
  },
  SafelightWorkFails: { [fault('receiving-failed')]: '0x30 1+12x70' },
  SafelightWorkPostponed: { [fault('sweep-postponed')]: '0x30 1+0.2x70' },
  SafelightWebhookFails: { [failingAge]: stays(900, 1_900) },
  SafelightPartSlow: slowStore,
  SafelightClockOff: { [clockOffset('records')]: stays(-2, -60) },
  SafelightRestarts: { [cpuTime]: `0+9x30 ${'0+9x4 '.repeat(14).trim()}` },
  SafelightEventsLate: { [`safelight_events_outbox_age{${INSTANCE}}`]: stays(2, 400) },
  SafelightWebhookLate: { [`safelight_webhooks_paused{${INSTANCE}, reason="gone"}`]: stays(0, 1) },
  SafelightPartFailing: { [gets('failed')]: grows(20, 150) },
  SafelightDatabaseBusy: { [databaseWaiting]: stays(0, 3) },
  SafelightDiskLow: { [`safelight_disk_free{${INSTANCE}}`]: stays(50e9, 2.5e9) },
  SafelightDeadLetters: { [`safelight_dead_letters{${INSTANCE}}`]: stays(0, 2) },
  SafelightBackupOld: { [`safelight_backup_age{${INSTANCE}}`]: stays(100_000, 130_000) },
  SafelightUnconfined: { [confinement('landlock')]: stays(1, 0), [confinement('unconfined')]: stays(0, 1) },
  SafelightDecoderDeaths: { [deaths('memory')]: grows(0, 1) },
  SafelightDataFault: { [fault('object-replaced')]: grows(0, 1) },
  SafelightEventLoopSlow: { [`nodejs_eventloop_delay_max{${INSTANCE}}`]: stays(0.02, 0.8) },
  SafelightSpansDropped: { [`safelight_telemetry_dropped_spans_total{${INSTANCE}}`]: grows(0, 10) },
};
