import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { issuerKey } from './signed-tokens.fixture.ts';
import { sharedKey, signingKeysIn } from './signing-keys.ts';

const { jwk: EC } = issuerKey('ec');
const { jwk: RSA } = issuerKey('rsa', 'RS256');
const { jwk: ED } = issuerKey('ed', 'EdDSA');
const { alg: _, ...ANY_RSA } = RSA;

const keysIn = (...keys: readonly unknown[]) => signingKeysIn(JSON.stringify({ keys }));

describe('the keys of a JWKS', () => {
  it('fit the algorithm of their own, or any of their kind if they name none', () => {
    const keys = keysIn(EC, RSA, ED, { ...ANY_RSA, kid: 'any' });
    for (const [alg, kid] of [
      ['ES256', 'ec'],
      ['RS256', 'rsa'],
      ['EdDSA', 'ed'],
      ['RS256', 'any'],
      ['PS512', 'any'],
    ] as const)
      assert.ok(keys.find({ alg, kid }), `${alg} ${kid}`);
    for (const [alg, kid] of [
      ['ES384', 'ec'],
      ['EdDSA', 'ec'],
      ['PS256', 'rsa'],
      ['HS256', 'rsa'],
      ['none', 'any'],
      ['ES256', 'EC'],
      ['__proto__', 'any'],
    ] as const)
      assert.equal(keys.find({ alg, kid }), undefined, `${alg} ${kid}`);
  });

  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  for (const [why, key] of [
    ['are for encryption', { ...EC, use: 'enc' }],
    ['are not for verifying', { ...EC, key_ops: ['encrypt'] }],
    ['have too short a modulus', { ...short, kid: 'ec' }],
    ['are symmetric', { kty: 'oct', k: 'c2VjcmV0', kid: 'ec' }],
    ['are published with their private part', { ...pair, kid: 'ec' }],
    ['are of an unknown kind', { kty: 'new', kid: 'ec' }],
    ['are of an unknown curve', { ...EC, crv: 'P-255' }],
    ['are not on their curve', { ...EC, x: EC.y, y: EC.x }],
    ['have a number as id', { ...EC, kid: 7 }],
    ['have a list as algorithm', { ...EC, alg: ['ES256'] }],
    ['are null', null],
    ['are text', 'ec'],
    ['are a list', [EC]],
  ] as const) {
    it(`are left out, and the others used, if they ${why}`, () => {
      const keys = keysIn(key, RSA);
      for (const alg of ['ES256', 'RS256', 'HS256']) assert.equal(keys.find({ alg, kid: 'ec' }), undefined);
      assert.ok(keys.find({ alg: 'RS256', kid: 'rsa' }));
    });
  }

  it('have another id if they are replaced under the same kid', () => {
    const [first, second] = [keysIn(EC), keysIn(issuerKey('ec').jwk)];
    const id = first.find({ alg: 'ES256', kid: 'ec' })?.id ?? '';
    assert.ok(first.has(id) && !second.has(id));
    assert.ok(keysIn(RSA, EC).has(id), 'expected the same id in another order');
  });

  for (const text of ['', '{', 'null', '[]', '{}', '{"keys":{}}', '{"keys":"all"}', '7']) {
    it(`are not in ${JSON.stringify(text)}, which is an error`, () => {
      assert.throws(() => signingKeysIn(text));
    });
  }
});

describe('a shared secret', () => {
  it('is for HS256 only', () => {
    const keys = sharedKey('x'.repeat(32));
    assert.ok(keys.find({ alg: 'HS256', kid: 'any' }));
    for (const alg of ['HS512', 'RS256', 'none']) assert.equal(keys.find({ alg, kid: undefined }), undefined);
  });
});
