import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type ApiKey, type KeyTerms, newKey, revoked, rotated } from '../../domain/access/api-key.ts';
import { CREATED, issued, later, TERMS } from '../../domain/access/api-keys.fixture.ts';
import type { Minter } from '../../domain/access/upload-token.ts';
import { createUploadTokenText } from '../../domain/access/upload-token-text.ts';
import { sampleToken, uploaderWith } from '../../domain/access/upload-tokens.fixture.ts';
import { createViewTokenText } from '../../domain/access/view-token-text.ts';
import { AppError } from '../../domain/errors.ts';
import { UNWATCHED } from '../../observe/observer/store-calls.ts';
import { NO_TRACING } from '../../observe/observer/tracing.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import { createSqliteKeyRepository } from '../../records/keys/sqlite/sqlite.ts';
import { openDatabase } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { type AcceptedCredentials, createAuthenticator } from './create-authenticator.ts';
import { RULES, refusedAs } from './jwt/verifier.fixture.ts';
import { createRecentKeys, outdatingRecent } from './recent-keys.ts';

const AWAY = new AppError('unavailable', 'expected the store to answer; got no answer');
const BY_JWT: Minter = { kind: 'jwt', actor: 'issuer|ada' };

/** The authenticator on a real store, with a clock of its own, a count of reads and an outage on demand. */
async function createHarness(auth: AcceptedCredentials['auth'] = ['jwt', 'api-key']) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-upload-tokens-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const keys = createSqliteKeyRepository(database, writes);
  const state = { seconds: 0, reads: 0, isAway: false };
  const counted: KeyRepository = {
    ...keys,
    async get(id) {
      state.reads += 1;
      if (state.isAway) throw AWAY;
      return keys.get(id);
    },
  };
  const clock = { now: () => later(state.seconds), elapsedMs: () => state.seconds * 1000 };
  const recentKeys = createRecentKeys({ read: (id) => counted.get(id), elapsedMs: clock.elapsedMs });
  const uploadTokens = createUploadTokenText([randomBytes(32)]);
  const authenticator = stack.use(
    await createAuthenticator(
      { auth, jwt: auth.includes('jwt') ? { rules: { ...RULES, algorithms: ['HS256'] }, keys: null } : null },
      {
        keys: counted,
        recentKeys,
        uploadTokens,
        viewTokens: createViewTokenText([randomBytes(32)]),
        recentRevocations: { isRevoked: () => assert.fail('no view token is sent'), outdate: () => undefined },
        jwtSecret: 's'.repeat(32),
        clock,
        tracing: NO_TRACING,
        watch: UNWATCHED,
        warn: (sentence) => assert.fail(sentence),
      },
    ),
  );
  const held = stack.move();
  return {
    keys,
    /** The stored keys, as the operations of this process see them. */
    managed: outdatingRecent(keys, recentKeys),
    state,
    authenticate: (text: string) =>
      authenticator.authenticate(
        (name) => (name === 'authorization' ? [`Bearer ${text}`] : []),
        () => undefined,
      ),
    /** A token that lives for a day. */
    tokenOf(mintedBy: Minter) {
      const token = sampleToken({ mintedBy, expiresAt: later(86_400), maxImages: 5 });
      return { text: uploadTokens.textOf(token), principal: uploaderWith(token) };
    },
    async addKey(terms: Partial<KeyTerms> = {}): Promise<ApiKey> {
      const record = newKey(issued(), { ...TERMS, ...terms }, CREATED);
      await keys.create(record);
      return record;
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const mintedBy = ({ id }: Pick<ApiKey, 'id'>): Minter => ({ kind: 'key', actor: id });

describe('an upload token', () => {
  it('authenticates as what it permits, whether a key or an issuer’s token minted it', async () => {
    await using harness = await createHarness();
    for (const minter of [mintedBy(await harness.addKey()), BY_JWT]) {
      const { text, principal } = harness.tokenOf(minter);
      assert.deepEqual(await harness.authenticate(text), principal);
    }
  });

  it('is refused from the moment of its expiry, without a read of its key', async () => {
    await using harness = await createHarness();
    for (const minter of [mintedBy(await harness.addKey()), BY_JWT]) {
      const { text } = harness.tokenOf(minter);
      harness.state.seconds = 86_399.999;
      await harness.authenticate(text);
      const { reads } = harness.state;
      for (const seconds of [86_400, 90_000]) {
        harness.state.seconds = seconds;
        await assert.rejects(harness.authenticate(text), refusedAs('expired'));
      }
      assert.equal(harness.state.reads, reads);
      harness.state.seconds = 0;
    }
  });

  it('is refused without a read if it is not whole, or another service made it', async () => {
    await using harness = await createHarness();
    const { text } = harness.tokenOf(mintedBy(await harness.addKey()));
    const foreign = createUploadTokenText([randomBytes(32)]).textOf(sampleToken({ expiresAt: later(60) }));
    for (const wrong of ['slu_', text.slice(0, -1), `${text}0`, foreign, `slu_${'A'.repeat(5_000)}`])
      await assert.rejects(harness.authenticate(wrong), refusedAs('malformed'));
    assert.equal(harness.state.reads, 0);
  });
});

describe('an upload token that a key minted', () => {
  it('dies with its key five seconds after the key was read, and not before', async () => {
    await using harness = await createHarness();
    const key = await harness.addKey();
    const { text, principal } = harness.tokenOf(mintedBy(key));
    await harness.authenticate(text);
    assert.equal(await harness.keys.replace(key, revoked(key, later(0))), true);
    harness.state.seconds = 4.999;
    assert.deepEqual(await harness.authenticate(text), principal);
    assert.equal(harness.state.reads, 1);
    harness.state.seconds = 5;
    await assert.rejects(harness.authenticate(text), refusedAs('revoked'));
  });

  it('dies at once in the process that revokes its key', async () => {
    await using harness = await createHarness();
    const key = await harness.addKey();
    const { text } = harness.tokenOf(mintedBy(key));
    await harness.authenticate(text);
    assert.equal(await harness.managed.replace(key, revoked(key, later(0))), true);
    await assert.rejects(harness.authenticate(text), refusedAs('revoked'));
  });

  it('counts as a use of its key', async () => {
    await using harness = await createHarness();
    const former = await harness.addKey();
    const first = rotated(former, { issued: issued(), now: later(0), overlapSeconds: 60 });
    assert.equal(await harness.keys.rotate(first), true);
    await harness.authenticate(harness.tokenOf(mintedBy(first.successor)).text);
    assert.deepEqual((await harness.keys.get(first.successor.id))?.lastUsedAt, later(0));
  });

  it('dies at once with a key that no request has read, and shares reads with the key itself', async () => {
    await using harness = await createHarness();
    const [one, read] = [issued(), issued()];
    const keys = [one, read].map((issue) => newKey(issue, TERMS, CREATED));
    for (const key of keys) await harness.keys.create(key);
    await harness.authenticate(read.text);
    for (const key of keys) await harness.keys.replace(key, revoked(key, later(0)));
    await assert.rejects(harness.authenticate(harness.tokenOf(mintedBy(one)).text), refusedAs('revoked'));
    await harness.authenticate(harness.tokenOf(mintedBy(read)).text);
    assert.equal(harness.state.reads, 2);
  });

  it('dies at the moment at which its key expires, also if it was just read', async () => {
    await using harness = await createHarness();
    const { text } = harness.tokenOf(mintedBy(await harness.addKey({ expiresAt: later(3) })));
    harness.state.seconds = 2.999;
    await harness.authenticate(text);
    harness.state.seconds = 3;
    await assert.rejects(harness.authenticate(text), refusedAs('expired'));
  });

  it('lives as long as a rotated key overlaps with its successor', async () => {
    await using harness = await createHarness();
    const key = await harness.addKey();
    const { text } = harness.tokenOf(mintedBy(key));
    const rotation = rotated(key, { issued: issued(), now: later(0), overlapSeconds: 60 });
    assert.equal(await harness.keys.rotate(rotation), true);
    harness.state.seconds = 59;
    await harness.authenticate(text);
    harness.state.seconds = 60;
    await assert.rejects(harness.authenticate(text), refusedAs('expired'));
  });

  it('counts as those that its key replaces minted, also once they have ended', async () => {
    await using harness = await createHarness();
    const first = await harness.addKey();
    let key = first;
    const ids: string[] = [key.id];
    for (const _ of [1, 2]) {
      const rotation = rotated(key, { issued: issued(), now: later(0), overlapSeconds: 0 });
      assert.equal(await harness.keys.rotate(rotation), true);
      key = rotation.successor;
      ids.unshift(key.id);
    }
    const { text, principal } = harness.tokenOf(mintedBy(key));
    assert.deepEqual(await harness.authenticate(text), { ...principal, actors: ids, keyspace: first.id });
    await assert.rejects(harness.authenticate(harness.tokenOf(mintedBy(first)).text), refusedAs('expired'));
  });

  it('is refused if there is no such key', async () => {
    await using harness = await createHarness();
    for (const actor of [issued().id, 'issuer|ada', ''])
      await assert.rejects(
        harness.authenticate(harness.tokenOf({ kind: 'key', actor }).text),
        refusedAs('wrong-minter'),
      );
  });

  it('is refused while the keys cannot be read, and accepted again afterwards', async () => {
    await using harness = await createHarness();
    const { text, principal } = harness.tokenOf(mintedBy(await harness.addKey()));
    harness.state.isAway = true;
    await assert.rejects(harness.authenticate(text), { code: 'unavailable' });
    harness.state.isAway = false;
    assert.deepEqual(await harness.authenticate(text), principal);
  });

  it('is refused by a service that accepts no keys, without a read', async () => {
    await using harness = await createHarness(['jwt']);
    const { text } = harness.tokenOf(mintedBy(await harness.addKey()));
    await assert.rejects(harness.authenticate(text), refusedAs('wrong-minter'));
    assert.equal(harness.state.reads, 0);
  });
});

describe('an upload token that an issuer’s token minted', () => {
  it('needs no key, and lives while the keys cannot be read', async () => {
    await using harness = await createHarness(['jwt']);
    const { text, principal } = harness.tokenOf(BY_JWT);
    harness.state.isAway = true;
    assert.deepEqual(await harness.authenticate(text), principal);
    assert.equal(harness.state.reads, 0);
  });

  it('is refused by a service that accepts only keys, even if its subject is the id of a live key', async () => {
    await using harness = await createHarness(['api-key']);
    const { id } = await harness.addKey();
    for (const actor of ['issuer|ada', id])
      await assert.rejects(
        harness.authenticate(harness.tokenOf({ kind: 'jwt', actor }).text),
        refusedAs('wrong-minter'),
      );
  });
});
