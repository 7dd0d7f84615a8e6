import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ApiKey, type KeyTerms, newKey, revoked, rotated } from '../../domain/access/api-key.ts';
import type { IssuedKey } from '../../domain/access/api-key-text.ts';
import { CREATED, issued, later, TERMS, withChecksum, withSecretOf } from '../../domain/access/api-keys.fixture.ts';
import { AppError } from '../../domain/errors.ts';
import type { KeyRepository } from '../../records/keys/key-repository.ts';
import { createSqliteKeyRepository } from '../../records/keys/sqlite/sqlite.ts';
import { openDatabase } from '../../records/sqlite/database.ts';
import { createGroupCommit } from '../../records/sqlite/group-commit.ts';
import { MIGRATIONS } from '../../records/sqlite/schema.ts';
import { createApiKeyVerifier } from './api-key.ts';
import { createBearerAuthenticator } from './credential.ts';
import { createKeyUses } from './key-uses.ts';
import { createRecentKeys, outdatingRecent } from './recent-keys.ts';

const AWAY = new AppError('unavailable', 'expected the store to answer; got no answer');

/** A verifier on a real store, with a clock of its own, a count of reads and writes, and an outage on demand. */
async function createHarness() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-verifier-')));
  const database = stack.use(openDatabase(folder.path, MIGRATIONS));
  const writes = stack.use(createGroupCommit(database));
  const keys = createSqliteKeyRepository(database, writes);
  const state = { seconds: 0, reads: 0, uses: 0, isAway: false, beforeAnswer: async () => {} };
  const counted: Pick<KeyRepository, 'get' | 'recordUse'> = {
    async get(id) {
      state.reads += 1;
      if (state.isAway) throw AWAY;
      const key = await keys.get(id);
      await state.beforeAnswer();
      return key;
    },
    async recordUse(id, at) {
      state.uses += 1;
      if (state.isAway) throw AWAY;
      return keys.recordUse(id, at);
    },
  };
  const clock = { now: () => later(state.seconds), elapsedMs: () => state.seconds * 1000 };
  const recent = createRecentKeys({ read: (id) => counted.get(id), elapsedMs: clock.elapsedMs });
  const verifier = createApiKeyVerifier({ recent, noteUse: createKeyUses({ keys: counted, clock }), clock });
  const held = stack.move();
  return {
    keys,
    /** The stored keys, as the operations of this process see them. */
    managed: outdatingRecent(keys, recent),
    state,
    /** `beforeGuess`: called before a read of a key that this process hasn't seen. */
    verify: (text: string, beforeGuess = () => {}) => verifier.verify(text, beforeGuess),
    /** Resolves after all writes so far. */
    written: () => writes.write(() => undefined),
    async add(terms: Partial<KeyTerms> = {}): Promise<IssuedKey & { readonly record: ApiKey }> {
      const one = issued();
      const record = newKey(one, { ...TERMS, ...terms }, CREATED);
      await keys.create(record);
      return { ...one, record };
    },
    /** Rotates a new key. */
    async addSuccessor() {
      const [former, one] = [newKey(issued(), TERMS, CREATED), issued()];
      await keys.create(former);
      const rotation = rotated(former, { issued: one, now: CREATED, overlapSeconds: 60 });
      assert.equal(await keys.rotate(rotation), true);
      return { ...one, rotation };
    },
    /** Revokes a key in another process. */
    async revoke(record: ApiKey) {
      assert.equal(await keys.replace(record, revoked(record, later(state.seconds))), true);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const refused = (reason: string) => ({ code: 'unauthenticated', reason });

describe('an API key', () => {
  it('authenticates its principal', async () => {
    await using harness = await createHarness();
    const { id, text, record } = await harness.add();
    assert.deepEqual(await harness.verify(text), {
      kind: 'user',
      userId: 'ada',
      scopes: record.scopes,
      actors: [id],
    });
  });

  it('is refused without a read if it is junk', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add();
    for (const junk of [
      text.slice(0, -1),
      `${text}0`,
      text.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      'safelight_',
    ])
      await assert.rejects(harness.verify(junk), refused('malformed'));
    assert.equal(harness.state.reads, 0);
  });

  it('is refused with another secret, and says nothing of its state before', async () => {
    await using harness = await createHarness();
    const key = await harness.add();
    const other = withSecretOf(key, issued());
    await assert.rejects(harness.verify(other), refused('wrong-secret'));
    await harness.revoke(key.record);
    harness.state.seconds = 5;
    await assert.rejects(harness.verify(other), refused('wrong-secret'));
    await assert.rejects(harness.verify(key.text), refused('revoked'));
  });

  it('is refused from the moment of its expiry, also if it was just read', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add({ expiresAt: later(3) });
    harness.state.seconds = 2.999;
    await harness.verify(text);
    harness.state.seconds = 3;
    await assert.rejects(harness.verify(text), refused('expired'));
    assert.equal(harness.state.reads, 1);
  });

  it('is not accepted after any mutation', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(75),
        fc.constantFrom(...'0123456789ABCXYZabcxyz_-. '),
        fc.constantFrom('replace', 'insert', 'remove', 'swap'),
        fc.boolean(),
        async (at, other, kind, isSealed) => {
          const [before, one, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
          const changed = {
            replace: `${before}${other}${after}`,
            insert: `${before}${other}${one}${after}`,
            remove: `${before}${after}`,
            swap: `${before}${after.charAt(0)}${one}${after.slice(1)}`,
          }[kind];
          const mutated = isSealed ? withChecksum(changed.slice(0, -6)) : changed;
          fc.pre(mutated !== text);
          const accepted = createBearerAuthenticator([{ matches: () => true, verify: harness.verify }]).authenticate(
            (name) => (name === 'authorization' ? [`Bearer ${mutated}`] : []),
            () => undefined,
          );
          if (mutated === `${text} ` || mutated === ` ${text}`) return void (await accepted); // the same credential (RFC 9110 5.5)
          await assert.rejects(accepted, { code: 'unauthenticated' });
        },
      ),
    );
  });
});

describe('a change of a key', () => {
  it('counts after five seconds, and not before the key was read again', async () => {
    await using harness = await createHarness();
    const { text, record } = await harness.add();
    await harness.verify(text);
    await harness.revoke(record);
    harness.state.seconds = 4.999;
    await harness.verify(text);
    harness.state.seconds = 5;
    await assert.rejects(harness.verify(text), refused('revoked'));
    assert.equal(harness.state.reads, 2);
  });

  it('counts within five seconds of a read, however late its answer came', async () => {
    await using harness = await createHarness();
    const { text, record } = await harness.add();
    harness.state.beforeAnswer = async () => {
      harness.state.seconds += 4;
      await harness.revoke(record);
      harness.state.beforeAnswer = async () => {};
    };
    await harness.verify(text); // it was live when it was read
    harness.state.seconds += 1;
    await assert.rejects(harness.verify(text), refused('revoked'));
  });

  it('counts for a request that comes while an older read still waits for its answer', async () => {
    await using harness = await createHarness();
    const { text, record } = await harness.add();
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.state.beforeAnswer = () => promise;
    const slow = harness.verify(text);
    while (harness.state.reads === 0) await Promise.resolve();
    await harness.revoke(record);
    harness.state.beforeAnswer = async () => {};
    harness.state.seconds = 5;
    const late = harness.verify(text);
    late.catch(() => undefined); // awaited below
    resolve();
    await slow;
    await assert.rejects(late, refused('revoked'));
    await assert.rejects(harness.verify(text), refused('revoked'));
  });

  for (const [change, make] of [
    ['a revocation', (keys, key, now) => keys.replace(key, revoked(key, now))],
    ['a rotation', (keys, key, now) => keys.rotate(rotated(key, { issued: issued(), now, overlapSeconds: 0 }))],
  ] as readonly (readonly [string, (keys: KeyRepository, key: ApiKey, now: Date) => Promise<boolean>])[])
    it(`counts at once in the process that makes it: ${change}`, async () => {
      await using harness = await createHarness();
      const { text, record } = await harness.add();
      await harness.verify(text);
      assert.equal(await make(harness.managed, record, later(0)), true);
      await assert.rejects(harness.verify(text), { code: 'unauthenticated' });
    });

  it('counts at once for the unused successor that a rotation revokes, also if a wrong secret had it read', async () => {
    await using harness = await createHarness();
    const { rotation, ...lost } = await harness.addSuccessor();
    await assert.rejects(harness.verify(withSecretOf(lost, issued())), refused('wrong-secret'));
    const terms = { issued: issued(), now: later(0), overlapSeconds: 60, former: rotation.successor };
    assert.equal(await harness.managed.rotate(rotated(rotation.ended, terms)), true);
    await assert.rejects(harness.verify(lost.text), refused('revoked'));
  });

  it('counts at once in a process that has read it to tell of it', async () => {
    await using harness = await createHarness();
    const { id, text, record } = await harness.add();
    await harness.verify(text);
    await harness.revoke(record);
    await harness.managed.get(id);
    await assert.rejects(harness.verify(text), refused('revoked'));
  });

  it('counts at once also if an earlier read still waits for its answer, and leaves the key a known one', {
    timeout: 60_000,
  }, async () => {
    await using harness = await createHarness();
    const { text, record } = await harness.add();
    await harness.verify(text);
    harness.state.seconds = 5;
    const { promise, resolve } = Promise.withResolvers<void>();
    harness.state.beforeAnswer = () => promise;
    const slow = harness.verify(text);
    while (harness.state.reads < 2) await Promise.resolve();
    assert.equal(await harness.managed.replace(record, revoked(record, later(5))), true);
    harness.state.beforeAnswer = async () => {};
    const isKnown = () => assert.fail('expected no guess of a key that this process has seen');
    await assert.rejects(harness.verify(text, isKnown), refused('revoked'));
    resolve();
    await slow;
    await assert.rejects(harness.verify(text, isKnown), refused('revoked'));
  });

  it('creates a key that was unknown five seconds before', async () => {
    await using harness = await createHarness();
    const one = issued();
    await assert.rejects(harness.verify(one.text), refused('unknown-key'));
    await harness.keys.create(newKey(one, TERMS, CREATED));
    await assert.rejects(harness.verify(one.text), refused('unknown-key'));
    assert.equal(harness.state.reads, 1);
    harness.state.seconds = 5;
    await harness.verify(one.text);
  });
});

describe('reads of keys', () => {
  it('are shared by concurrent requests', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => harness.verify(text)));
    assert.equal(harness.state.reads, 1);
    for (const other of others) assert.equal(other, first);
  });

  it('of 20,000 unknown ids keep no known key from being remembered', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add();
    await harness.verify(text);
    const unknown = Array.from({ length: 20_000 }, () => issued().text);
    for (const one of unknown) await assert.rejects(harness.verify(one), refused('unknown-key'));
    const { reads } = harness.state;
    await harness.verify(text);
    await assert.rejects(harness.verify(unknown.at(-1) ?? ''), refused('unknown-key'));
    assert.equal(harness.state.reads, reads);
    await assert.rejects(harness.verify(unknown[0] ?? ''), refused('unknown-key'));
    assert.equal(harness.state.reads, reads + 1, 'expected the oldest of 20,000 to be forgotten');
  });

  it('that fail let nobody in, and are repeated by the next request', async () => {
    await using harness = await createHarness();
    const { text } = await harness.add();
    await harness.verify(text);
    harness.state.isAway = true;
    await harness.verify(text); // remembered for five seconds
    harness.state.seconds = 5;
    await assert.rejects(harness.verify(text), { code: 'unavailable' });
    await assert.rejects(harness.verify(issued().text), { code: 'unavailable' });
    harness.state.isAway = false;
    await harness.verify(text);
  });
});

describe('the last use of a key', () => {
  it('is written at most once an hour', async () => {
    await using harness = await createHarness();
    const { id, text } = await harness.add();
    for (let second = 0; second < 7_200; second += 60) {
      harness.state.seconds = second;
      await harness.verify(text);
      await harness.written();
    }
    assert.equal(harness.state.uses, 2);
    assert.deepEqual((await harness.keys.get(id))?.lastUsedAt, later(3_600));
  });

  it('fails no request, and is tried again after the next read', async () => {
    await using harness = await createHarness();
    const { id, text } = await harness.add();
    harness.state.beforeAnswer = async () => {
      harness.state.isAway = true;
    };
    await harness.verify(text);
    await harness.verify(text);
    assert.equal(harness.state.uses, 1);
    harness.state.beforeAnswer = async () => {};
    harness.state.isAway = false;
    harness.state.seconds = 5;
    await harness.verify(text);
    assert.equal(harness.state.uses, 2);
    await harness.written();
    assert.deepEqual((await harness.keys.get(id))?.lastUsedAt, later(5));
  });

  it('is written before the first request of a successor goes on, once', async () => {
    await using harness = await createHarness();
    const { text, id } = await harness.addSuccessor();
    await Promise.all(Array.from({ length: 5 }, () => harness.verify(text)));
    assert.deepEqual((await harness.keys.get(id))?.lastUsedAt, later(0));
    assert.equal(harness.state.uses, 1);
  });

  it('lets a successor in only once it is written', async () => {
    await using harness = await createHarness();
    const { text } = await harness.addSuccessor();
    harness.state.beforeAnswer = async () => {
      harness.state.isAway = true;
    };
    await assert.rejects(harness.verify(text), { code: 'unavailable' });
    harness.state.isAway = false;
    await harness.verify(text);
    assert.equal(harness.state.reads, 1);
  });

  it('is refused to a successor that another rotation has revoked, also if it is remembered', async () => {
    await using harness = await createHarness();
    const { text, rotation } = await harness.addSuccessor();
    harness.state.beforeAnswer = async () => {
      const former = rotation.successor;
      const again = { issued: issued(), now: later(0), overlapSeconds: 60, former };
      assert.equal(await harness.keys.rotate(rotated(rotation.ended, again)), true);
      harness.state.beforeAnswer = async () => {};
    };
    for (const _ of [1, 2]) await assert.rejects(harness.verify(text), refused('revoked'));
    assert.equal(harness.state.reads, 1);
  });

  it('is not written for a refused key', async () => {
    await using harness = await createHarness();
    const key = await harness.add({ expiresAt: CREATED });
    await assert.rejects(harness.verify(key.text), refused('expired'));
    await assert.rejects(harness.verify(withSecretOf(key, issued())), refused('wrong-secret'));
    assert.equal(harness.state.uses, 0);
  });
});
