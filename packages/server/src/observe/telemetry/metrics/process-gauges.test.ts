import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createProcessGauges } from './process-gauges.ts';

function blockFor(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('the gauge of the event loop', () => {
  it('has the longest block since the last reading, however many timers were on time', async () => {
    using gauges = createProcessGauges({ version: '0.1.0', droppedSpans: () => 0 });
    const blockSeconds = async () =>
      (await gauges.read()).find(({ metric }) => metric === 'eventLoopDelay')?.value ?? assert.fail();
    await delay(2_500); // more than 100 samples: the block is less than 1 % of them
    blockFor(1_000);
    await delay(50);
    const seconds = await blockSeconds();
    assert.ok(seconds >= 0.97, `expected a block of a second; got ${seconds} s`);
    let later = seconds;
    for (let reading = 0; reading < 20 && later >= seconds; reading += 1) {
      await delay(50); // a busy machine may block the process again
      later = await blockSeconds();
    }
    assert.ok(later < seconds, `expected a shorter delay than ${seconds} s since then; got ${later} s`);
  });
});
