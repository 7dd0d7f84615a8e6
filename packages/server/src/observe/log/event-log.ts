import type { Observer, RequestDone, ServiceEvent } from '../observer/observer.ts';
import { causeOf, classOf, sentencesOf } from './cause-of.ts';
import { withoutCredentials } from './credentials.ts';
import { withoutFilenames } from './filenames.ts';
import { withoutSecrets } from './logged-error.ts';
import type { Logger } from './logger.ts';
import { type Count, createRepeatedCauses } from './repeated-causes.ts';
import { logRequest } from './request-line.ts';

/** The others have forms of their own. */
type LoggedEvent = Exclude<ServiceEvent, { readonly event: 'warning' | 'request-done' }>;

interface Line<Field extends string = string> {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  /**
   * It repeats while something is away: the fields that tell its causes apart, beside its error. Absent: each one is
   * written.
   */
  readonly by?: readonly Field[];
  /** It is about the data of one image: never counted with another's. */
  readonly isOfData?: boolean;
}

type LineOf<Event> = Line<keyof Event & string>;

/**
 * The log level of each event. The normal course of an upload, a job or a sweep is `debug`: by default the log grows
 * with requests (`request-line.ts`), with the four ends and beginnings of uploads, by which one can be followed over
 * processes, and with events that may need an operator. `silent` events are for metrics.
 */
const LINES = {
  'upload-granted': { level: 'info', message: 'an upload was granted' },
  'upload-arrived': { level: 'debug', message: 'the bytes of an upload are here' },
  'upload-ready': { level: 'info', message: 'an image is ready' },
  'upload-held': { level: 'debug', message: 'an image waits for a gate' },
  'upload-rejected': { level: 'warn', message: 'an upload was rejected' },
  'upload-expired': { level: 'info', message: 'an upload expired' },
  'image-held': { level: 'info', message: 'an image that was served waits for a gate' },
  'image-released': { level: 'info', message: 'an image that a gate looked at again is what it was' },
  'image-refused': { level: 'warn', message: 'a gate refused an image that was served' },
  'image-trashed': { level: 'debug', message: 'an image was moved to the trash' },
  'image-restored': { level: 'debug', message: 'an image was restored from the trash' },
  'image-replaced': { level: 'debug', message: 'the bytes of an image were replaced' },
  'image-purged': { level: 'debug', message: 'an image was deleted from the trash' },
  'image-deleted': { level: 'debug', message: 'an image was deleted' },
  'gate-passed': { level: 'debug', message: 'a gate passed an image' },
  'gate-refused': { level: 'warn', message: 'a gate refused an image' },
  'rescan-asked': { level: 'info', message: 'a re-scan was asked for' },
  'rescan-done': { level: 'info', message: 'a re-scan is done' },
  'rescan-postponed': { level: 'warn', message: 'a re-scan continues later', by: ['gate'] },
  'filters-asked': {
    level: 'info',
    message: 'METADATA_FILTERS changed: workers write the rows of all images, and lists by new names wait for them',
  },
  'filters-filled': { level: 'info', message: 'all images have the rows of METADATA_FILTERS' },
  'facts-filled': { level: 'info', message: 'the facts of all images were read' },
  'facts-skipped': { level: 'warn', message: 'the facts of an image could not be read' },
  'facts-postponed': { level: 'warn', message: 'reading the facts of images continues later', by: [] },
  'filters-postponed': { level: 'warn', message: 'writing the rows of METADATA_FILTERS continues later', by: [] },
  'gate-dropped': { level: 'warn', message: 'images no longer wait for a gate that was dropped' },
  'gate-failed': { level: 'error', message: 'a gate gave no verdict', by: ['gate'] },
  'webhook-attempted': { level: 'debug', message: 'a delivery to a webhook was attempted' },
  'webhook-failing': { level: 'warn', message: 'every attempt at a webhook has failed for half an hour or longer' },
  'webhook-paused': {
    level: 'warn',
    message: 'a webhook is paused: resume it once its receiver answers',
    by: ['webhookId'],
  },
  'webhook-skipped': {
    level: 'warn',
    message: 'a webhook never gets events that the log has forgotten',
    by: ['webhookId'],
  },
  'delivering-failed': {
    level: 'error',
    message: 'delivering to webhooks failed; it continues in some seconds',
    by: [],
  },
  'renditions-made': { level: 'debug', message: 'renditions were made' },
  'working-copy-lost': { level: 'warn', message: 'a working copy is lost; it is made again when it is needed', by: [] },
  'working-copy-postponed': {
    level: 'warn',
    message: 'storing a working copy failed; it is made when it is needed',
    by: [],
  },
  'job-done': { level: 'debug', message: 'a job is done' },
  'job-failed': { level: 'warn', message: 'a job failed', by: ['job'] },
  'job-lapsed': { level: 'error', message: 'the lease of a job ended; the job will be redelivered', by: ['job'] },
  'unknown-job': { level: 'warn', message: 'a job of another version stays in the queue', by: ['kind'] },
  'receiving-failed': { level: 'error', message: 'receiving jobs failed', by: [] },
  'sweep-done': { level: 'debug', message: 'a round of the sweep is done' },
  'sweep-failed': { level: 'error', message: 'the sweep failed', by: [] },
  'command-failed': { level: 'error', message: "what an operator's command asked for failed", by: [] },
  'walk-failed': { level: 'error', message: 'the walk through all objects failed', by: [] },
  'measuring-failed': { level: 'error', message: 'measuring the service failed', by: [] },
  'sweep-postponed': { level: 'error', message: 'sweeping an image failed; a later sweep retries it', by: [] },
  'orphans-removed': { level: 'info', message: 'objects that no record refers to were removed' },
  'objects-without-records': {
    level: 'warn',
    message: 'most images of a part of the bucket have no record: none of their objects is removed',
    by: [],
  },
  'origin-not-listed': {
    level: 'warn',
    message: "a page's requests are refused: if its origin is yours, add it to CORS_ORIGINS",
  },
  audit: { level: 'info', message: 'a service or an admin acted' },
  'request-failed': { level: 'error', message: 'request failed', by: [] },
  'place-wait': 'silent',
  'decoder-done': 'silent',
  'decoder-died': { level: 'warn', message: 'a decoder died', by: ['reason'] },
  'rendition-found': 'silent',
  'due-measured': 'silent',
  'outbox-measured': 'silent',
  'webhooks-measured': 'silent',
  'dead-letters-measured': 'silent',
  'backup-measured': 'silent',
  'usage-measured': 'silent',
  'store-call': 'silent',
  'rate-store-away': {
    level: 'warn',
    message: 'the store of rate limits is away: this process counts for itself',
    by: ['reason'],
  },
  'rate-store-back': { level: 'info', message: 'the store of rate limits is back' },
  'part-degraded': { level: 'warn', message: 'calls to a part fail: /readyz says degraded', by: ['part', 'reason'] },
  'part-failing': { level: 'error', message: 'all writes to a part fail: /readyz names it', by: ['part', 'reason'] },
  'migration-begun': {
    level: 'info',
    message: 'a step of the database begins; the service answers after the last one',
  },
  'migration-running': { level: 'info', message: 'a step of the database is running' },
  'migration-done': { level: 'info', message: 'a step of the database is done' },
  'disk-space-low': { level: 'error', message: 'the disk is nearly full: uploads and links are refused', by: [] },
  'disk-space-back': { level: 'info', message: 'the disk has space for uploads again' },
  'original-missing': {
    level: 'error',
    message: 'the store has lost an original: bring it back from a backup',
    by: ['imageId'],
    isOfData: true,
  },
  'object-replaced': {
    level: 'error',
    message: 'an original has been replaced in the store: it is not served',
    by: ['imageId'],
    isOfData: true,
  },
  'unreadable-record': {
    level: 'error',
    message: "a record can't be read: lists and the sweeper leave it out",
    by: ['imageId', 'reason'],
    isOfData: true,
  },
} as const satisfies {
  readonly [Name in LoggedEvent['event']]: LineOf<Extract<LoggedEvent, { event: Name }>> | 'silent';
};

export interface EventLog {
  readonly listener: Observer;
  /** Writes the counts of repeated causes: before the process ends, or may be frozen. */
  flush(): void;
}

/**
 * Writes each event as one line: its name in `event`, an error in `err`, other fields in snake_case. A warning is its
 * sentence alone, and a request has its own form. A cause that repeats is written once with all there is, then once a
 * minute with `repeated`: how often it was met since the line before, and with some ids. At the level `debug` each
 * occurrence is written, with the ids of its image and request.
 */
export function logEvents(logger: Logger): EventLog {
  const causes = createRepeatedCauses();
  const isEachWritten = logger.isLevelEnabled('debug');
  const isEachRequestWritten = logger.isLevelEnabled('info');

  const write = (event: LoggedEvent, line: Line): void =>
    logger[line.level](fieldsOf(Object.entries(event)), line.message);

  const listener = (event: ServiceEvent): void => {
    if (event.event === 'warning') {
      warn(event.sentence);
      return;
    }
    if (event.event === 'request-done') {
      if (isEachRequestWritten || isFirstRequest(event)) logRequest(logger, event);
      return;
    }
    const line: Line | 'silent' = LINES[event.event];
    if (line === 'silent' || !logger.isLevelEnabled(line.level)) return;
    if (isEachWritten || !line.by || isFirst(event, line)) write(event, line);
  };

  function isFirst(event: LoggedEvent, { level, message, by = [], isOfData = isOfRecord(event) }: Line): boolean {
    const error = 'error' in event ? event.error : undefined;
    const id = idOf(event);
    const own = Object.entries(event).filter(([name]) => name === 'event' || by.some((one) => one === name));
    const key = [
      ...own.map(([name, value]) => (name === 'reason' ? classOf(nameOf(value)) : nameOf(value))),
      causeOf(error),
      isOfData ? id : '',
    ].join('\n');
    const cause = error === undefined ? undefined : sentencesOf(error);
    return causes.isFirst({
      key,
      group: isOfData ? null : event.event,
      id,
      tell({ repeated, isMixed, ids }) {
        const told = {
          ...fieldsOf(own.map(([name, value]) => [name, nameOf(value)])),
          ...(cause !== undefined && { cause: `${isMixed ? SEVERAL : ''}${withoutSecrets(cause)}` }),
          ...(ids.length > 0 && { image_ids: ids }),
        };
        logger[level]({ ...told, repeated }, message);
      },
    });
  }

  /** Answers of 5xx, of which a level above info has lines. */
  function isFirstRequest({ method, route, operation, status, code, imageId }: RequestDone): boolean {
    if (status < 500) return true;
    const told = { method, route: route ?? undefined, operation: operation ?? undefined, status, code };
    const tell = ({ repeated, isMixed, ids }: Count): void =>
      logger.error(
        { ...(isMixed ? { cause: `${SEVERAL}${status}` } : told), ...(ids.length > 0 && { image_ids: ids }), repeated },
        'request',
      );
    return causes.isFirst({ key: Object.values(told).join('\n'), group: 'request-done', id: imageId, tell });
  }

  function warn(sentence: string): void {
    const tell = ({ repeated, isMixed }: Count): void =>
      logger.warn({ repeated }, `${isMixed ? SEVERAL : ''}${withoutSecrets(sentence)}`);
    if (isEachWritten || causes.isFirst({ key: classOf(sentence), group: 'warning', tell }))
      logger.warn(withoutSecrets(sentence));
  }

  return { listener, flush: causes.flush };
}

/** Before an example of causes that were counted together. */
const SEVERAL = 'several, as: ';

/** The sweeper met a record that can't be read. */
function isOfRecord(event: LoggedEvent): boolean {
  if (event.event !== 'sweep-postponed' || !(event.error instanceof Error)) return false;
  const { error } = event;
  return (
    ('code' in error && error.code === 'internal') || ('isOfNewerVersion' in error && error.isOfNewerVersion === true)
  );
}

function idOf(event: LoggedEvent): string | undefined {
  if ('imageId' in event) return event.imageId;
  if ('subject' in event) return withoutFilenames(event.subject);
  return 'job' in event && 'imageId' in event.job ? event.job.imageId : undefined;
}

/** A client may send a credential as the name of a user. */
const fieldsOf = (entries: readonly (readonly [name: string, value: unknown])[]): object =>
  Object.fromEntries(
    entries.map(([name, value]) => [
      fieldOf(name),
      typeof value === 'string' ? withoutFilenames(withoutCredentials(value)) : value,
    ]),
  );

/** A job by its kind. */
const nameOf = (value: unknown): string =>
  typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : String(value);

const fieldOf = (name: string): string =>
  name === 'error' ? 'err' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
