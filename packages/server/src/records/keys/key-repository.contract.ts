import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ApiKey, revoked, rotated } from '../../domain/access/api-key.ts';
import { CREATED, issued, later, sampleKey } from '../../domain/access/api-keys.fixture.ts';
import type { FindKeysQuery, KeyRepository } from './key-repository.ts';

export interface KeyRepositoryHarness extends AsyncDisposable {
  readonly keys: KeyRepository;
  /** The store, as another process has opened it. */
  readonly elsewhere: KeyRepository;
}

const rotation = (key: ApiKey, { seconds = 60, former }: { seconds?: number; former?: ApiKey } = {}) =>
  rotated(key, { issued: issued(), now: later(1), overlapSeconds: seconds, former });

const rotatedKey = (key: ApiKey) => rotation(key).ended;

export function describeKeyRepository(name: string, create: () => Promise<KeyRepositoryHarness>): void {
  describe(`${name} as a repository of keys`, () => {
    it('has no key before one is created', async () => {
      await using harness = await create();
      assert.equal(await harness.keys.get(sampleKey().id), undefined);
      assert.deepEqual(await list(harness.keys), []);
    });

    for (const [kind, key] of [
      ['a user', sampleKey()],
      ['a service of some users', sampleKey({ actsAs: ['ada', 'b"#%o', '*'], expiresAt: later(60) })],
      ['a service by prefix', sampleKey({ actsAs: { prefixes: ['acme:', 'zo\u00eb"#%', '\u{1f305}'] } })],
      ['a service of everyone', sampleKey({ owner: null, actsAs: 'everyone' })],
      ['an admin', sampleKey({ owner: null, scopes: ['images:admin'], name: 'é 🌅 \u0000' })],
      ['a rotated key', rotatedKey(sampleKey())],
      ['a revoked successor', { ...rotation(sampleKey()).successor, revokedAt: later(5), lastUsedAt: later(4) }],
    ] as const)
      it(`keeps every field of the key of ${kind}`, async () => {
        await using harness = await create();
        await harness.keys.create(key);
        for (const keys of [harness.keys, harness.elsewhere]) {
          assert.deepEqual(await keys.get(key.id), key);
          assert.deepEqual(await keys.find({ owner: undefined, after: undefined, limit: 1 }), {
            keys: [key],
            next: null,
          });
        }
      });

    it('refuses an id that is taken', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      await assert.rejects(harness.keys.create({ ...sampleKey(), id: key.id }));
      assert.deepEqual(await harness.keys.get(key.id), key);
    });

    it('replaces a key that nobody has changed', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      const ended = revoked(key, later(1));
      assert.equal(await harness.keys.replace(key, ended), true);
      assert.deepEqual(await harness.elsewhere.get(key.id), ended);
      assert.equal(await harness.keys.replace(key, revoked(key, later(2))), false);
      assert.equal(await harness.elsewhere.replace(key, revoked(key, later(2))), false);
      assert.deepEqual(await harness.keys.get(key.id), ended);
    });

    it('does not replace a key that does not exist', async () => {
      await using harness = await create();
      const key = sampleKey();
      assert.equal(await harness.keys.replace(key, revoked(key, later(1))), false);
      assert.equal(await harness.keys.get(key.id), undefined);
    });

    it('adds a successor with the end of its predecessor, or neither', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      const first = rotation(key);
      const { ended, successor } = first;
      assert.equal(await harness.keys.rotate(first), true);
      assert.deepEqual(await harness.keys.get(key.id), ended);
      assert.deepEqual(await harness.keys.get(successor.id), successor);

      for (const late of [rotation(key, { seconds: 120 }), rotation({ ...key, expiresAt: ended.expiresAt })]) {
        assert.equal(await harness.keys.rotate(late), false);
        assert.equal(await harness.keys.replace(late.key, revoked(late.key, later(2))), false);
        assert.deepEqual(await harness.keys.get(key.id), ended);
        assert.equal(await harness.keys.get(late.successor.id), undefined);
      }
    });

    it('does not rotate a key that does not exist', async () => {
      await using harness = await create();
      const { key, ...rest } = rotation(sampleKey());
      assert.equal(await harness.keys.rotate({ key, ...rest }), false);
      assert.deepEqual(await list(harness.keys), []);
    });

    it('revokes an unused successor with the next rotation', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      const first = rotation(key);
      await harness.keys.rotate(first);
      const next = rotation(first.ended, { former: first.successor });
      assert.equal(await harness.elsewhere.rotate(next), true);
      assert.deepEqual(await harness.keys.get(first.successor.id), revoked(first.successor, later(1)));
      assert.deepEqual(await harness.keys.get(key.id), next.ended);
      assert.deepEqual(await harness.keys.get(next.successor.id), next.successor);
    });

    for (const [fate, change] of [
      ['used', async ({ elsewhere }, { id }) => void (await elsewhere.recordUse(id, later(2)))],
      ['revoked', async ({ elsewhere }, key) => void (await elsewhere.replace(key, revoked(key, later(2))))],
      ['rotated', async ({ elsewhere }, key) => void (await elsewhere.rotate(rotation(key)))],
    ] as readonly (readonly [string, (harness: KeyRepositoryHarness, key: ApiKey) => Promise<void>])[])
      it(`writes nothing of a rotation whose superseded key was ${fate} meanwhile`, async () => {
        await using harness = await create();
        const key = sampleKey();
        await harness.keys.create(key);
        const first = rotation(key);
        await harness.keys.rotate(first);
        await change(harness, first.successor);
        const before = await list(harness.keys);
        const next = rotation(first.ended, { former: first.successor });
        assert.equal(await harness.keys.rotate(next), false);
        assert.deepEqual(await list(harness.keys), before);
      });

    it('either revokes an unused successor or records its first use, never both', async () => {
      await using harness = await create();
      const outcomes = Array.from({ length: 10 }, async (_, n) => {
        const key = sampleKey();
        await harness.keys.create(key);
        const first = rotation(key);
        const { id } = first.successor;
        await harness.keys.rotate(first);
        const rotate = () => harness.keys.rotate(rotation(first.ended, { former: first.successor }));
        const use = () => harness.elsewhere.recordUse(id, later(2));
        const [one, other] = await Promise.all(n % 2 ? [rotate(), use()] : [use(), rotate()]);
        assert.notEqual(one, other);
        const { revokedAt, lastUsedAt } = (await harness.keys.get(id)) ?? assert.fail();
        assert.deepEqual([revokedAt === null, lastUsedAt === null].toSorted(), [false, true]);
      });
      await Promise.all(outcomes);
    });

    it('lets one of ten concurrent rotations win', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      const rivals = Array.from({ length: 10 }, (_, n) => rotation(key, { seconds: 60 + (n % 2) }));
      const won = await Promise.all(rivals.map((rival, n) => (n % 2 ? harness.keys : harness.elsewhere).rotate(rival)));
      assert.equal(won.filter(Boolean).length, 1);
      const winner = rivals[won.indexOf(true)];
      assert.deepEqual(await harness.keys.get(key.id), winner?.ended);
      assert.equal((await list(harness.keys)).length, 2);
    });

    it('records a use once an hour, also while the key changes', async () => {
      await using harness = await create();
      const key = sampleKey();
      await harness.keys.create(key);
      const usedAt = async () => (await harness.keys.get(key.id))?.lastUsedAt;
      assert.equal(await harness.keys.recordUse(key.id, later(1)), true);
      assert.deepEqual(await usedAt(), later(1));
      assert.equal(await harness.elsewhere.recordUse(key.id, later(3_600)), true);
      assert.deepEqual(await usedAt(), later(1));
      assert.equal(await harness.keys.rotate(rotation(key)), true);
      assert.deepEqual(await usedAt(), later(1));
      assert.equal(await harness.elsewhere.recordUse(key.id, later(3_601)), true);
      assert.deepEqual(await usedAt(), later(3_601));
    });

    it('records no use of a key that is revoked or does not exist, and says so', async () => {
      await using harness = await create();
      const { id } = sampleKey();
      assert.equal(await harness.keys.recordUse(id, CREATED), false);
      assert.equal(await harness.keys.get(id), undefined);
      const key = revoked(sampleKey(), later(1));
      await harness.keys.create(key);
      for (const seconds of [2, 7_200]) {
        assert.equal(await harness.elsewhere.recordUse(key.id, later(seconds)), false);
        assert.deepEqual(await harness.keys.get(key.id), key);
      }
    });

    it('lists all keys, or those of one owner, the newest first, in pages of any size', async () => {
      await using harness = await create();
      const owners = ['ada', 'bob', null, 'Ada', 'ada', 'ada ', 'ada', 'bob'];
      const made = owners.map((owner, n) => sampleKey({ owner, actsAs: 'everyone' }, later(n)));
      for (const key of made) await harness.keys.create(key);
      const newest = made.toReversed();
      for (const limit of [1, 3, 7, 8, 9, 100]) {
        assert.deepEqual(await list(harness.elsewhere, { limit }), newest);
        for (const owner of ['ada', 'bob', 'Ada', 'ada ', 'nobody'])
          assert.deepEqual(
            await list(harness.keys, { owner, limit }),
            newest.filter((key) => key.owner === owner),
          );
      }
    });
  });
}

/** All pages. */
async function list(keys: KeyRepository, query: Partial<FindKeysQuery> = {}): Promise<ApiKey[]> {
  const found: ApiKey[] = [];
  for (let after: FindKeysQuery['after']; ; ) {
    const page = await keys.find({ owner: undefined, limit: 100, ...query, after });
    assert.ok(page.keys.length <= (query.limit ?? 100));
    found.push(...page.keys);
    if (page.next === null) return found;
    after = page.next;
  }
}
