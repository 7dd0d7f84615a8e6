import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOW, samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import { type Image, trash } from '../image/image.ts';
import { parseTransform } from './transform-parameters.ts';
import { createWatermarks } from './watermarks.ts';

const MARKED = parseTransform([['watermark', 'logo']], String);
const PLAIN = parseTransform([], String);
const READY = { ...samplePublished(samplePending()), width: 20, height: 10, sizeBytes: 100 };
const { id: imageId, sha256 } = READY;

function createHarness(image: Image | undefined) {
  const harness = { image, reads: 0, nowMs: 0, failing: false, warnings: [] as string[] };
  const watermarks = createWatermarks({
    images: new Map([
      ['logo', imageId],
      ['other', imageId],
    ]),
    read: async () => {
      harness.reads += 1;
      if (harness.failing) throw new Error('no records');
      return harness.image;
    },
    clock: { elapsedMs: () => harness.nowMs },
    warn: (sentence) => void harness.warnings.push(sentence),
  });
  return Object.assign(harness, { watermarks });
}

const UNUSABLE = {
  code: 'rendition-failed',
  detail: 'expected a ready image as watermark logo; got none: an operator can set it',
};

describe('the image of a watermark', () => {
  it('is looked up once in ten seconds, for all who ask', async () => {
    const harness = createHarness(READY);
    assert.equal(harness.watermarks.known(MARKED), undefined);
    const all = await Promise.all([1, 2, 3].map(() => harness.watermarks.require(MARKED)));
    assert.deepEqual(all, Array(3).fill({ imageId, sha256, sizeBytes: 100, width: 20, height: 10 }));
    harness.nowMs = 9_999;
    await harness.watermarks.find(MARKED);
    assert.equal(harness.reads, 1);
    assert.deepEqual(harness.watermarks.known(MARKED), all[0]);

    harness.image = undefined;
    harness.nowMs = 10_000;
    await assert.rejects(harness.watermarks.require(MARKED), UNUSABLE);
    assert.equal(harness.watermarks.known(MARKED), undefined);
    assert.equal(harness.reads, 2);
  });

  it('costs no look-up without a watermark', async () => {
    const harness = createHarness(READY);
    assert.deepEqual(
      [await harness.watermarks.require(PLAIN), await harness.watermarks.find(PLAIN), harness.watermarks.known(PLAIN)],
      [null, null, null],
    );
    assert.equal(harness.reads, 0);
  });

  const unusable: Readonly<Record<string, readonly [Image | undefined, RegExp]>> = {
    'there is none': [undefined, /got none\.$/],
    'it is in the trash': [trash(READY, NOW, NOW), /got one that is trashed\.$/],
    'it has too many pixels': [{ ...READY, width: 1_025, height: 1_024 }, /got one of 1025 x 1024 pixels/],
    'it has too many bytes': [{ ...READY, sizeBytes: 8_388_609 }, /and 8,388,609 bytes\.$/],
  };
  for (const [name, [image, got]] of Object.entries(unusable)) {
    it(`is not usable if ${name}, which the operator is told once for each look-up`, async () => {
      const harness = createHarness(image);
      await assert.rejects(harness.watermarks.require(MARKED), UNUSABLE);
      assert.equal(await harness.watermarks.find(MARKED), undefined);
      assert.equal(harness.warnings.length, 1);
      assert.match(harness.warnings[0] ?? '', /^Watermark logo is not usable, so its renditions fail: expected /);
      assert.match(harness.warnings[0] ?? '', got);
    });
  }

  it('is asked for again after an error', async () => {
    const harness = createHarness(READY);
    harness.failing = true;
    await assert.rejects(harness.watermarks.require(MARKED), /no records/);
    harness.failing = false;
    assert.ok(await harness.watermarks.require(MARKED));
  });

  it('has one of the configured names', async () => {
    const { watermarks } = createHarness(READY);
    const unknown = { ...MARKED, watermark: 'mark' };
    await assert.rejects(watermarks.require(unknown), {
      code: 'invalid-request',
      detail: '?watermark: expected one of logo, other; got mark',
    });
    assert.equal(await watermarks.find(unknown), undefined);
  });
});
