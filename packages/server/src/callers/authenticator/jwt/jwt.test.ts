import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type LocalIssuer, startIssuer } from './local-issuer.fixture.ts';
import { encoded, issuerKey, sealed, signed } from './signed-tokens.fixture.ts';
import { claimsOf, createTestVerifier, refusedAs, secondsFromNow, type TestVerifier } from './verifier.fixture.ts';

const KEY = issuerKey('of-es256');
const RSA = issuerKey('of-rs256', 'RS256');
const EDDSA = issuerKey('of-eddsa', 'EdDSA');
const STRANGER = issuerKey('of-es256');

describe('a token', () => {
  let issuer: LocalIssuer;
  let verifier: TestVerifier;
  before(async () => {
    issuer = await startIssuer(KEY, RSA, EDDSA);
    verifier = createTestVerifier({ keys: { at: 'issuer', issuer: issuer.url } }, { issuer: issuer.url });
  });
  after(async () => {
    verifier[Symbol.dispose]();
    await issuer[Symbol.asyncDispose]();
  });

  const claims = (more: Readonly<Record<string, unknown>> = {}) => claimsOf('ada', { iss: issuer.url, ...more });

  for (const key of [KEY, RSA, EDDSA]) {
    it(`is accepted if the issuer signed it with ${key.alg}`, async () => {
      const principal = await verifier.authenticate(signed(key, claims()));
      assert.equal(principal.kind === 'user' && principal.userId, 'ada');
    });
  }

  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'application/at+jwt']) {
    it(`may have the type ${typ}`, async () => {
      await verifier.authenticate(signed(KEY, claims(), { typ }));
    });
  }

  it('may be for several audiences', async () => {
    await verifier.authenticate(signed(KEY, claims({ aud: ['account', 'images'] })));
  });

  it('may be off by the clock skew', async () => {
    const late = { exp: secondsFromNow(-20), iat: secondsFromNow(20), nbf: secondsFromNow(20) };
    await verifier.authenticate(signed(KEY, claims(late)));
  });

  const publicPem = createPublicKey(RSA.privateKey).export({ type: 'spki', format: 'pem' });
  const attacks: readonly (readonly [attack: string, reason: string, token: () => string])[] = [
    ['of another key with the same id', 'wrong-signature', () => signed(STRANGER, claims())],
    ['of an unknown key', 'unknown-signing-key', () => signed(issuerKey('other'), claims())],
    ['with alg none', 'wrong-algorithm', () => `${encoded({ alg: 'none' })}.${encoded(claims())}.`],
    ['with alg NONE', 'wrong-algorithm', () => `${encoded({ alg: 'NONE', kid: KEY.kid })}.${encoded(claims())}.`],
    ['without a signature', 'wrong-signature', () => signed(KEY, claims()).replace(/\.[^.]*$/, '.')],
    [
      'with the public key as the secret of HS256',
      'wrong-algorithm',
      () => sealed(publicPem, claims(), { kid: RSA.kid }),
    ],
    [
      'with the modulus as the secret of HS256',
      'wrong-algorithm',
      () => sealed(`${RSA.jwk.n}`, claims(), { kid: RSA.kid }),
    ],
    [
      'with an algorithm that is not on the list',
      'wrong-algorithm',
      () => signed(issuerKey(RSA.kid, 'PS256'), claims()),
    ],
    ['with the algorithm of another kind of key', 'unknown-signing-key', () => signed(KEY, claims(), { alg: 'RS256' })],
    [
      'with the name of a property as its algorithm',
      'wrong-algorithm',
      () => signed(KEY, claims(), { alg: 'constructor' }),
    ],
    ['with a number as its algorithm', 'malformed', () => signed(KEY, claims(), { alg: 256 })],
    ['with the type of an ID token of a logout', 'wrong-type', () => signed(KEY, claims(), { typ: 'logout+jwt' })],
    ['with the type of a DPoP proof', 'wrong-type', () => signed(KEY, claims(), { typ: 'dpop+jwt' })],
    ['with an empty type', 'wrong-type', () => signed(KEY, claims(), { typ: '' })],
    ['with a null type', 'wrong-type', () => signed(KEY, claims(), { typ: null })],
    ['that expired', 'expired', () => signed(KEY, claims({ exp: secondsFromNow(-31) }))],
    ['without exp', 'missing-claim', () => signed(KEY, claims({ exp: undefined }))],
    ['with exp as text', 'invalid-claim', () => signed(KEY, claims({ exp: '9999999999' }))],
    [
      'with an infinite exp',
      'invalid-claim',
      () => signed(KEY, JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999')),
    ],
    ['that is not valid yet', 'not-yet-valid', () => signed(KEY, claims({ nbf: secondsFromNow(60) }))],
    ['with nbf as text', 'invalid-claim', () => signed(KEY, claims({ nbf: '0' }))],
    ['issued in the future', 'not-yet-valid', () => signed(KEY, claims({ iat: secondsFromNow(60) }))],
    ['with iat as text', 'invalid-claim', () => signed(KEY, claims({ iat: 'now' }))],
    ['of another issuer', 'wrong-issuer', () => signed(KEY, claims({ iss: 'https://other.example' }))],
    ['of the issuer with a slash', 'wrong-issuer', () => signed(KEY, claims({ iss: `${issuer.url}/` }))],
    ['of several issuers', 'wrong-issuer', () => signed(KEY, claims({ iss: [issuer.url] }))],
    ['without an issuer', 'missing-claim', () => signed(KEY, claims({ iss: undefined }))],
    ['for another audience', 'wrong-audience', () => signed(KEY, claims({ aud: 'other' }))],
    ['for an audience that begins alike', 'wrong-audience', () => signed(KEY, claims({ aud: ['images2', 'image'] }))],
    ['for no audience', 'missing-claim', () => signed(KEY, claims({ aud: undefined }))],
    ['for an empty list of audiences', 'wrong-audience', () => signed(KEY, claims({ aud: [] }))],
    ['for an audience that is an object', 'invalid-claim', () => signed(KEY, claims({ aud: { images: true } }))],
    ['for a list of lists of audiences', 'invalid-claim', () => signed(KEY, claims({ aud: [['images']] }))],
    ['without a subject', 'missing-claim', () => signed(KEY, claims({ sub: undefined }))],
    ['whose claims are a list', 'malformed', () => signed(KEY, [claims()])],
    ['whose claims are no JSON', 'malformed', () => signed(KEY, 'claims')],
    ['that is longer than 8,192 characters', 'too-long', () => signed(KEY, claims({ text: 'x'.repeat(8_192) }))],
    ['of 100 kB', 'too-long', () => signed(KEY, claims({ text: 'x'.repeat(75_000) }))],
    ['with five parts, as an encrypted one', 'unknown-shape', () => `${signed(KEY, claims())}.e.e`],
    ['with another encoding of the same signature', 'malformed', () => withSpareBits(signed(RSA, claims()))],
    ['with padding', 'unknown-shape', () => `${signed(KEY, claims())}==`],
  ];
  for (const [attack, reason, token] of attacks) {
    it(`is refused if it is one ${attack}: ${reason}`, async () => {
      await assert.rejects(verifier.authenticate(token()), refusedAs(reason));
    });
  }

  /** The last character of a signature of 256 bytes has two bits that belong to none of them. */
  function withSpareBits(token: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) ?? '');
    return `${token.slice(0, -1)}${alphabet[last + 1]}`;
  }

  for (const kid of [
    '../../dev/null',
    'C:\\keys',
    'https://evil.example/keys',
    'file:///dev/null',
    'a\u0000b',
    'x'.repeat(257),
  ]) {
    it(`is refused without a fetch if its kid is no id: ${JSON.stringify(kid.slice(0, 30))}`, async () => {
      const before = issuer.requests.length;
      await assert.rejects(verifier.authenticate(signed(KEY, claims(), { kid })), refusedAs('refused-header'));
      assert.equal(issuer.requests.length, before);
    });
  }

  for (const kid of ['/dev/null', "' OR 1=1 --", '__proto__', 'constructor', '']) {
    it(`is refused if its kid is ${JSON.stringify(kid)}`, async () => {
      await assert.rejects(verifier.authenticate(signed(KEY, claims(), { kid })), refusedAs('unknown-signing-key'));
    });
  }

  for (const kid of [7, null, ['of-es256'], { is: 'of-es256' }]) {
    it(`is refused if its kid is no text: ${JSON.stringify(kid)}`, async () => {
      await assert.rejects(verifier.authenticate(signed(KEY, claims(), { kid })), refusedAs('refused-header'));
    });
  }

  const evil = issuerKey(KEY.kid);
  for (const [name, value] of [
    ['jwk', evil.jwk],
    ['jku', 'https://evil.example/keys'],
    ['x5u', 'https://evil.example/cert'],
    ['x5c', ['MIIB']],
    ['crit', ['exp']],
    ['crit', []],
    ['b64', false],
    ['b64', true],
    ['jwk', null],
  ] as const) {
    it(`is refused if its header has ${name}, by whoever it is signed: ${JSON.stringify(value).slice(0, 20)}`, async () => {
      for (const key of [KEY, evil]) {
        await assert.rejects(
          verifier.authenticate(signed(key, claims(), { [name]: value })),
          refusedAs('refused-header'),
        );
      }
    });
  }

  it('is refused if its claims are not UTF-8, since two invalid texts would look the same', async () => {
    for (const byte of [0xff, 0xfe]) {
      const body = Buffer.from(JSON.stringify(claims({ sub: 'ad!' })));
      body[body.indexOf('!')] = byte;
      await assert.rejects(verifier.authenticate(signed(KEY, body)), refusedAs('malformed'));
    }
  });

  it('is refused if its header is no JSON object', async () => {
    const [, body = '', signature = ''] = signed(KEY, claims()).split('.');
    for (const header of ['[]', 'null', '"x"', '{', '{"alg":"ES256"', '\u00ff']) {
      const token = `${Buffer.from(header, 'latin1').toString('base64url')}.${body}.${signature}`;
      await assert.rejects(verifier.authenticate(token), refusedAs('malformed'));
    }
  });
});

describe('a token of a shared secret', () => {
  const secret = 'a secret of at least thirty-two bytes';
  const rules = { algorithms: ['HS256' as const], issuer: 'https://ref.supabase.co/auth/v1' };
  const claims = (more: Readonly<Record<string, unknown>> = {}) => claimsOf('ada', { iss: rules.issuer, ...more });

  it('is accepted, whatever id its header gives the key', async () => {
    using verifier = createTestVerifier({ secret }, rules);
    for (const kid of [undefined, 'any']) await verifier.authenticate(sealed(secret, claims(), { kid }));
  });

  it('is refused with another secret, algorithm or issuer', async () => {
    using verifier = createTestVerifier({ secret }, rules);
    await assert.rejects(verifier.authenticate(sealed('another', claims())), refusedAs('wrong-signature'));
    await assert.rejects(verifier.authenticate(sealed('', claims())), refusedAs('wrong-signature'));
    await assert.rejects(verifier.authenticate(signed(RSA, claims())), refusedAs('wrong-algorithm'));
    await assert.rejects(
      verifier.authenticate(sealed(secret, claims(), { alg: 'HS512' })),
      refusedAs('wrong-algorithm'),
    );
    const other = claims({ iss: 'https://other.supabase.co/auth/v1' });
    await assert.rejects(verifier.authenticate(sealed(secret, other)), refusedAs('wrong-issuer'));
  });
});

describe('a token without the id of its key', () => {
  it('is accepted only if exactly one key fits', async () => {
    await using issuer = await startIssuer(KEY, RSA);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    const token = signed(KEY, claimsOf('ada'), { kid: undefined });
    await verifier.authenticate(token);
    issuer.keys = [KEY, issuerKey('second'), RSA];
    verifier.clock.offsetMs = 21 * 60_000;
    await assert.rejects(verifier.authenticate(token), refusedAs('unknown-signing-key'));
  });
});

describe('the clock skew of a token', () => {
  const [SECRET, SKEW] = ['x'.repeat(32), 30];

  for (const [claim, accepted, refused, reason] of [
    ['exp', 1 - SKEW, -SKEW, 'expired'],
    ['nbf', SKEW, SKEW + 1, 'not-yet-valid'],
    ['iat', SKEW, SKEW + 1, 'not-yet-valid'],
  ] as const)
    it(`extends ${claim} by its seconds, and by no more`, async () => {
      using verifier = createTestVerifier({ secret: SECRET }, { algorithms: ['HS256'], clockSkewSeconds: SKEW });
      const now = new Date(1_800_000_000_000);
      verifier.clock.now = () => now;
      const tokenOf = (seconds: number) =>
        sealed(SECRET, { ...claimsOf('ada'), exp: secondsFromNow(60, now), [claim]: secondsFromNow(seconds, now) });
      await verifier.authenticate(tokenOf(accepted));
      await assert.rejects(verifier.authenticate(tokenOf(refused)), refusedAs(reason));
    });
});

describe('a verified token', () => {
  it('is refused from the second on in which it expires, skew included only for new ones', async () => {
    using verifier = createTestVerifier({ secret: 'x'.repeat(32) }, { algorithms: ['HS256'], clockSkewSeconds: 0 });
    const token = sealed('x'.repeat(32), claimsOf('ada', { exp: secondsFromNow(5) }));
    await verifier.authenticate(token);
    verifier.clock.offsetMs = 6_000;
    await assert.rejects(verifier.authenticate(token), refusedAs('expired'));
  });

  it('is refused when its key has left the issuer, at the next refresh', async () => {
    await using issuer = await startIssuer(KEY, RSA);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    const token = signed(KEY, claimsOf('ada'));
    await verifier.authenticate(token);
    issuer.keys = [RSA];
    await assert.rejects(
      verifier.authenticate(signed(issuerKey('new'), claimsOf('ada'))),
      refusedAs('unknown-signing-key'),
    );
    await verifier.authenticate(token); // the keys are younger than 10 s
    verifier.clock.offsetMs = 11_000;
    await assert.rejects(
      verifier.authenticate(signed(issuerKey('new'), claimsOf('ada'))),
      refusedAs('unknown-signing-key'),
    );
    await assert.rejects(verifier.authenticate(token), refusedAs('unknown-signing-key'));
  });

  it('is refused when its key has been replaced by another with the same id', async () => {
    await using issuer = await startIssuer(KEY);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    const token = signed(KEY, claimsOf('ada'));
    await verifier.authenticate(token);
    issuer.keys = [STRANGER];
    verifier.clock.offsetMs = 21 * 60_000;
    await assert.rejects(verifier.authenticate(token), refusedAs('wrong-signature'));
  });
});
