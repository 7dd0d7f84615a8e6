import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryLimit, watchPressure } from './pressure.ts';

const MEGABYTE = 1_048_576;

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await delay(10);
};

function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the pressure of a delayed event loop', () => {
  it('is detected in the delayed turn, lasts one sample longer, and ends by itself', async () => {
    const pressure = watchPressure({ maxEventLoopDelayMs: 200, maxMemoryBytes: null });
    assert.equal(pressure(), undefined);
    blockFor(600);
    assert.match(pressure() ?? '', /^expected an event loop delay of at most 200 ms; got \d+ ms$/);
    await delay(1); // a due timer runs after the watch's own, which was due earlier
    assert.match(pressure() ?? '', /event loop delay/);
    await until(() => pressure() === undefined);
  });
});

describe('the pressure of memory', () => {
  it('lasts while the memory is in use, and ends after its release without waiting for V8 to collect it', async () => {
    const pressure = watchPressure({
      maxEventLoopDelayMs: 60_000,
      maxMemoryBytes: process.memoryUsage.rss() + 100 * MEGABYTE,
    });
    let held: Buffer[] | undefined = Array.from({ length: 300 }, () => Buffer.alloc(MEGABYTE, 1));
    await until(() => pressure() !== undefined);
    assert.match(pressure() ?? '', /^expected at most \d+ MB of memory in use; got \d+ MB$/);
    assert.equal(held.length, 300);
    held = undefined;
    await until(() => pressure() === undefined);
  });
});

describe('the limit of memory', () => {
  it('is the configured one', () => {
    assert.equal(memoryLimit(300 * MEGABYTE, { machine: 1, container: 1 }), 300 * MEGABYTE);
  });

  it('defaults to four fifths of the container’s limit', () => {
    assert.equal(memoryLimit(null, { machine: 8_000 * MEGABYTE, container: 1_000 * MEGABYTE }), 800 * MEGABYTE);
  });

  it('defaults to none without a container limit', () => {
    for (const container of [0, 2 ** 64, 8_000 * MEGABYTE]) {
      assert.equal(memoryLimit(null, { machine: 8_000 * MEGABYTE, container }), null);
    }
    assert.doesNotThrow(() => memoryLimit(null));
    assert.ok((memoryLimit(null) ?? 0) < totalmem());
  });
});
