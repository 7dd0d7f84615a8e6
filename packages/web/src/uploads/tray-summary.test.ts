import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SafelightError, type UploadItem } from '@safelight/client';
import { announcementAfter, NOTHING_HEARD } from './announcement.ts';
import type { LinkItem } from './links.ts';
import { summaryOf } from './tray-summary.ts';
import type { QueueState } from './upload-queue.ts';
import { headline, stateWords, timeLeft } from './words.ts';

const EMPTY: QueueState = {
  items: [],
  refused: [],
  there: [],
  reading: 0,
  done: 0,
  doneBytes: 0,
  skipped: 0,
  isCut: false,
  isPaused: false,
  stalledBy: undefined,
  stalledUntil: undefined,
  bytesPerSecond: 0,
  secondsLeft: undefined,
};

const waiting = (id: number): UploadItem => ({
  id: `${id}`,
  name: `p ${id}.jpg`,
  size: 100,
  progress: 0,
  state: 'waiting',
  image: undefined,
  error: undefined,
});
const failed = (id: number, code: 'quota-exceeded' | 'unreadable-image'): UploadItem => ({
  ...waiting(id),
  state: 'failed',
  error: new SafelightError(code, 'expected at most 2 images; got 1 more, with 2 used'),
});
const some = (count: number): UploadItem[] => Array.from({ length: count }, (_, id) => waiting(id));
const lineOf = (state: QueueState): string => headline(summaryOf(state), state);

describe("the tray's line", () => {
  it('tells how far, how fast and how long', () => {
    const state = { ...EMPTY, items: some(28), done: 12, bytesPerSecond: 3.4 * 1_048_576, secondsLeft: 21 };
    assert.equal(lineOf(state), '12 of 40 · 3.4 MB/s · about 20 s left');
    assert.equal(lineOf({ ...state, bytesPerSecond: 0, secondsLeft: undefined }), '12 of 40');
    assert.equal(lineOf({ ...state, isPaused: true }), '12 of 40 · Paused');
    const stalledBy = new SafelightError('rate-limited', 'expected fewer requests', { retryAfter: 12 });
    assert.equal(lineOf({ ...state, stalledBy }), 'Uploading too quickly. Continuing in 12 seconds.');
    const stalled = { ...state, stalledBy };
    assert.equal(headline(summaryOf(stalled), stalled, 3), 'Uploading too quickly. Continuing in 3 seconds.');
  });

  it('tells how it ended', () => {
    assert.equal(
      lineOf({ ...EMPTY, done: 37, items: [failed(1, 'unreadable-image')] }),
      '37 uploaded · 1 not uploaded',
    );
    assert.equal(lineOf({ ...EMPTY, done: 1_200 }), '1,200 uploaded');
    const there = [{ id: 't', file: new File([], 'a.jpg'), isTrashed: false }];
    assert.equal(lineOf({ ...EMPTY, there }), '1 already here');
    assert.equal(lineOf({ ...EMPTY, skipped: 3 }), 'Nothing uploaded');
  });

  it('counts time in steps that can be read', () => {
    assert.deepEqual([0, 7.2, 33, 89, 100, 5_000, 9_000].map(timeLeft), [
      'about 1 s left',
      'about 8 s left',
      'about 35 s left',
      'about 90 s left',
      'about 2 min left',
      'about 83 min left',
      'about 3 h left',
    ]);
  });
});

describe('problems', () => {
  it('are one for each reason; only those that may pass can be tried again', () => {
    const items = [failed(1, 'unreadable-image'), failed(2, 'quota-exceeded'), failed(3, 'unreadable-image')];
    const refused = [{ id: 'r', name: 'r.jpg', error: new SafelightError('empty-upload', 'expected bytes; got none') }];
    const { problems } = summaryOf({ ...EMPTY, items, refused });
    assert.deepEqual(
      problems.map(({ files, canRetry }) => [files.map(({ id }) => id), canRetry]),
      [
        [['r'], false],
        [['1', '3'], false],
        [['2'], true],
      ],
    );
  });
});

it('refusals for want of space are one problem, however much was used, in the words of the last', () => {
  const full = (id: number, used: number): UploadItem => ({
    ...failed(id, 'quota-exceeded'),
    error: new SafelightError('quota-exceeded', 'expected at most 12 images; got more', {
      quota: { limit: 'images', max: 12, used, reserved: 0 },
    }),
  });
  const { problems } = summaryOf({ ...EMPTY, items: [full(1, 11), full(2, 12)] });
  assert.deepEqual(
    problems.map(({ words, files }) => [words.slice(0, 45), files.length]),
    [['Your space is full: 12 of 12 pictures used. D', 2]],
  );
});

describe('links', () => {
  const link = (id: string, error?: SafelightError): LinkItem => {
    const about = { ...waiting(0), id, imageId: undefined, isKept: true, isLink: true, image: undefined } as const;
    return error ? { ...about, state: 'failed', error } : { ...about, state: 'verifying', error: undefined };
  };
  const failedFor = (reason: 'not-found' | 'refused-host') =>
    new SafelightError('fetch-failed', 'expected a picture at the URL; got none', { params: { reason } });

  it('are fetched rather than checked', () => {
    assert.deepEqual(
      [stateWords(link('a'), true), stateWords({ ...waiting(1), state: 'verifying' }, true)],
      ['Fetching', 'Checking'],
    );
  });

  it('that brought nothing can be tried again, unless the service asks no such host', () => {
    const items = [link('a', failedFor('not-found')), link('b', failedFor('refused-host'))];
    const { problems } = summaryOf({ ...EMPTY, items });
    assert.deepEqual(
      problems.map(({ files, canRetry }) => [files[0]?.id, canRetry]),
      [
        ['a', true],
        ['b', false],
      ],
    );
  });
});

describe('what a screen reader hears', () => {
  function hear(states: readonly QueueState[]): string[] {
    let heard = NOTHING_HEARD;
    return states.flatMap((state) => {
      const next = announcementAfter(heard, summaryOf(state));
      heard = next.heard;
      return next.text ?? [];
    });
  }

  it('is the start, each quarter and the end', () => {
    const steps = Array.from({ length: 41 }, (_, done) => ({ ...EMPTY, done, items: some(40 - done) }));
    assert.deepEqual(hear([EMPTY, ...steps, ...steps.slice(40)]), [
      'Uploading 40 pictures.',
      '25 % uploaded.',
      '50 % uploaded.',
      '75 % uploaded.',
      '40 pictures uploaded.',
    ]);
  });

  it('is no quarter twice when files are added', () => {
    const states = [
      { ...EMPTY, items: some(4) },
      { ...EMPTY, items: some(2), done: 2 },
      { ...EMPTY, items: some(6), done: 2 },
      { ...EMPTY, items: some(4), done: 4 },
    ];
    assert.deepEqual(hear(states), ['Uploading 4 pictures.', '50 % uploaded.']);
  });

  it('is a pause once, and what failed', () => {
    const stalledBy = new SafelightError('network', 'expected an answer; got none');
    const states = [
      { ...EMPTY, items: some(2) },
      { ...EMPTY, items: some(2), stalledBy },
      { ...EMPTY, items: some(2), stalledBy },
      { ...EMPTY, items: [failed(1, 'unreadable-image')], done: 1 },
    ];
    assert.deepEqual(hear(states), [
      'Uploading 2 pictures.',
      'The connection is gone. 2 uploads continue when it is back.',
      "1 picture uploaded. 1 file wasn't uploaded.",
    ]);
  });

  it('is a pause too that begins with the uploads, or with failures', () => {
    const stalledBy = new SafelightError('network', 'expected an answer; got none');
    assert.deepEqual(hear([{ ...EMPTY, items: some(2), stalledBy }]), [
      'Uploading 2 pictures. The connection is gone. 2 uploads continue when it is back.',
    ]);
    const items = [...some(1), failed(1, 'unreadable-image')];
    assert.deepEqual(
      hear([
        { ...EMPTY, items: some(2) },
        { ...EMPTY, items, stalledBy },
      ]),
      ['Uploading 2 pictures.', "1 file wasn't uploaded. The connection is gone. 1 upload continues when it is back."],
    );
  });

  it('is the end of uploads that were over before anything was said, once', () => {
    const done = { ...EMPTY, done: 1 };
    assert.deepEqual(hear([EMPTY, done, done, EMPTY, done]), ['1 picture uploaded.', '1 picture uploaded.']);
  });
});
