import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createSpeedometer, totalsOf } from './totals.ts';
import type { UploadItem } from './uploader.ts';

const MB = 1_048_576;

const item = (size: number): UploadItem => ({
  id: '1',
  name: 'a.jpg',
  size,
  progress: 0,
  imageId: undefined,
  isKept: false,
  state: 'uploading',
  image: undefined,
  error: undefined,
});

it('tells the time left within twice the truth from 10 s on, though bytes leave in bursts', () => {
  const speedometer = createSpeedometer();
  const [total, perSecond, burst] = [120 * MB, MB, 8 * MB];
  let sent = 0;
  for (let ms = 0; ms < 104_000; ms += 100) {
    // The network takes a whole burst at once, and then nothing until it has carried that.
    if ((ms / 1_000) * perSecond >= sent) {
      sent += burst;
      speedometer.moved(burst, ms);
    }
    if (ms < 10_000) continue;
    const { secondsLeft = Number.POSITIVE_INFINITY } = totalsOf([item(total - sent)], speedometer.speeds(ms));
    const truth = total / perSecond - ms / 1_000;
    assert.ok(
      secondsLeft <= 2 * truth + 1 && secondsLeft >= truth / 2,
      `${secondsLeft} s at ${ms} ms, in truth ${truth}`,
    );
  }
});

it('tells no time before it knows the speed, nor after a stop', () => {
  const speedometer = createSpeedometer();
  const left = (ms: number): number | undefined => totalsOf([item(MB)], speedometer.speeds(ms)).secondsLeft;
  speedometer.moved(MB, 0);
  speedometer.moved(MB, 10);
  assert.equal(left(20), undefined);
  speedometer.moved(MB, 2_000);
  assert.equal(left(4_000), 4);
  speedometer.stop();
  assert.equal(left(4_100), undefined);
});
