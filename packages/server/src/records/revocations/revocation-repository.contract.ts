import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isRevoked,
  issuedAfter,
  type Revocation,
  type RevokedTokens,
  revocationOf,
} from '../../domain/access/revocation.ts';
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
      for (const one of [ofAda, firstOfAda, first, firstOfBob, second])
        assert.deepEqual(await revocations.add(one), one);
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

    const TOKENS: readonly RevokedTokens[] = [
      { userId: 'ada', tokenId: null },
      { userId: 'ada', tokenId: FIRST },
      { userId: null, tokenId: FIRST },
    ];
    for (const tokens of TOKENS) {
      it(`stores the later revocation of the same tokens: ${JSON.stringify(tokens)}`, async () => {
        await using harness = await create();
        const { revocations } = harness;
        for (const seconds of [5, 6]) {
          const added = revoked(tokens, seconds);
          assert.deepEqual(await revocations.add(added), added);
          assert.deepEqual(await revocations.of({ id: FIRST, userId: 'ada' }), [added]);
        }
      });

      it(`postpones a revocation when a process adds one whose clock is behind: ${JSON.stringify(tokens)}`, async () => {
        await using harness = await create();
        const { revocations } = harness;
        const first = revoked(tokens, 5);
        await revocations.add(first);
        for (const [n, behind] of [revoked(tokens, 5), revoked(tokens, 4), first].entries()) {
          const postponed = { ...first, notBefore: new Date(first.notBefore.getTime() + n + 1) };
          assert.deepEqual(await revocations.add(behind), postponed);
          assert.deepEqual(await revocations.of({ id: FIRST, userId: 'ada' }), [postponed]);
        }
      });
    }

    it('ends a token that is minted between two revocations, whatever the clock of the second one', async () => {
      await using harness = await create();
      const { revocations } = harness;
      await revocations.add(revoked({ userId: 'ada', tokenId: null }, 1));
      const token = { id: FIRST, userId: 'ada', issuedAt: issuedAfter(await revocations.ofUser('ada'), NOW) };
      assert.equal(isRevoked(token, await revocations.of(token)), false);
      await revocations.add(revoked({ userId: 'ada', tokenId: null }, 0));
      assert.equal(isRevoked(token, await revocations.of(token)), true);
    });

    it('stores the latest of fifty that are added at once, and each postpones or replaces another', async () => {
      await using harness = await create();
      const { revocations } = harness;
      const all = Array.from({ length: 50 }, (_, n) => revoked({ userId: 'ada', tokenId: null }, (n * 37) % 50));
      const added = await Promise.all(all.map((one) => revocations.add(one)));
      const times = added.map(({ notBefore }) => notBefore.getTime());
      assert.equal(new Set(times).size, 50);
      const latest = await revocations.ofUser('ada');
      assert.equal(latest?.notBefore.getTime(), Math.max(...times));
      assert.ok(latest.notBefore >= revoked({ userId: 'ada', tokenId: null }, 49).notBefore);
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
