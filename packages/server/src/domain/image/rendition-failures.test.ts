import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as describeImage, pendingImage, publish, type ReadyImage, scheduleMaintenance } from './image.ts';
import type { ImageId } from './image-id.ts';
import { originalKey } from './object-key.ts';
import { recordRenditionCrash, renditionFailure, resetRenditionFailures } from './rendition-failures.ts';

const CREATED = new Date('2026-11-20T12:00:00.000Z');
const EXPIRES = new Date('2026-11-20T12:05:00.000Z');
const LATER = new Date('2026-11-20T12:00:09.000Z');

const pending = pendingImage(
  {
    id: '0198f0a0-0000-7000-8000-000000000001' as ImageId,
    userId: 'ada',
    filename: 'sunset.jpg',
    tags: [],
    description: null,
    metadata: {},
    visibility: 'private',
    externalId: null,
    contentType: 'image/jpeg',
  },
  CREATED,
  { expiresAt: EXPIRES, claim: null, isDirect: false },
);
const ready = publish(
  pending,
  {
    contentType: 'image/jpeg',
    sizeBytes: 1_234,
    sha256: 'ab'.repeat(32),
    width: 640,
    height: 480,
    placeholder: 'aGFzaA==',
    dominantColor: '#336699',
  },
  {
    objectKey: originalKey(pending, 'a1'),
    objectTag: '"t1"',
    maintainAt: null,
    filteredBy: [],
    facts: null,
    hasDetails: false,
    at: LATER,
  },
);

describe('a rendition that crashes the decoder', () => {
  const minute = (minutes: number): Date => new Date(CREATED.getTime() + minutes * 60_000);
  const crashed = (rendition: string, times: number, image: ReadyImage = ready): ReadyImage =>
    Array.from({ length: times }, (_, n) => ({ rendition, detail: `death ${n + 1}`, at: minute(n) })).reduce(
      recordRenditionCrash,
      image,
    );

  it('is given up after the fifth crash, with the last reason; other renditions are not', () => {
    const four = crashed('r1', 4, crashed('r2', 1));
    assert.equal(renditionFailure(four, 'r1'), undefined);
    const five = recordRenditionCrash(four, { rendition: 'r1', detail: 'the last', at: minute(4) });
    const given = { rendition: 'r1', crashes: 5, detail: 'the last', crashedAt: minute(4).toISOString() };
    assert.deepEqual(renditionFailure(five, 'r1'), given);
    assert.equal(renditionFailure(five, 'r2'), undefined);
    assert.equal(renditionFailure(five, 'never tried'), undefined);
  });

  it('changes nothing but the recorded failures, and nothing at all once it is given up', () => {
    const four = crashed('r1', 4);
    const failure = { rendition: 'r1', crashes: 4, detail: 'death 4', crashedAt: minute(3).toISOString() };
    assert.deepEqual(four, { ...ready, renditionFailures: [failure] });
    const five = crashed('r1', 5);
    assert.equal(recordRenditionCrash(five, { rendition: 'r1', detail: 'once more', at: minute(99) }), five);
  });

  it('counts once a minute at most, separately from other renditions', () => {
    const once = crashed('r1', 1);
    const early = { rendition: 'r1', detail: 'again', at: new Date(minute(1).getTime() - 1) };
    assert.equal(recordRenditionCrash(once, early), once);
    assert.equal(recordRenditionCrash(once, { ...early, at: minute(1) }).renditionFailures[0]?.crashes, 2);
    assert.equal(recordRenditionCrash(once, { ...early, rendition: 'r2' }).renditionFailures.length, 2);
  });

  it('is recorded while it is one of the forty that crashed most recently', () => {
    const names = Array.from({ length: 40 }, (_, n) => `r${n}`);
    const full = names.reduce((image, name) => crashed(name, 1, image), ready);
    const again = recordRenditionCrash(full, { rendition: 'r0', detail: 'again', at: minute(1) });
    const kept = ({ renditionFailures }: ReadyImage) => renditionFailures.map(({ rendition }) => rendition);
    assert.deepEqual(kept(again), [...names.slice(1), 'r0']);
    assert.deepEqual(kept(crashed('another', 1, again)), [...names.slice(2), 'r0', 'another']);
  });

  it('is reset by name, or together with all others', () => {
    const both = crashed('r2', 5, crashed('r1', 5));
    const one = resetRenditionFailures(both, ['r1', 'r3']);
    assert.deepEqual(one, crashed('r2', 5));
    assert.deepEqual(resetRenditionFailures(both), ready);
    assert.deepEqual(crashed('r1', 1, one).renditionFailures.at(-1)?.crashes, 1);
    assert.equal(resetRenditionFailures(one, ['r1']), one);
    assert.equal(resetRenditionFailures(ready), ready);
  });

  it('stays recorded when the description of the image changes', () => {
    const { renditionFailures, maintainAt } = describeImage(
      scheduleMaintenance(crashed('r1', 2), EXPIRES),
      { filename: 'x.jpg' },
      LATER,
    );
    assert.deepEqual([renditionFailures[0]?.crashes, maintainAt], [2, EXPIRES]);
  });
});
