import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { pino } from 'pino';
import { AppError } from '../domain/errors.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import type { ServiceEvent } from '../observer/observer.ts';
import { logEvents } from './event-log.ts';
import { loggedError } from './logged-error.ts';

const imageOf = (nth: number) => `0190a0a0-0000-7000-8000-${String(nth).padStart(12, '0')}` as ImageId;
const refused = (port = 3310) =>
  Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' });
const away = (nth: number, cause: unknown = refused()): ServiceEvent => ({
  event: 'gate-failed',
  imageId: imageOf(nth),
  gate: 'clamd',
  error: new AppError('unavailable', 'expected an answer of the gate clamd; got an error', { cause }),
});

interface Line {
  readonly event?: string;
  readonly msg: string;
  readonly image_id?: string;
  readonly repeated?: number;
  readonly cause?: string;
  readonly err?: { readonly stack: string };
}

function createLog(level: 'debug' | 'info' = 'info') {
  const written: string[] = [];
  const logger = pino(
    { level, base: null, serializers: { err: loggedError } },
    { write: (line) => written.push(line) },
  );
  const { listener, flush } = logEvents(logger);
  return {
    tell: (...events: readonly ServiceEvent[]) => events.forEach(listener),
    flush,
    /** Since the last call. */
    lines: () => written.splice(0).map((line) => JSON.parse(line) as Line),
    bytes: () => written.splice(0).join('').length,
  };
}

const minute = () => mock.timers.tick(60_000);
const sums = (lines: readonly Line[]) => lines.map(({ event, repeated = 0 }) => `${event} ${repeated}`).toSorted();

describe('a cause that repeats', () => {
  beforeEach(() => {
    mock.timers.reset();
    mock.timers.enable({ apis: ['setTimeout'] });
  });

  it('is written with its stack once, then once a minute with its number', () => {
    const log = createLog();
    log.tell(away(1));
    const [first, ...more] = log.lines();
    assert.deepEqual([first?.image_id, first?.repeated, more], [imageOf(1), undefined, []]);
    assert.match(first?.err?.stack ?? '', /at away/);

    for (const repeated of [599, 600, 1]) {
      for (let nth = 0; nth < repeated; nth++) log.tell(away(2 + nth));
      assert.deepEqual(log.lines(), []);
      minute();
      const [line, ...others] = log.lines();
      assert.deepEqual(others, []);
      assert.deepEqual([line?.event, line?.msg, line?.repeated], ['gate-failed', 'a gate gave no verdict', repeated]);
      assert.equal(line?.image_id, undefined);
      assert.match(line?.cause ?? '', /the gate clamd; got an error: connect ECONNREFUSED 127\.0\.0\.1:3310$/);
    }
    minute();
    assert.deepEqual(log.lines(), []);
    log.tell(away(1));
    assert.equal(log.lines()[0]?.image_id, imageOf(1), 'expected all of it after a quiet minute');
  });

  it('hides no other: of another event, gate, code or sentence', () => {
    const log = createLog();
    const status = (code: number) => new Error(`expected status 200; got ${code}`);
    const others: readonly ServiceEvent[] = [
      away(1),
      away(1, status(500)),
      away(1, status(403)),
      away(1, Object.assign(new Error('connect ETIMEDOUT 127.0.0.1:3310'), { code: 'ETIMEDOUT' })),
      { event: 'gate-failed', imageId: imageOf(1), gate: 'people', error: refused() },
      { event: 'sweep-postponed', subject: imageOf(1), error: refused() },
      {
        event: 'job-failed',
        job: { kind: 'finalize', imageId: imageOf(1) },
        attempt: 1,
        error: refused(),
        elapsedMs: 1,
      },
      { event: 'request-failed', requestId: 'r1', error: new TypeError('a is undefined') },
      { event: 'request-failed', requestId: 'r1', error: new TypeError('b is undefined') },
      { event: 'unreadable-record', imageId: imageOf(1), reason: 'no type' },
      { event: 'unreadable-record', imageId: imageOf(2), reason: 'no type' },
      { event: 'warning', sentence: 'Set one.' },
      { event: 'warning', sentence: 'Set another.' },
    ];
    for (let time = 0; time < 3; time++) log.tell(...others);
    assert.equal(log.lines().length, others.length);
    minute();
    assert.deepEqual(
      log.lines().map(({ repeated }) => repeated),
      others.map(() => 2),
    );
  });

  it('is one whichever image, object or port of a connection it names', () => {
    const log = createLog();
    for (const nth of [1, 2, 3])
      log.tell(
        {
          event: 'job-failed',
          job: { kind: 'finalize', imageId: imageOf(nth) },
          attempt: nth,
          error: refused(50_000 + nth),
          elapsedMs: nth,
        },
        {
          event: 'request-failed',
          requestId: `r${nth}`,
          error: new Error(`ENOENT: open '/data/images/u${nth}/${imageOf(nth)}/a/b.jpg'`),
        },
      );
    assert.deepEqual(sums(log.lines()), ['job-failed 0', 'request-failed 0']);
    minute();
    assert.deepEqual(sums(log.lines()), ['job-failed 2', 'request-failed 2']);
  });

  it('is counted with others of its event if there are too many', () => {
    const log = createLog();
    const strange = (nth: number): ServiceEvent => ({
      event: 'request-failed',
      requestId: 'r',
      error: new Error(`cause ${String.fromCharCode(97 + (nth % 26), 97 + Math.floor(nth / 26))}`),
    });
    for (let nth = 0; nth < 600; nth++) log.tell(strange(nth), strange(nth));
    log.tell(away(1));
    const first = log.lines();
    assert.equal(first.length, 102, 'expected a hundred causes, and the first of the others of each event');
    assert.equal(first.at(-1)?.event, 'gate-failed');
    minute();
    const counted = log.lines();
    assert.equal(counted.length, 101);
    assert.equal(
      counted.reduce((sum, { repeated = 0 }) => sum + repeated, first.length),
      1_201,
    );
    assert.match(counted.at(-1)?.cause ?? '', /several/);
  });

  it('is written each time at the level debug, and what happens to an image always', () => {
    const each = createLog('debug');
    for (let nth = 0; nth < 5; nth++) each.tell(away(nth));
    assert.deepEqual(
      each.lines().map(({ image_id: id }) => id),
      [0, 1, 2, 3, 4].map(imageOf),
    );
    const usual = createLog();
    const rejection = { code: 'unreadable-image', detail: 'expected an image; got none' } as const;
    for (let nth = 0; nth < 5; nth++)
      usual.tell(
        { event: 'upload-rejected', imageId: imageOf(nth), ...rejection },
        { event: 'gate-refused', imageId: imageOf(nth), gate: 'clamd', by: 'gate' },
      );
    assert.equal(usual.lines().length, 10);
  });

  it('is not lost at the end of the process', () => {
    const log = createLog();
    log.tell(away(1), away(2), away(3));
    log.lines();
    log.flush();
    assert.deepEqual(sums(log.lines()), ['gate-failed 2']);
    log.flush();
    assert.deepEqual(log.lines(), []);
  });

  it('has no secret and no file name in its sentence', () => {
    const log = createLog();
    const path = `/data/objects/images/u/${imageOf(1)}/a/ill.jpg`;
    const error = new Error(`GET https://ada:hunter2@host/x?sig=hunter2 of ${path}`);
    log.tell({ event: 'sweep-failed', error }, { event: 'sweep-failed', error });
    minute();
    assert.doesNotMatch(JSON.stringify(log.lines()), /hunter2|ill\.jpg/);
  });

  it('takes less than 1 MB in an hour of ten uploads a second whose gate is away', () => {
    const log = createLog();
    let bytes = 0;
    for (let minutes = 0; minutes < 60; minutes++) {
      for (let nth = 0; nth < 600; nth++) log.tell(away(nth), away(nth, new Error('socket hang up')));
      minute();
      bytes += log.bytes();
    }
    assert.ok(bytes > 10_000 && bytes < 100_000, `${bytes} bytes`);
  });
});
