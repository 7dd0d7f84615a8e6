import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Credential, pastedCredential } from './credential.ts';
import { createTokens } from './tokens.ts';

const pasted = (text: string): Credential => {
  const credential = pastedCredential(text);
  assert.ok(credential);
  return credential;
};

describe('the tokens of a session', () => {
  it('wait for one sign-in, however many requests were refused, and give each client the new token', async () => {
    let asked = 0;
    const tokens = createTokens(pasted('old'), () => {
      asked += 1;
    });
    const sources = [tokens.source(), tokens.source()];
    assert.deepEqual(await Promise.all(sources.map((one) => one())), ['old', 'old']);
    const after401 = Promise.all(sources.map((one) => one()));
    await new Promise(setImmediate);
    tokens.replace(pasted('new'));
    assert.deepEqual(await after401, ['new', 'new']);
    assert.equal(asked, 1);
    assert.equal(await tokens.source()(), 'new');
  });

  it('need nobody if somebody signed in again while a token was renewed in vain', async () => {
    const tokens = createTokens(pasted('old'), () => assert.fail('expected nobody to be asked'));
    const source = tokens.source();
    await source();
    const after401 = source();
    tokens.replace(pasted('new'));
    assert.equal(await after401, 'new');
  });

  it('ask again when the same token was pasted again and refused again', async () => {
    let asked = 0;
    const tokens = createTokens(pasted('old'), () => {
      asked += 1;
    });
    const source = tokens.source();
    await source();
    const waiting = source();
    await new Promise(setImmediate);
    tokens.replace(pasted('old'));
    await new Promise(setImmediate);
    assert.equal(asked, 2);
    tokens.giveUp();
    await assert.rejects(waiting);
  });

  it('are renewed once for all clients', async () => {
    let number = 1;
    let renewals = 0;
    const tokens = createTokens(
      {
        kind: 'issuer',
        token: () => `token-${number}`,
        async renew() {
          renewals += 1;
          await Promise.resolve();
          number += 1;
          return true;
        },
        end: async () => undefined,
      },
      () => assert.fail('expected nobody to be asked'),
    );
    const sources = [tokens.source(), tokens.source(), tokens.source()];
    await Promise.all(sources.map((one) => one()));
    assert.deepEqual(await Promise.all(sources.map((one) => one())), ['token-2', 'token-2', 'token-2']);
    assert.equal(renewals, 1);
  });

  it('fail where nobody signs in again, at once and without another question until somebody does', async () => {
    let asked = 0;
    const tokens = createTokens(pasted('old'), () => {
      asked += 1;
    });
    const source = tokens.source();
    await source();
    const waiting = source();
    await new Promise(setImmediate);
    tokens.giveUp();
    await assert.rejects(waiting);
    await assert.rejects(source());
    assert.equal(asked, 1);
    tokens.replace(pasted('new'));
    assert.equal(await source(), 'new');
    void source().catch(() => undefined);
    await new Promise(setImmediate);
    assert.equal(asked, 2);
    tokens.end();
  });

  it('are for nobody once the person has left', async () => {
    const tokens = createTokens(pasted('old'), () => assert.fail('expected nobody to be asked'));
    const source = tokens.source();
    await source();
    tokens.end();
    await assert.rejects(source());
    await assert.rejects(tokens.source()());
  });

  it('ask the person if the issuer renews a refused token by itself', async () => {
    let renewals = 0;
    let asked = 0;
    const tokens = createTokens(
      {
        kind: 'issuer',
        token: () => 'same',
        async renew() {
          renewals += 1;
          return true;
        },
        end: async () => undefined,
      },
      () => {
        asked += 1;
      },
    );
    const source = tokens.source();
    await source();
    const waiting = source();
    await new Promise(setImmediate);
    assert.deepEqual([renewals, asked], [1, 1]);
    tokens.end();
    await assert.rejects(waiting);
  });
});

describe('a pasted credential', () => {
  it('is trimmed, and can be anything that fits into a header', () => {
    assert.equal(pasted('  safelight_abc\n').token(), 'safelight_abc');
    for (const text of ['', ' ', 'a b', 'ключ', 'a\u0000', 'x'.repeat(8_193)])
      assert.equal(pastedCredential(text), undefined);
  });
});
