import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SafelightError } from '../errors.ts';
import { pause, pauseMs, retrying } from './retry.ts';

const error = (status: number, retryAfter?: number): SafelightError =>
  new SafelightError('unavailable', 'expected an answer', { status, retryAfter });

/** The pauses between attempts that all fail with this error. */
async function pausesOf(failure: SafelightError, retries: number): Promise<number[]> {
  const pauses: number[] = [];
  const attempt = () => Promise.reject(failure);
  const options = { retries, pause: async (ms: number) => void pauses.push(ms) };
  await assert.rejects(retrying(attempt, options), (thrown) => thrown === failure);
  return pauses;
}

describe('retrying', () => {
  it('pauses for a random part of a time that doubles, up to half a minute', async () => {
    const longest = Array.from({ length: 10 }, () => 0);
    for (let run = 0; run < 200; run += 1)
      for (const [index, ms] of (await pausesOf(error(503), 10)).entries())
        longest[index] = Math.max(longest[index] ?? 0, ms);
    for (const [index, ms] of longest.entries()) {
      const limit = Math.min(500 * 2 ** index, 30_000);
      assert.ok(ms <= limit && ms > limit * 0.8, `the longest pause of ${limit} ms is ${ms} ms`);
    }
    const shortest = Math.min(...Array.from({ length: 200 }, () => pauseMs({ retryAfter: undefined }, 5)));
    assert.ok(shortest < 1_000, `the shortest of 8000 ms is ${shortest} ms`);
  });

  it('never pauses for less than Retry-After says', async () => {
    for (const ms of await pausesOf(error(429, 12), 5)) assert.ok(ms >= 12_000);
  });

  it('pauses for no longer than a timer can', () => {
    assert.equal(pauseMs({ retryAfter: 1e9 }, 1), 2 ** 31 - 1);
  });

  it("doesn't wait when Retry-After is more than five minutes", async () => {
    assert.deepEqual(await pausesOf(error(503, 301), 5), []);
  });

  for (const status of [408, 429, 500, 502, 503, 504])
    it(`repeats a ${status}`, async () => assert.equal((await pausesOf(error(status), 3)).length, 3));

  for (const status of [200, 400, 401, 403, 404, 409, 410, 412, 416, 421, 501])
    it(`doesn't repeat a ${status}`, async () => assert.deepEqual(await pausesOf(error(status), 3), []));

  it('ends a pause at an abort', async () => {
    const controller = new AbortController();
    const paused = pause(3_600_000, controller.signal);
    controller.abort();
    await assert.rejects(paused, { code: 'aborted' });
  });
});
