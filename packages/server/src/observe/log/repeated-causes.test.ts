import assert from 'node:assert/strict';
import { beforeEach, describe, it, mock } from 'node:test';
import { pino } from 'pino';
import { AppError } from '../../domain/errors.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import type { ObjectKey } from '../../domain/image/object-key.ts';
import type { RequestDone, ServiceEvent } from '../observer/observer.ts';
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
  readonly image_ids?: readonly string[];
  readonly repeated?: number;
  readonly cause?: string;
  readonly subject?: string;
  readonly code?: string;
  readonly route?: string;
  readonly err?: { readonly stack: string };
}

function createLog(level: 'debug' | 'info' | 'warn' = 'info') {
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

const strange = (nth: number): ServiceEvent => ({
  event: 'request-failed',
  requestId: 'r',
  error: new Error(`cause ${String.fromCharCode(97 + (nth % 26), 97 + Math.floor(nth / 26))}`),
});

const REQUEST: RequestDone = {
  event: 'request-done',
  requestId: 'r1',
  method: 'POST',
  path: '/uploads',
  operation: 'createUpload',
  route: '/uploads',
  status: 503,
  outcome: 'answered',
  elapsedMs: 1,
  bytesIn: 0,
  bytesOut: 100,
  clientAddress: '192.0.2.1',
  caller: 'user',
};

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
      const ids = Array.from({ length: Math.min(20, repeated) }, (_, nth) => imageOf(2 + nth));
      assert.deepEqual([line?.image_id, line?.image_ids], [undefined, ids]);
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
          error: refused(5 * 10 ** nth),
          elapsedMs: nth,
        },
        {
          event: 'request-failed',
          requestId: `r${nth}`,
          error: new Error(`ENOENT: open '/data/images/u${nth}/${imageOf(nth)}/a/b.jpg'`),
        },
        {
          event: 'gate-failed',
          imageId: imageOf(nth),
          gate: 'people',
          error: new Error(
            `SlowDown of store-1.example:${9_000 + 500 * nth}; request 4442587FB7D0A2F${nth}, Zx9kQ2wLr${nth}TqPv`,
          ),
        },
      );
    assert.deepEqual(sums(log.lines()), ['gate-failed 0', 'job-failed 0', 'request-failed 0']);
    minute();
    assert.deepEqual(sums(log.lines()), ['gate-failed 2', 'job-failed 2', 'request-failed 2']);
  });

  it('is counted with others of its event if there are too many', () => {
    const log = createLog();
    for (let nth = 0; nth < 600; nth++) log.tell(strange(nth), strange(nth));
    log.tell(away(1));
    const first = log.lines();
    assert.deepEqual(
      [first.length, first.at(-1)?.event],
      [11, 'gate-failed'],
      'expected ten causes, and the other event',
    );
    minute();
    const counted = log.lines();
    assert.equal(counted.length, 11);
    assert.equal(
      counted.reduce((sum, { repeated = 0 }) => sum + repeated, first.length),
      1_201,
    );
    assert.match(counted.at(-1)?.cause ?? '', /^several, as: cause [a-z]+$/);
  });

  it('is never counted with that of another image if it is about data', () => {
    const log = createLog();
    const objectKey = 'images/u/x' as ObjectKey;
    const unreadable = new AppError('internal', 'expected a record; got none of this version');
    const newer = new AppError('unavailable', 'expected a record; got a newer one', { isOfNewerVersion: true });
    const ofData = (nth: number): readonly ServiceEvent[] => [
      { event: 'original-missing', imageId: imageOf(nth), objectKey },
      { event: 'object-replaced', imageId: imageOf(nth), objectKey },
      { event: 'unreadable-record', imageId: imageOf(nth), reason: 'no type' },
      { event: 'sweep-postponed', subject: imageOf(nth), error: nth % 2 === 0 ? unreadable : newer },
    ];
    for (let nth = 0; nth < 500; nth++) log.tell(...ofData(nth), ...ofData(nth));
    const lines = log.lines();
    for (const { event } of ofData(0)) {
      const ids = lines.flatMap((line) => (line.event === event ? [line.image_id ?? line.subject] : []));
      assert.equal(new Set(ids).size, 500, event);
    }
    minute();
    const repeated = log.lines().filter(({ event }) => event === 'object-replaced');
    assert.deepEqual(repeated[0]?.image_ids, [imageOf(0)]);
    assert.ok(repeated.length > 0 && repeated.every((line) => line.repeated === 1 && line.image_ids?.length === 1));
  });

  it('is of a request only above the level info, by its route and code', () => {
    const failed = (nth: number, code: RequestDone['code']): ServiceEvent => ({
      ...REQUEST,
      requestId: `r${nth}`,
      imageId: imageOf(nth),
      code,
    });
    for (const [level, each] of [
      ['info', 6],
      ['warn', 2],
    ] as const) {
      const log = createLog(level);
      for (let nth = 0; nth < 3; nth++) log.tell(failed(nth, 'unavailable'), failed(nth, 'internal'));
      assert.equal(log.lines().length, each, level);
      minute();
      const told = log.lines();
      assert.deepEqual(
        told.map(({ msg, repeated, code, route, image_ids: ids }) => [msg, repeated, code, route, ids]),
        level === 'info'
          ? []
          : ['unavailable', 'internal'].map((code) => ['request', 2, code, '/uploads', [imageOf(1), imageOf(2)]]),
      );
    }
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
    const bytes = bytesInAnHour(() => {
      for (let nth = 0; nth < 600; nth++) log.tell(away(nth), away(nth, new Error('socket hang up')));
      minute();
      return log.bytes();
    });
    assert.ok(bytes > 10_000 && bytes < 200_000, `${bytes} bytes`);
  });

  it('takes less than 1 MB with a word in each message that is another each time, and refused uploads', () => {
    const log = createLog('warn');
    let [seed, told] = [1, 0];
    const word = (): string => {
      seed = (seed * 48_271) % 2_147_483_647;
      return Array.from(String(seed), (digit) => 'acegikmoqs'[Number(digit)]).join('');
    };
    const bytes = bytesInAnHour(() => {
      for (let nth = 0; nth < 600; nth++)
        log.tell(away(nth, new Error(`the scanner '${word()}' is away: ask ${word()}.example`)), {
          ...REQUEST,
          imageId: imageOf(nth),
          detail: word(),
        });
      minute();
      const lines = log.lines();
      told += lines.reduce((sum, { repeated = 1 }) => sum + repeated, 0);
      return lines.map((line) => JSON.stringify(line).length).reduce((sum, length) => sum + length, 0);
    });
    assert.ok(bytes < 1_000_000, `${bytes} bytes`);
    assert.equal(told, 3 * 1_200, 'expected each to be told or counted');
  });
});

/** As the third minute's are the later ones. */
function bytesInAnHour(inAMinute: () => number): number {
  const [first, second, third] = [inAMinute(), inAMinute(), inAMinute()];
  return first + second + 58 * third;
}
