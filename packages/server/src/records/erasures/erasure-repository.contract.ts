import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { v7 as uuidv7 } from 'uuid';
import type { ImageId } from '../../domain/image/image-id.ts';
import { type Deletion, NOTHING_REMOVED } from '../../domain/user/deletion.ts';
import { type Erasure, MAX_ERASED_IDS } from '../../domain/user/erasure.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { ErasureRepository } from './erasure-repository.ts';

/** The harness of an adapter: a fresh, empty store. */
export interface ErasureHarness extends AsyncDisposable {
  readonly erasures: ErasureRepository;
}

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (minutes: number): Date => new Date(NOW.getTime() + minutes * 60_000);
const KEY = 'ab'.repeat(32);
const [ADA, BOB] = [userHashOf(KEY, 'ada'), userHashOf(KEY, 'bob')];

const erasureOf = (userHash: string, minutes: number, images = 0): Erasure => ({
  id: uuidv7(),
  userHash,
  imageIds: Array.from({ length: images }, () => uuidv7() as ImageId),
  erasedAt: NOW,
  blockedUntil: later(minutes),
});

export function describeErasureRepository(name: string, create: () => Promise<ErasureHarness>): void {
  describe(`${name} as a repository of erasures`, () => {
    it('keeps the first key', async () => {
      await using harness = await create();
      assert.equal(await harness.erasures.key(), undefined);
      assert.equal(await harness.erasures.addKey(KEY), KEY);
      assert.equal(await harness.erasures.addKey('cd'.repeat(32)), KEY);
      assert.equal(await harness.erasures.key(), KEY);
    });

    it('adds an erasure once, and finds all of its user', async () => {
      await using harness = await create();
      const [first, large, other] = [erasureOf(ADA, 1), erasureOf(ADA, 1, MAX_ERASED_IDS), erasureOf(BOB, 1, 2)];
      for (const one of [first, large, other]) assert.equal(await harness.erasures.add(one), true);
      assert.equal(await harness.erasures.add(large), false);
      assert.deepEqual(await harness.erasures.of(ADA), [first, large]);
      assert.deepEqual(await harness.erasures.of(userHashOf(KEY, 'eve')), []);
    });

    it('reads all erasures of all users, also of more than a page', async () => {
      await using harness = await create();
      assert.deepEqual(await Array.fromAsync(harness.erasures.all()), []);
      const added = Array.from({ length: 45 }, (_, n) => erasureOf(n % 2 === 0 ? ADA : BOB, 1, n % 3));
      for (const one of added) await harness.erasures.add(one);
      await harness.erasures.addKey(KEY);
      const byId = (one: Erasure, other: Erasure) => (one.id < other.id ? -1 : 1);
      assert.deepEqual((await Array.fromAsync(harness.erasures.all())).toSorted(byId), added.toSorted(byId));
    });

    it('blocks each user until the last of its erasures says so', async () => {
      await using harness = await create();
      await harness.erasures.addKey(KEY);
      assert.equal(await harness.erasures.blocks(NOW), undefined);
      for (const one of [erasureOf(ADA, 5), erasureOf(ADA, 2), erasureOf(BOB, 1)]) await harness.erasures.add(one);
      assert.deepEqual(await harness.erasures.blocks(NOW), {
        key: KEY,
        until: new Map([
          [ADA, later(5)],
          [BOB, later(1)],
        ]),
      });
      assert.deepEqual(await harness.erasures.blocks(later(1)), { key: KEY, until: new Map([[ADA, later(5)]]) });
      assert.equal(await harness.erasures.blocks(later(5)), undefined);
    });

    it('keeps a deletion, which is open until it has ended', async () => {
      await using harness = await create();
      const open: Deletion = {
        userHash: ADA,
        userId: 'ada',
        startedAt: NOW,
        blockedUntil: later(60),
        urlsEndAt: later(30),
        endedAt: null,
        askedBy: '0UiGeyDE8ZsCkq2W',
        counts: NOTHING_REMOVED,
      };
      assert.equal(await harness.erasures.deletion(ADA), undefined);
      await harness.erasures.putDeletion(open);
      assert.deepEqual(await harness.erasures.deletion(ADA), open);
      assert.deepEqual(await harness.erasures.openDeletions(), [open]);
      const ended = {
        ...open,
        userId: null,
        askedBy: null,
        endedAt: later(30),
        counts: { ...NOTHING_REMOVED, images: 3 },
      };
      await harness.erasures.putDeletion(ended);
      assert.deepEqual(await harness.erasures.deletion(ADA), ended);
      assert.deepEqual(await harness.erasures.openDeletions(), []);
    });
  });
}
