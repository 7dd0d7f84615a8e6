import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytesPiledUp } from '../../test/services/young-bytes.ts';
import { AppError } from '../domain/errors.ts';
import type { ImageId } from '../domain/image/image-id.ts';
import { renditionKey } from '../domain/image/object-key.ts';
import type { FoundRendition, StoredRendition } from '../domain/rendition/rendition.ts';
import { createRenditionCache } from './rendition-cache.ts';

const keyOf = (name: string) => renditionKey('01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId, 'preset', name);

const rendition = (name: string, sizeBytes: number): StoredRendition => ({
  key: keyOf(name),
  contentType: 'image/webp',
  sizeBytes,
  entityTag: `"${name}"`,
  bytes: new Uint8Array(sizeBytes),
  revision: 1,
});

const newlyMade = (name: string, sizeBytes: number): FoundRendition => ({
  rendition: rendition(name, sizeBytes),
  source: 'made',
});

const KIBIBYTE = 1_024;
const BYTES = 100_000;

describe('the rendition cache', () => {
  it('finds a kept rendition until it is forgotten', () => {
    const cache = createRenditionCache({ maxBytes: 64 * KIBIBYTE });
    const kept = rendition('a', KIBIBYTE);
    cache.keep(kept);
    assert.equal(cache.find(kept.key, 1), kept);
    assert.equal(cache.find(kept.key, 2), undefined);
    assert.equal(cache.find(kept.key, 1), kept);
    cache.forget([keyOf('other'), kept.key]);
    assert.equal(cache.find(kept.key, 1), undefined);
  });

  it('keeps the refusals of the last 1,000 renditions that can’t be made', () => {
    const cache = createRenditionCache({ maxBytes: 0 });
    const refusal = new AppError('rendition-failed', 'expected at most 1,000 bytes; got 2,000');
    for (let index = 0; index <= 1_000; index++) cache.keepRefusal(keyOf(`r${index}`), refusal);
    assert.equal(cache.refusal(keyOf('r0')), undefined);
    assert.equal(cache.refusal(keyOf('r1')), refusal);
  });

  it('keeps no more bytes than its limit, and evicts the least recently used', () => {
    const cache = createRenditionCache({ maxBytes: 64 * KIBIBYTE });
    const first = rendition('first', 10 * KIBIBYTE);
    cache.keep(first);
    for (let index = 0; index < 20; index++) {
      cache.keep(rendition(`r${index}`, 10 * KIBIBYTE));
      cache.find(first.key, 1);
    }
    assert.equal(cache.find(first.key, 1), first);
    const found = Array.from({ length: 20 }, (_, index) => cache.find(keyOf(`r${index}`), 1) !== undefined);
    assert.deepEqual(found.lastIndexOf(false), 14);
    assert.deepEqual(found.slice(15), [true, true, true, true, true]);
  });

  it('keeps a new rendition at once only if it is small', () => {
    const cache = createRenditionCache({ maxBytes: 1_024 * KIBIBYTE });
    const [small, large] = [rendition('small', 256 * KIBIBYTE), rendition('large', 256 * KIBIBYTE + 1)];
    for (const one of [small, large]) cache.keepNew(one);
    assert.equal(cache.find(small.key, 1), small);
    assert.equal(cache.find(large.key, 1), undefined);
    cache.keep(large);
    assert.equal(cache.find(large.key, 1), large);
  });

  it('retains no bytes of renditions that were made but not kept, even while others take long', async () => {
    const cache = createRenditionCache({ maxBytes: 1 });
    const slow = Promise.withResolvers<FoundRendition>();
    const others = [1, 2, 3].map((name) => cache.once(keyOf(`slow${name}`), () => slow.promise));
    let made = 0;
    const make = () => {
      made += 1;
      return cache.once(keyOf(`r${made}`), async () => newlyMade(`r${made}`, BYTES));
    };
    await bytesPiledUp(make); // a warm-up with few renditions
    const left = await bytesPiledUp(() => Promise.all([make(), make(), make(), make(), make(), make(), make()]));
    slow.resolve(newlyMade('slow', 1));
    await Promise.all(others);
    assert.ok(left <= 15 * BYTES, `expected what two rounds made, at most; ${left} bytes piled up`);
  });

  it('of zero bytes keeps nothing', () => {
    const cache = createRenditionCache({ maxBytes: 0 });
    cache.keep({ ...rendition('a', 1), bytes: null });
    assert.equal(cache.find(keyOf('a'), 1), undefined);
  });
});
