import type { Observer, ServiceEvent } from '../observer/observer.ts';
import { withoutCredentials } from './credentials.ts';
import { withoutSecrets } from './logged-error.ts';
import type { Logger } from './logger.ts';
import { logRequest } from './request-line.ts';

interface Line {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/**
 * The log level of each event. The normal course of an upload, a job or a sweep is `debug`: by default the log grows with requests
 * (`request-line.ts`), with the four ends and beginnings of uploads, by which one can be followed over processes, and with events that may
 * need an operator. `silent` events are for metrics.
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
  'image-purged': { level: 'debug', message: 'an image was deleted from the trash' },
  'image-deleted': { level: 'debug', message: 'an image was deleted' },
  'gate-passed': { level: 'debug', message: 'a gate passed an image' },
  'gate-refused': { level: 'warn', message: 'a gate refused an image' },
  'rescan-asked': { level: 'info', message: 'a re-scan was asked for' },
  'rescan-done': { level: 'info', message: 'a re-scan is done' },
  'rescan-postponed': { level: 'warn', message: 'a re-scan goes on later' },
  'gate-dropped': { level: 'warn', message: 'images no longer wait for a gate that was dropped' },
  'gate-failed': { level: 'error', message: 'a gate gave no verdict' },
  'webhook-attempted': { level: 'debug', message: 'a delivery to a webhook was attempted' },
  'webhook-paused': { level: 'warn', message: 'a webhook is paused: resume it once its receiver answers' },
  'webhook-skipped': { level: 'warn', message: 'a webhook never gets events that the log has forgotten' },
  'delivering-failed': { level: 'error', message: 'delivering to webhooks failed; it goes on in some seconds' },
  'renditions-made': { level: 'debug', message: 'renditions were made' },
  'working-copy-lost': { level: 'warn', message: 'a working copy is lost; it is made again when it is needed' },
  'working-copy-postponed': { level: 'warn', message: 'storing a working copy failed; it is made when it is needed' },
  'job-done': { level: 'debug', message: 'a job is done' },
  'job-failed': { level: 'warn', message: 'a job failed' },
  'job-lapsed': { level: 'error', message: 'the lease of a job ended; the job will be redelivered' },
  'unknown-job': { level: 'warn', message: 'a job of another version stays in the queue' },
  'receiving-failed': { level: 'error', message: 'receiving jobs failed' },
  'sweep-done': { level: 'debug', message: 'a round of the sweep is done' },
  'sweep-failed': { level: 'error', message: 'the sweep failed' },
  'command-failed': { level: 'error', message: "what an operator's command asked for failed" },
  'walk-failed': { level: 'error', message: 'the walk through all objects failed' },
  'measuring-failed': { level: 'error', message: 'measuring the service failed' },
  'sweep-postponed': { level: 'error', message: 'sweeping an image failed; a later sweep retries it' },
  'orphans-removed': { level: 'info', message: 'objects that no record refers to were removed' },
  'objects-without-records': {
    level: 'warn',
    message: 'most images of a part of the bucket have no record: none of their objects is removed',
  },
  'origin-not-listed': {
    level: 'warn',
    message: "a page's requests are refused: if its origin is yours, add it to CORS_ORIGINS",
  },
  audit: { level: 'info', message: 'a service or an admin acted' },
  'request-failed': { level: 'error', message: 'request failed' },
  'place-wait': 'silent',
  'decoder-done': 'silent',
  'decoder-died': { level: 'warn', message: 'a decoder died' },
  'rendition-found': 'silent',
  'due-measured': 'silent',
  'outbox-measured': 'silent',
  'webhooks-measured': 'silent',
  'dead-letters-measured': 'silent',
  'backup-measured': 'silent',
  'usage-measured': 'silent',
  'store-call': 'silent',
  'rate-store-away': { level: 'warn', message: 'the store of rate limits is away: this process counts for itself' },
  'rate-store-back': { level: 'info', message: 'the store of rate limits is back' },
  'part-degraded': { level: 'warn', message: 'calls to a part fail: /readyz says degraded' },
  'part-failing': { level: 'error', message: 'all writes to a part fail: /readyz says 503' },
  'disk-space-low': { level: 'error', message: 'the disk is nearly full: uploads and links are refused' },
  'disk-space-back': { level: 'info', message: 'the disk has space for uploads again' },
  'original-missing': { level: 'error', message: 'the store has lost an original: bring it back from a backup' },
  'object-replaced': { level: 'error', message: 'an original has been replaced in the store: it is not served' },
  'unreadable-record': { level: 'error', message: "a record can't be read: lists and the sweeper leave it out" },
} as const satisfies Record<Exclude<ServiceEvent['event'], 'warning' | 'request-done'>, Line | 'silent'>;

/**
 * Writes each event as one line: its name in `event`, an error in `err`, other fields in snake_case. A warning is its sentence alone, and a
 * request has its own form.
 */
export const logEvents =
  (logger: Logger): Observer =>
  (event) => {
    if (event.event === 'warning') {
      logger.warn(withoutSecrets(event.sentence));
      return;
    }
    if (event.event === 'request-done') {
      logRequest(logger, event);
      return;
    }
    const line = LINES[event.event];
    if (line === 'silent' || !logger.isLevelEnabled(line.level)) return;
    // A client may send a credential as the name of a user.
    const fields = Object.entries(event).map(([name, value]) => [
      fieldOf(name),
      typeof value === 'string' ? withoutCredentials(value) : value,
    ]);
    logger[line.level](Object.fromEntries(fields), line.message);
  };

const fieldOf = (name: string): string =>
  name === 'error' ? 'err' : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
