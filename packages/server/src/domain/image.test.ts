import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canBecome, type Image, pendingImage, publish, reject, type Status, tombstone } from './image.ts';
import type { ImageId } from './image-id.ts';
import { originalKey } from './object-key.ts';

const CREATED = new Date('2026-11-20T12:00:00.000Z');
const LATER = new Date('2026-11-20T12:00:09.000Z');

const described = {
  id: '0198f0a0-0000-7000-8000-000000000001' as ImageId,
  userId: 'ada',
  filename: 'sunset.jpg',
  tags: ['beach', 'sunset'],
  description: 'The sea',
  metadata: { camera: 'x' },
};
const pending = pendingImage({ ...described, contentType: 'image/jpg' }, CREATED, {
  expiresAt: new Date('2026-11-20T12:05:00.000Z'),
  claim: { attempt: 'a1', leaseUntil: LATER },
  isDirect: false,
});
const verified = {
  contentType: 'image/jpeg',
  sizeBytes: 1_234,
  sha256: 'ab'.repeat(32),
  width: 640,
  height: 480,
  placeholder: 'aGFzaA==',
} as const;
const objectKey = originalKey(pending, 'a1');
const ready = publish(pending, verified, objectKey, LATER);
const rejection = { code: 'type-mismatch', detail: 'expected image/jpeg; came image/png' } as const;
const rejected = reject(pending, rejection, LATER);

describe('the life of an image', () => {
  const STATUSES: readonly Status[] = ['pending', 'ready', 'rejected', 'expired', 'deleted'];
  const EDGES = [
    'pending -> ready',
    'pending -> rejected',
    'pending -> expired',
    'pending -> deleted',
    'ready -> deleted',
    'rejected -> deleted',
    'expired -> deleted',
  ];

  it('has the edges of DESIGN 5 and no others', () => {
    const all = STATUSES.flatMap((from) => STATUSES.map((to) => ({ from, to })));
    const legal = all.filter(({ from, to }) => canBecome(from, to)).map(({ from, to }) => `${from} -> ${to}`);
    assert.deepEqual(legal.toSorted(), EDGES.toSorted());
  });
});

describe('a new image', () => {
  it('is pending at revision 1, as it was described', () => {
    assert.deepEqual(pending, {
      ...described,
      contentType: 'image/jpg',
      updatedAt: CREATED,
      revision: 1,
      status: 'pending',
      expiresAt: new Date('2026-11-20T12:05:00.000Z'),
      claim: { attempt: 'a1', leaseUntil: LATER },
      isDirect: false,
    });
  });

  it('takes nothing from its description but what a record holds', () => {
    const named = { ...described, contentType: 'image/png', status: 'ready', publicOrigin: 'http://localhost' };
    const image = pendingImage(named, CREATED, { expiresAt: LATER, claim: null, isDirect: true });
    assert.deepEqual(Object.keys(image).toSorted(), Object.keys(pending).toSorted());
    assert.equal(image.status, 'pending');
  });
});

describe('publishing', () => {
  it('makes the image ready with its verified bytes, one revision on, and keeps nothing of the upload', () => {
    assert.deepEqual(ready, {
      ...described,
      ...verified,
      updatedAt: LATER,
      revision: 2,
      status: 'ready',
      objectKey,
      uploadedAt: LATER,
    });
  });
});

describe('rejecting', () => {
  it('keeps what was declared and why it was refused, and no key to serve', () => {
    assert.deepEqual(rejected, {
      ...described,
      contentType: 'image/jpg',
      updatedAt: LATER,
      revision: 2,
      status: 'rejected',
      rejection,
    });
  });
});

describe('deleting', () => {
  const { expiresAt: _, claim: __, isDirect: ___, ...base } = pending;
  const living: readonly Exclude<Image, { status: 'deleted' }>[] = [
    pending,
    ready,
    rejected,
    { ...base, status: 'expired' },
  ];
  for (const image of living) {
    it(`leaves of a ${image.status} image its description and when it was deleted`, () => {
      const at = new Date('2026-12-01T00:00:00.000Z');
      assert.deepEqual(tombstone(image, at), {
        ...described,
        contentType: image.contentType,
        updatedAt: at,
        revision: image.revision + 1,
        status: 'deleted',
        deletedAt: at,
      });
    });
  }
});
