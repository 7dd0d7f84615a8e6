import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Revocation, type RevokedTokens, revocationOf } from '../../domain/access/revocation.ts';
import type { RevocationRepository } from './revocation-repository.ts';

/** The harness of an adapter: a fresh, empty store. */
export interface RevocationHarness extends AsyncDisposable {
  readonly revocations: RevocationRepository;
}

const NOW = new Date('2026-01-01T00:00:00Z');
const [FIRST, SECOND] = ['vAAAAAAAAAAAAAAAAAAAAAA', 'v-BBBBBBBBBBBBBBBBBBBB_'];

const revoked = (tokens: RevokedTokens, seconds = 0): Revocation =>
  revocationOf(tokens, new Date(NOW.getTime() + seconds * 1000));

/** In an order of its own, as the port promises none. */
const sorted = (revocations: readonly Revocation[]): readonly string[] =>
  revocations.map((one) => JSON.stringify(one, Object.keys(one).toSorted())).toSorted();

export function describeRevocationRepository(name: string, create: () => Promise<RevocationHarness>): void {
  describe(`${name} as a repository of revocations`, () => {
    it('has none before one is added', async () => {
      await using harness = await create();
      assert.deepEqual(await harness.revocations.of({ id: FIRST, userId: 'ada' }), []);
      assert.equal(await harness.revocations.ofUser('ada'), undefined);
    });

    it("finds a token's revocations: of its user, of its id for its user, and of its id; and no other token's", async () => {
      await using harness = await create();
      const { revocations } = harness;
      const [ofAda, firstOfAda, first] = [
        revoked({ userId: 'ada', tokenId: null }, 1),
        revoked({ userId: 'ada', tokenId: FIRST }, 2),
        revoked({ userId: null, tokenId: FIRST }, 3),
      ];
      const [firstOfBob, second] = [
        revoked({ userId: 'bob', tokenId: FIRST }, 4),
        revoked({ userId: null, tokenId: SECOND }, 5),
      ];
      for (const one of [ofAda, firstOfAda, first, firstOfBob, second]) assert.equal(await revocations.add(one), true);
      const found = async (userId: string, id: string) => sorted(await revocations.of({ userId, id }));
      assert.deepEqual(await found('ada', FIRST), sorted([ofAda, firstOfAda, first]));
      assert.deepEqual(await found('ada', SECOND), sorted([ofAda, second]));
      assert.deepEqual(await found('bob', FIRST), sorted([firstOfBob, first]));
      assert.deepEqual(await found('bob', SECOND), sorted([second]));
      assert.deepEqual(await found('eve', 'vCCCCCCCCCCCCCCCCCCCCCC'), []);
    });

    it("finds the revocation of all of a user's tokens, not that of one token", async () => {
      await using harness = await create();
      const { revocations } = harness;
      await revocations.add(revoked({ userId: 'ada', tokenId: FIRST }));
      assert.equal(await revocations.ofUser('ada'), undefined);
      const ofAda = revoked({ userId: 'ada', tokenId: null }, 1);
      await revocations.add(ofAda);
      assert.deepEqual(await revocations.ofUser('ada'), ofAda);
      assert.equal(await revocations.ofUser('bob'), undefined);
    });

    const SUBJECTS: readonly RevokedTokens[] = [
      { userId: 'ada', tokenId: null },
      { userId: 'ada', tokenId: FIRST },
      { userId: null, tokenId: FIRST },
    ];
    for (const tokens of SUBJECTS) {
      it(`keeps the latest revocation of the same tokens: ${JSON.stringify(tokens)}`, async () => {
        await using harness = await create();
        const { revocations } = harness;
        const found = () => revocations.of({ id: FIRST, userId: 'ada' });
        assert.equal(await revocations.add(revoked(tokens, 5)), true);
        assert.equal(await revocations.add(revoked(tokens, 5)), false);
        assert.equal(await revocations.add(revoked(tokens, 4)), false);
        assert.deepEqual(await found(), [revoked(tokens, 5)]);
        assert.equal(await revocations.add(revoked(tokens, 6)), true);
        assert.deepEqual(await found(), [revoked(tokens, 6)]);
      });
    }

    it('keeps the latest of fifty that are added at once', async () => {
      await using harness = await create();
      const { revocations } = harness;
      const all = Array.from({ length: 50 }, (_, n) => revoked({ userId: 'ada', tokenId: null }, (n * 37) % 50));
      const added = await Promise.all(all.map((one) => revocations.add(one)));
      assert.ok(added.includes(true));
      assert.deepEqual(await revocations.ofUser('ada'), revoked({ userId: 'ada', tokenId: null }, 49));
    });

    it('keeps users apart whose ids contain separators of keys', async () => {
      await using harness = await create();
      const { revocations } = harness;
      const users = ['ada#1', 'ada%231', 'ada', '#', '%', 'ada:"\u{1f98a}"'];
      for (const [n, userId] of users.entries()) await revocations.add(revoked({ userId, tokenId: null }, n));
      for (const [n, userId] of users.entries())
        assert.deepEqual(await revocations.of({ id: FIRST, userId }), [revoked({ userId, tokenId: null }, n)]);
    });
  });
}
