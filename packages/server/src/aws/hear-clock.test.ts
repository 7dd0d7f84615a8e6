import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { createS3Client } from '../object-store/s3/client.ts';
import { createClockOffsets, OFF_SECONDS } from '../observe/health/clock-offsets.ts';
import { hearClock } from './hear-clock.ts';

const NOW = Date.parse('2026-11-26T12:00:00.400Z');
const dateOf = (aheadMs: number): string => new Date(NOW - aheadMs).toUTCString();

/**
 * What a client hears whose store answers so after so many milliseconds, in which its clock was set forward by `setMs`.
 */
async function heardOf(
  answer: { status?: number; date?: string | undefined; age?: string },
  { tookMs = 20, setMs = 0 } = {},
): Promise<number | undefined> {
  const { status = 200, date, age } = answer;
  await using stack = new AsyncDisposableStack();
  const server = createServer((_, outgoing) => {
    outgoing.sendDate = false;
    if (date !== undefined) outgoing.setHeader('Date', date);
    if (age !== undefined) outgoing.setHeader('Age', age);
    outgoing.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  stack.defer(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = await createS3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    isPathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    caBundle: null,
  });
  stack.defer(() => client.destroy());
  let heard: number | undefined;
  const [times, elapsed] = [
    [NOW, NOW + tookMs + setMs],
    [5, 5 + tookMs],
  ];
  const next = (values: number[]): number => values.shift() ?? assert.fail('expected two looks at the clock; got more');
  const clock = { now: () => new Date(next(times)), elapsedMs: () => next(elapsed) };
  hearClock(client, {
    clock,
    heard(seconds) {
      heard = seconds;
    },
  });
  await client.send(new HeadBucketCommand({ Bucket: 'b' })).catch(() => undefined);
  return heard;
}

describe('the clock of a store, by the Date of its answers', () => {
  it('is heard to about a second, whichever is ahead, also of a refusal', async () => {
    for (const aheadMs of [60_000, -60_000, 3_600_000])
      for (const status of [200, 403]) {
        const heard = (await heardOf({ status, date: dateOf(aheadMs) })) ?? Number.NaN;
        assert.ok(Math.abs(heard - aheadMs / 1_000) <= 1.1, `expected ${aheadMs} ms; got ${heard} s`);
      }
  });

  it('is taken for right if the answer may have been made while we waited', async () => {
    assert.equal(await heardOf({ date: dateOf(0) }), 0);
    assert.equal(await heardOf({ date: dateOf(-90_000) }, { tookMs: 100_000 }), 0);
  });

  it('is unknown if this machine set its clock meanwhile, by an hour or so, forward or back', async () => {
    for (const setMs of [3_600_000, -3_600_000, 31_000])
      assert.equal(await heardOf({ date: dateOf(0) }, { setMs }), undefined, `${setMs} ms`);
  });

  it('is unknown by an answer that a cache has kept', async () => {
    assert.equal(await heardOf({ date: dateOf(60_000), age: '60' }), undefined);
  });

  it('is unknown without a Date', async () => {
    assert.equal(await heardOf({}), undefined);
    assert.equal(await heardOf({ date: 'yesterday' }), undefined);
  });
});

describe('the offsets of a clock', () => {
  it('are those of the latest answers, and are off from half a minute on', () => {
    let nowMs = 0;
    let setMs = 0;
    const offsets = createClockOffsets({ now: () => new Date(NOW + setMs + nowMs), elapsedMs: () => nowMs });
    assert.deepEqual([[...offsets.read()], offsets.isOff()], [[], false]);
    offsets.heard('records', 0.5);
    for (const [seconds, isOff] of [
      [OFF_SECONDS - 1, false],
      [OFF_SECONDS, true],
      [-60, true],
      [2, false],
      [60, true],
    ] as const) {
      offsets.heard('objects', seconds);
      assert.equal(offsets.isOff(), isOff, `${seconds} s`);
    }
    assert.deepEqual(
      [...offsets.read()],
      [
        ['records', 0.5],
        ['objects', 60],
      ],
    );
    nowMs += 599_999;
    assert.equal(offsets.isOff(), true);
    nowMs += 1;
    assert.deepEqual([[...offsets.read()], offsets.isOff()], [[], false]);

    offsets.heard('records', 60);
    setMs -= 60_000; // put right: what was heard before says nothing
    assert.deepEqual([[...offsets.read()], offsets.isOff()], [[], false]);
    offsets.heard('records', 0);
    assert.deepEqual([...offsets.read()], [['records', 0]]);
  });
});
