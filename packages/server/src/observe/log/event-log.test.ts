import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { RequestDone, ServiceEvent } from '../observer/observer.ts';
import { logEvents } from './event-log.ts';
import { loggedError } from './logged-error.ts';

const imageId = '0190a0a0-0000-7000-8000-000000000001' as ImageId;
const job = { kind: 'finalize', imageId } as const;
const error = new AppError('unavailable', 'away');
const err = { type: 'AppError', message: 'unavailable: away', code: 'unavailable' };

type Level = 'debug' | 'info' | 'warn' | 'error';
type Line = readonly [level: Level, message: string, fields: object];

/** An event of each name, and its log line. */
const ROWS: Readonly<Record<ServiceEvent['event'], readonly [event: ServiceEvent, line: Line | 'silent']>> = {
  'upload-granted': [{ event: 'upload-granted', imageId }, ['info', 'an upload was granted', { image_id: imageId }]],
  'upload-arrived': [
    { event: 'upload-arrived', imageId, form: 'presigned', sinceGrantMs: 7 },
    ['debug', 'the bytes of an upload are here', { image_id: imageId, form: 'presigned', since_grant_ms: 7 }],
  ],
  'upload-ready': [
    { event: 'upload-ready', imageId, form: 'direct', contentType: 'image/png', sizeBytes: 3 },
    ['info', 'an image is ready', { image_id: imageId, form: 'direct', content_type: 'image/png', size_bytes: 3 }],
  ],
  'upload-held': [
    { event: 'upload-held', imageId, form: 'direct', gate: 'clamd' },
    ['debug', 'an image waits for a gate', { image_id: imageId, form: 'direct', gate: 'clamd' }],
  ],
  'gate-passed': [
    { event: 'gate-passed', imageId, gate: 'clamd', by: 'gate' },
    ['debug', 'a gate passed an image', { image_id: imageId, gate: 'clamd', by: 'gate' }],
  ],
  'gate-refused': [
    { event: 'gate-refused', imageId, gate: 'clamd', by: 'gate', privateReason: 'Eicar-Test-Signature' },
    [
      'warn',
      'a gate refused an image',
      { image_id: imageId, gate: 'clamd', by: 'gate', private_reason: 'Eicar-Test-Signature' },
    ],
  ],
  'rescan-asked': [
    { event: 'rescan-asked', gate: 'clamd', before: new Date(0) },
    ['info', 'a re-scan was asked for', { gate: 'clamd', before: '1970-01-01T00:00:00.000Z' }],
  ],
  'rescan-done': [
    { event: 'rescan-done', gate: 'clamd', before: new Date(0), passed: 3, refused: 1, held: 0, failed: 0 },
    [
      'info',
      'a re-scan is done',
      { gate: 'clamd', before: '1970-01-01T00:00:00.000Z', passed: 3, refused: 1, held: 0, failed: 0 },
    ],
  ],
  'rescan-postponed': [
    { event: 'rescan-postponed', gate: 'clamd', error },
    ['warn', 'a re-scan continues later', { gate: 'clamd', err }],
  ],
  'filters-asked': [
    { event: 'filters-asked', names: ['order'] },
    [
      'info',
      'METADATA_FILTERS changed: workers write the rows of all images, and lists by new names wait for them',
      { names: ['order'] },
    ],
  ],
  'filters-filled': [
    { event: 'filters-filled', names: ['order'], images: 3, changed: 1 },
    ['info', 'all images have the rows of METADATA_FILTERS', { names: ['order'], images: 3, changed: 1 }],
  ],
  'filters-postponed': [
    { event: 'filters-postponed', error },
    ['warn', 'writing the rows of METADATA_FILTERS continues later', { err }],
  ],
  'facts-filled': [
    { event: 'facts-filled', images: 3, read: 2, skipped: 1 },
    ['info', 'the facts of all images were read', { images: 3, read: 2, skipped: 1 }],
  ],
  'facts-skipped': [
    { event: 'facts-skipped', imageId, error },
    ['warn', 'the facts of an image could not be read', { image_id: imageId, err }],
  ],
  'facts-postponed': [
    { event: 'facts-postponed', error },
    ['warn', 'reading the facts of images continues later', { err }],
  ],
  'gate-dropped': [
    { event: 'gate-dropped', gate: 'clamd', images: 7 },
    ['warn', 'images no longer wait for a gate that was dropped', { gate: 'clamd', images: 7 }],
  ],
  'gate-failed': [
    { event: 'gate-failed', imageId, gate: 'clamd', error },
    ['error', 'a gate gave no verdict', { image_id: imageId, gate: 'clamd', err }],
  ],
  'upload-rejected': [
    { event: 'upload-rejected', imageId, code: 'type-mismatch', detail: 'expected a PNG; got a GIF' },
    [
      'warn',
      'an upload was rejected',
      { image_id: imageId, code: 'type-mismatch', detail: 'expected a PNG; got a GIF' },
    ],
  ],
  'upload-expired': [{ event: 'upload-expired', imageId }, ['info', 'an upload expired', { image_id: imageId }]],
  'image-held': [
    { event: 'image-held', imageId, gate: 'clamd' },
    ['info', 'an image that was served waits for a gate', { image_id: imageId, gate: 'clamd' }],
  ],
  'image-released': [
    { event: 'image-released', imageId },
    ['info', 'an image that a gate looked at again is what it was', { image_id: imageId }],
  ],
  'image-refused': [
    { event: 'image-refused', imageId, code: 'refused-by-gate', detail: 'expected an image; got a virus' },
    [
      'warn',
      'a gate refused an image that was served',
      { image_id: imageId, code: 'refused-by-gate', detail: 'expected an image; got a virus' },
    ],
  ],
  'image-trashed': [
    { event: 'image-trashed', imageId, purgeAt: new Date(0) },
    ['debug', 'an image was moved to the trash', { image_id: imageId, purge_at: '1970-01-01T00:00:00.000Z' }],
  ],
  'image-replaced': [
    { event: 'image-replaced', imageId },
    ['debug', 'the bytes of an image were replaced', { image_id: imageId }],
  ],
  'image-restored': [
    { event: 'image-restored', imageId },
    ['debug', 'an image was restored from the trash', { image_id: imageId }],
  ],
  'image-purged': [
    { event: 'image-purged', imageId },
    ['debug', 'an image was deleted from the trash', { image_id: imageId }],
  ],
  'image-deleted': [{ event: 'image-deleted', imageId }, ['debug', 'an image was deleted', { image_id: imageId }]],
  'webhook-attempted': [
    {
      event: 'webhook-attempted',
      webhookId: 'w1',
      eventId: 'e1',
      outcome: 'waiting',
      attempt: 2,
      status: null,
      elapsedMs: 5,
      error,
    },
    [
      'debug',
      'a delivery to a webhook was attempted',
      { webhook_id: 'w1', event_id: 'e1', outcome: 'waiting', attempt: 2, status: null, elapsed_ms: 5, err },
    ],
  ],
  'webhook-failing': [
    { event: 'webhook-failing', webhookId: 'w1', since: new Date(0) },
    [
      'warn',
      'every attempt at a webhook has failed for half an hour or longer',
      { webhook_id: 'w1', since: '1970-01-01T00:00:00.000Z' },
    ],
  ],
  'webhook-paused': [
    { event: 'webhook-paused', webhookId: 'w1', why: 'failing' },
    ['warn', 'a webhook is paused: resume it once its receiver answers', { webhook_id: 'w1', why: 'failing' }],
  ],
  'webhook-skipped': [
    { event: 'webhook-skipped', webhookId: 'w1', since: new Date(0) },
    [
      'warn',
      'a webhook never gets events that the log has forgotten',
      { webhook_id: 'w1', since: '1970-01-01T00:00:00.000Z' },
    ],
  ],
  'delivering-failed': [
    { event: 'delivering-failed', error },
    ['error', 'delivering to webhooks failed; it continues in some seconds', { err }],
  ],
  'renditions-made': [
    { event: 'renditions-made', imageId, renditions: 2, urgency: 'request', elapsedMs: 5 },
    ['debug', 'renditions were made', { image_id: imageId, renditions: 2, urgency: 'request', elapsed_ms: 5 }],
  ],
  'working-copy-lost': [
    { event: 'working-copy-lost', imageId, error },
    ['warn', 'a working copy is lost; it is made again when it is needed', { image_id: imageId, err }],
  ],
  'working-copy-postponed': [
    { event: 'working-copy-postponed', imageId, error },
    ['warn', 'storing a working copy failed; it is made when it is needed', { image_id: imageId, err }],
  ],
  'job-done': [
    { event: 'job-done', job, attempt: 1, elapsedMs: 5 },
    ['debug', 'a job is done', { job, attempt: 1, elapsed_ms: 5 }],
  ],
  'job-failed': [
    { event: 'job-failed', job, attempt: 2, error, elapsedMs: 5 },
    ['warn', 'a job failed', { job, attempt: 2, err, elapsed_ms: 5 }],
  ],
  'job-lapsed': [
    { event: 'job-lapsed', job, error },
    ['error', 'the lease of a job ended; the job will be redelivered', { job, err }],
  ],
  'unknown-job': [
    { event: 'unknown-job', kind: 'later' },
    ['warn', 'a job of another version stays in the queue', { kind: 'later' }],
  ],
  'receiving-failed': [{ event: 'receiving-failed', error }, ['error', 'receiving jobs failed', { err }]],
  'sweep-done': [
    { event: 'sweep-done', part: 'removal', elapsedMs: 5 },
    ['debug', 'a round of the sweep is done', { part: 'removal', elapsed_ms: 5 }],
  ],
  'sweep-failed': [{ event: 'sweep-failed', error }, ['error', 'the sweep failed', { err }]],
  'command-failed': [
    { event: 'command-failed', error },
    ['error', "what an operator's command asked for failed", { err }],
  ],
  'walk-failed': [{ event: 'walk-failed', error }, ['error', 'the walk through all objects failed', { err }]],
  'measuring-failed': [{ event: 'measuring-failed', error }, ['error', 'measuring the service failed', { err }]],
  'sweep-postponed': [
    { event: 'sweep-postponed', subject: imageId, error },
    ['error', 'sweeping an image failed; a later sweep retries it', { subject: imageId, err }],
  ],
  'migration-begun': [
    { event: 'migration-begun', step: 24, steps: 25, bytes: 4096, elapsedMs: 12 },
    [
      'info',
      'a step of the database begins; the service answers after the last one',
      { step: 24, steps: 25, bytes: 4096, elapsed_ms: 12 },
    ],
  ],
  'migration-running': [
    { event: 'migration-running', step: 24, steps: 25, bytes: 4096, rows: 3000, elapsedMs: 12 },
    ['info', 'a step of the database is running', { step: 24, steps: 25, bytes: 4096, rows: 3000, elapsed_ms: 12 }],
  ],
  'migration-done': [
    { event: 'migration-done', step: 24, steps: 25, bytes: 4096, elapsedMs: 12 },
    ['info', 'a step of the database is done', { step: 24, steps: 25, bytes: 4096, elapsed_ms: 12 }],
  ],
  'orphans-removed': [
    { event: 'orphans-removed', objects: 3 },
    ['info', 'objects that no record refers to were removed', { objects: 3 }],
  ],
  'objects-without-records': [
    { event: 'objects-without-records', images: 20 },
    ['warn', 'most images of a part of the bucket have no record: none of their objects is removed', { images: 20 }],
  ],
  'request-done': [
    {
      event: 'request-done',
      requestId: 'r1',
      method: 'GET',
      path: '/images/x',
      operation: 'readImage',
      route: '/images/{id}',
      status: 404,
      outcome: 'answered',
      code: 'image-not-found',
      detail: 'Image not found',
      reason: 'hidden',
      limit: 'quota',
      elapsedMs: 5.04,
      bytesIn: 3,
      bytesOut: 200,
      caller: 'user',
      userId: `safelight_${'0'.repeat(16)}_${'1'.repeat(30)}`,
      keyId: 'k1',
      imageId,
      clientAddress: '127.0.0.9',
      traceId: 't1',
    },
    [
      'info',
      'request',
      {
        request_id: 'r1',
        method: 'GET',
        path: '/images/x',
        status: 404,
        ms: 5,
        client_address: '127.0.0.9',
        code: 'image-not-found',
        detail: 'Image not found',
        reason: 'hidden',
        limit: 'quota',
        operation: 'readImage',
        route: '/images/{id}',
        outcome: 'answered',
        bytes_in: 3,
        bytes_out: 200,
        caller: 'user',
        user_id: `safelight_${'0'.repeat(16)}_…`,
        key_id: 'k1',
        image_id: imageId,
        trace_id: 't1',
      },
    ],
  ],
  'decoder-done': [{ event: 'decoder-done', urgency: 'request', elapsedMs: 5, cpuSeconds: 0.1 }, 'silent'],
  'decoder-died': [{ event: 'decoder-died', reason: 'memory' }, ['warn', 'a decoder died', { reason: 'memory' }]],
  'rendition-found': [{ event: 'rendition-found', source: 'stored', elapsedMs: 5 }, 'silent'],
  'due-measured': [{ event: 'due-measured', lane: 'removal', ageMs: 5 }, 'silent'],
  'backup-measured': [{ event: 'backup-measured', ageMs: 5 }, 'silent'],
  'outbox-measured': [{ event: 'outbox-measured', ageMs: 5 }, 'silent'],
  'webhooks-measured': [
    { event: 'webhooks-measured', paused: { gone: 1, failing: 0, restored: 0 }, failingMs: 5 },
    'silent',
  ],
  'dead-letters-measured': [{ event: 'dead-letters-measured', count: 1 }, 'silent'],
  'usage-measured': [{ event: 'usage-measured', images: 1, bytes: 3 }, 'silent'],
  'origin-not-listed': [
    { event: 'origin-not-listed', origin: 'https://app.example' },
    [
      'warn',
      "a page's requests are refused: if its origin is yours, add it to CORS_ORIGINS",
      { origin: 'https://app.example' },
    ],
  ],
  audit: [
    {
      event: 'audit',
      requestId: 'r1',
      actor: 'key-1',
      forUser: 'ada',
      operation: 'deleteImage',
      imageId,
      outcome: 'done',
    },
    [
      'info',
      'a service or an admin acted',
      {
        request_id: 'r1',
        actor: 'key-1',
        for_user: 'ada',
        operation: 'deleteImage',
        image_id: imageId,
        outcome: 'done',
      },
    ],
  ],
  'request-failed': [
    { event: 'request-failed', requestId: 'r', error },
    ['error', 'request failed', { request_id: 'r', err }],
  ],
  'rate-store-away': [
    { event: 'rate-store-away', reason: 'ECONNREFUSED' },
    ['warn', 'the store of rate limits is away: this process counts for itself', { reason: 'ECONNREFUSED' }],
  ],
  'rate-store-back': [{ event: 'rate-store-back' }, ['info', 'the store of rate limits is back', {}]],
  'place-wait': [{ event: 'place-wait', place: 'decoder', waitedMs: 5 }, 'silent'],
  'store-call': [{ event: 'store-call', part: 'records', call: 'get', outcome: 'failed', elapsedMs: 5 }, 'silent'],
  'part-degraded': [
    { event: 'part-degraded', part: 'objects', reason: 'away' },
    ['warn', 'calls to a part fail: /readyz says degraded', { part: 'objects', reason: 'away' }],
  ],
  'part-failing': [
    { event: 'part-failing', part: 'objects', reason: 'away' },
    ['error', 'all writes to a part fail: /readyz names it', { part: 'objects', reason: 'away' }],
  ],
  'disk-space-low': [
    { event: 'disk-space-low', freeBytes: 5, reserveBytes: 6 },
    ['error', 'the disk is nearly full: uploads and links are refused', { free_bytes: 5, reserve_bytes: 6 }],
  ],
  'disk-space-back': [
    { event: 'disk-space-back', freeBytes: 9, reserveBytes: 6 },
    ['info', 'the disk has space for uploads again', { free_bytes: 9, reserve_bytes: 6 }],
  ],
  'original-missing': [
    { event: 'original-missing', imageId, objectKey: 'images/u/x' as ObjectKey },
    [
      'error',
      'the store has lost an original: bring it back from a backup',
      { image_id: imageId, object_key: 'images/u/x' },
    ],
  ],
  'object-replaced': [
    { event: 'object-replaced', imageId, objectKey: `images/u/${imageId}/x/Ada%20is%20ill.jpg` as ObjectKey },
    [
      'error',
      'an original has been replaced in the store: it is not served',
      { image_id: imageId, object_key: `images/u/${imageId}/x/…` },
    ],
  ],
  'unreadable-record': [
    { event: 'unreadable-record', imageId, reason: 'no type' },
    ['error', "a record can't be read: lists and the sweeper leave it out", { image_id: imageId, reason: 'no type' }],
  ],
  warning: [
    { event: 'warning', sentence: 'Set https://user:word@host right.' },
    ['warn', 'Set https://…@host right.', {}],
  ],
};

const NUMBERS: Record<number, Level> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error' };

/** The log lines of these events at this level. */
function logged(level: Level, events: readonly ServiceEvent[]): object[] {
  const written: string[] = [];
  const options = { level, base: null, timestamp: false, serializers: { err: loggedError } };
  const logger = pino(options, { write: (text) => void written.push(text) });
  for (const event of events) logEvents(logger).listener(event);
  return written.map((text) => {
    const line = JSON.parse(text) as { level: number; err?: { stack?: string } };
    delete line.err?.stack;
    return { ...line, level: NUMBERS[line.level] };
  });
}

describe('the log of events', () => {
  for (const [name, [event, line]] of Object.entries(ROWS)) {
    it(`logs for ${name} ${line === 'silent' ? 'nothing' : `"${line[1]}"`}`, () => {
      assert.equal(event.event, name);
      if (line === 'silent') {
        assert.deepEqual(logged('debug', [event]), []);
        return;
      }
      const [level, msg, fields] = line;
      const named = name === 'warning' || name === 'request-done' ? {} : { event: name };
      assert.deepEqual(logged('debug', [event]), [{ level, ...named, ...fields, msg }]);
    });
  }

  it('has a request that failed as an error, and one whose client left as no fault, with 499 if it has no answer', () => {
    const [done] = ROWS['request-done'];
    assert.ok(done.event === 'request-done');
    const levelOf = (change: Partial<RequestDone>) => {
      const [line] = logged('info', [{ ...done, ...change }]) as [{ level: string; status: number }];
      return [line.level, line.status];
    };
    assert.deepEqual(levelOf({ status: 500 }), ['error', 500]);
    assert.deepEqual(levelOf({ status: 503, outcome: 'aborted' }), ['info', 503]);
    assert.deepEqual(levelOf({ status: 0, outcome: 'aborted' }), ['info', 499]);
    assert.deepEqual(logged('warn', [done]), []);
  });

  it('follows an upload by its image at the level info: once granted, and once ready, rejected or expired', () => {
    const life = Object.values(ROWS)
      .map(([event]) => event)
      .filter(({ event }) => event.startsWith('upload-'));
    const lines = logged('info', life) as { event: string; image_id: string }[];
    assert.deepEqual(lines.map(({ event }) => event).toSorted(), [
      'upload-expired',
      'upload-granted',
      'upload-ready',
      'upload-rejected',
    ]);
    assert.ok(lines.every((line) => line.image_id === imageId));
  });

  it('has no lines for the normal course of a rendition, a job or a sweep by default', () => {
    const usual = Object.values(ROWS).filter(([, line]) => line === 'silent' || line[0] === 'debug');
    assert.ok(usual.length > 10, `${usual.length} events`);
    assert.deepEqual(
      logged(
        'info',
        usual.map(([event]) => event),
      ),
      [],
    );
  });
});
