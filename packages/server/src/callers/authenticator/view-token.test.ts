import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { type ApiKey, newKey, revoked } from '../../domain/access/api-key.ts';
import { CREATED, issued, later, TERMS } from '../../domain/access/api-keys.fixture.ts';
import { type Revocation, type RevokedTokens, revocationOf } from '../../domain/access/revocation.ts';
import { createUploadTokenText } from '../../domain/access/upload-token-text.ts';
import type { ViewToken } from '../../domain/access/view-token.ts';
import { createViewTokenText } from '../../domain/access/view-token-text.ts';
import { sampleView, viewerWith } from '../../domain/access/view-tokens.fixture.ts';
import { AppError } from '../../domain/errors.ts';
import { UNWATCHED } from '../../observe/observer/store-calls.ts';
import { NO_TRACING } from '../../observe/observer/tracing.ts';
import type { RevocationRepository } from '../../records/revocations/revocation-repository.ts';
import { type AcceptedCredentials, createAuthenticator } from './create-authenticator.ts';
import { RULES, refusedAs } from './jwt/verifier.fixture.ts';
import { createRecentKeys } from './recent-keys.ts';
import { createRecentRevocations, outdatingRevocations } from './recent-revocations.ts';

const AWAY = new AppError('unavailable', 'expected the store to answer; got no answer');
const BY_JWT = { kind: 'jwt', actor: 'issuer|ada' } as const;
const ALL_OF_ADA: RevokedTokens = { userId: 'ada', tokenId: null };

/** The authenticator on a list of revocations, with a clock of its own, a count of reads and an outage on demand. */
async function createHarness(auth: AcceptedCredentials['auth'] = ['jwt', 'api-key']) {
  const stored: Revocation[] = [];
  const keys = new Map<string, ApiKey>();
  const state = { seconds: 0, reads: 0, uses: 0, isAway: false, turn: Promise.resolve() };
  const revocations: RevocationRepository = {
    async add(revocation) {
      stored.push(revocation);
      return revocation;
    },
    async of() {
      state.reads += 1;
      const found = [...stored];
      await state.turn;
      if (state.isAway) throw AWAY;
      return found;
    },
    ofUser: async () => undefined,
  };
  const clock = { now: () => later(state.seconds), elapsedMs: () => state.seconds * 1000 };
  const recentRevocations = createRecentRevocations({ revocations, elapsedMs: clock.elapsedMs });
  const viewTokens = createViewTokenText([randomBytes(32)]);
  const authenticator = await createAuthenticator(
    { auth, jwt: auth.includes('jwt') ? { rules: { ...RULES, algorithms: ['HS256'] }, keys: null } : null },
    {
      keys: {
        recordUse: async () => {
          state.uses += 1;
          return true;
        },
      },
      recentKeys: createRecentKeys({ read: async (id) => keys.get(id), elapsedMs: clock.elapsedMs }),
      uploadTokens: createUploadTokenText([randomBytes(32)]),
      viewTokens,
      recentRevocations,
      jwtSecret: 's'.repeat(32),
      clock,
      tracing: NO_TRACING,
      watch: UNWATCHED,
      warn: (sentence) => assert.fail(sentence),
    },
  );
  return {
    state,
    keys,
    revoke: (tokens: RevokedTokens) => revocations.add(revocationOf(tokens, clock.now())),
    /** As the operations of this process do it. */
    revokeHere: (tokens: RevokedTokens) =>
      outdatingRevocations(revocations, recentRevocations).add(revocationOf(tokens, clock.now())),
    authenticate: (text: string) =>
      authenticator.authenticate(
        (name) => (name === 'authorization' ? [`Bearer ${text}`] : []),
        () => undefined,
      ),
    tokenOf(terms: Partial<ViewToken> = {}) {
      const token = sampleView({ mintedBy: BY_JWT, issuedAt: clock.now(), expiresAt: later(3_600), ...terms });
      return { text: viewTokens.textOf(token), principal: viewerWith(token) };
    },
    [Symbol.dispose]: () => authenticator[Symbol.dispose](),
  };
}

describe('a view token', () => {
  it('authenticates as what it shows, with one read of revocations in five seconds', async () => {
    using harness = await createHarness();
    const { text, principal } = harness.tokenOf({ onlyTags: ['sea'] });
    for (harness.state.seconds of [0, 1, 4.999]) assert.deepEqual(await harness.authenticate(text), principal);
    assert.equal(harness.state.reads, 1);
    harness.state.seconds = 5;
    await harness.authenticate(text);
    assert.equal(harness.state.reads, 2);
  });

  it('is refused from the moment of its expiry, and with a part of it changed, without a read', async () => {
    using harness = await createHarness();
    const { text } = harness.tokenOf();
    await assert.rejects(
      harness.authenticate(`${text.slice(0, -1)}${text.endsWith('A') ? 'E' : 'A'}`),
      refusedAs('malformed'),
    );
    await assert.rejects(harness.authenticate('slv_'), refusedAs('malformed'));
    harness.state.seconds = 3_600;
    await assert.rejects(harness.authenticate(text), refusedAs('expired'));
    assert.equal(harness.state.reads, 0);
  });

  it('is refused if its issue lies further ahead than clocks and revocations explain: it would outlive one', async () => {
    using harness = await createHarness();
    await harness.authenticate(harness.tokenOf({ issuedAt: later(5) }).text);
    await assert.rejects(
      harness.authenticate(harness.tokenOf({ issuedAt: later(5.001) }).text),
      refusedAs('not-yet-valid'),
    );
  });

  for (const [name, tokens] of [
    ['of its user', ALL_OF_ADA],
    ['of its id', { userId: null, tokenId: sampleView().id }],
    ['of its id for its user', { userId: 'ada', tokenId: sampleView().id }],
  ] as const) {
    it(`ends with a revocation ${name}: within five seconds elsewhere, at once in the process that revokes`, async () => {
      using harness = await createHarness();
      const { text } = harness.tokenOf();
      await harness.authenticate(text);
      await harness.revoke(tokens);
      harness.state.seconds = 4.999;
      await harness.authenticate(text);
      harness.state.seconds = 5;
      await assert.rejects(harness.authenticate(text), refusedAs('revoked'));

      using here = await createHarness();
      const other = here.tokenOf();
      await here.authenticate(other.text);
      await here.revokeHere(tokens);
      await assert.rejects(here.authenticate(other.text), refusedAs('revoked'));
    });

    it(`isn't remembered as live if a read is under way at a revocation ${name}`, async () => {
      using harness = await createHarness();
      const { text, principal } = harness.tokenOf();
      const held = Promise.withResolvers<void>();
      harness.state.turn = held.promise;
      const underWay = harness.authenticate(text);
      while (harness.state.reads === 0) await null;
      await harness.revokeHere(tokens);
      harness.state.turn = Promise.resolve();
      held.resolve();
      assert.deepEqual(await underWay, principal, 'it was asked before');
      await assert.rejects(harness.authenticate(text), refusedAs('revoked'));
    });
  }

  it('survives revocations of others, and those from before its issue', async () => {
    using harness = await createHarness();
    await harness.revoke(ALL_OF_ADA);
    await harness.revoke({ userId: 'bob', tokenId: null });
    await harness.revoke({ userId: 'bob', tokenId: sampleView().id });
    await harness.revoke({ userId: null, tokenId: `${sampleView().id.slice(0, -1)}B` });
    await assert.rejects(harness.authenticate(harness.tokenOf({ issuedAt: later(2) }).text), refusedAs('revoked'));
    await harness.authenticate(harness.tokenOf({ id: 'another', issuedAt: later(2.001) }).text);
  });

  it('is refused while revocations cannot be read, and accepted again afterwards', async () => {
    using harness = await createHarness();
    const { text, principal } = harness.tokenOf();
    harness.state.isAway = true;
    for (const _ of [1, 2]) await assert.rejects(harness.authenticate(text), { code: 'unavailable' });
    harness.state.isAway = false;
    assert.deepEqual(await harness.authenticate(text), principal);
  });

  it('ends with the key that minted it, and notes a use of that key only while it is not revoked', async () => {
    using harness = await createHarness();
    const key = newKey(issued(), TERMS, CREATED);
    harness.keys.set(key.id, key);
    const minted = { mintedBy: { kind: 'key', actor: key.id } } as const;
    const [one, other] = [harness.tokenOf({ ...minted, id: 'one' }), harness.tokenOf({ ...minted, id: 'other' })];
    await harness.revoke({ userId: null, tokenId: 'one' });
    await assert.rejects(harness.authenticate(one.text), refusedAs('revoked'));
    assert.equal(harness.state.uses, 0);
    await harness.authenticate(other.text);
    assert.equal(harness.state.uses, 1);
    harness.keys.set(key.id, revoked(key, later(0)));
    harness.state.seconds = 5;
    await assert.rejects(harness.authenticate(other.text), refusedAs('revoked'));
  });

  it('is refused by a service that no longer accepts what minted it', async () => {
    using harness = await createHarness(['api-key']);
    await assert.rejects(harness.authenticate(harness.tokenOf().text), refusedAs('wrong-minter'));
  });
});
