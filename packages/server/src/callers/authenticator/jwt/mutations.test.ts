import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { repeatsOf } from '../../../../test/repeats.ts';
import { AppError } from '../../../domain/errors.ts';
import { startIssuer } from './local-issuer.fixture.ts';
import { encoded, issuerKey, sealed, signed } from './signed-tokens.fixture.ts';
import { claimsOf, createTestVerifier, type TestVerifier } from './verifier.fixture.ts';

const { count, seed } = repeatsOf('changedTokens');
const SECRET = 'a secret of at least thirty-two bytes';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CREDENTIAL = `${BASE64URL}.+/=~`;

const KEYS = [issuerKey('ec'), issuerKey('rsa', 'RS256'), issuerKey('ed', 'EdDSA')];
const tokensOf = (user: string): readonly string[] => KEYS.map((key) => signed(key, claimsOf(user), { typ: 'JWT' }));
const [TOKENS, OTHERS] = [tokensOf('ada'), tokensOf('bob')];

const valid = fc.constantFrom(...TOKENS);
const partOf = (token: string, index: number): string => token.split('.')[index] ?? '';
const withPart = (token: string, index: number, part: string): string => token.split('.').with(index, part).join('.');

/** One character replaced, removed or inserted. */
const changedCharacter = fc
  .tuple(valid, fc.nat(), fc.constantFrom(...CREDENTIAL, ''), fc.constantFrom(0, 1))
  .map(([token, at, character, removed]) => {
    const index = at % token.length;
    return token.slice(0, index) + character + token.slice(index + removed);
  });

/** One bit of the decoded header, claims or signature. */
const changedBit = fc.tuple(valid, fc.nat(2), fc.nat(), fc.nat(7)).map(([token, part, at, bit]) => {
  const bytes = Buffer.from(partOf(token, part), 'base64url');
  const index = at % bytes.length;
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
  return withPart(token, part, bytes.toString('base64url'));
});

/** Parts of several valid tokens, or of one in another order. */
const mixedParts = fc
  .array(fc.tuple(fc.constantFrom(...TOKENS, ...OTHERS), fc.nat(2)), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.map(([token, part]) => partOf(token, part)).join('.'));

const headerValue = fc.oneof(
  fc.constantFrom('none', 'HS256', 'ES256', 'RS256', 'EdDSA', 'ec', 'rsa', 'ed'),
  fc.jsonValue({ maxDepth: 1 }),
);
/** Headers that are changed without a new signature. */
const changedHeader = fc
  .tuple(
    valid,
    fc.dictionary(
      fc.constantFrom('alg', 'kid', 'typ', 'jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'cty'),
      headerValue,
    ),
  )
  .map(([token, changes]) => {
    const header = JSON.parse(Buffer.from(partOf(token, 0), 'base64url').toString()) as object;
    return withPart(token, 0, encoded({ ...header, ...changes }));
  });

const changedClaims = fc
  .tuple(
    valid,
    fc.dictionary(fc.constantFrom('sub', 'aud', 'exp', 'iss', 'scope', 'admin'), fc.jsonValue({ maxDepth: 1 })),
  )
  .map(([token, changes]) => withPart(token, 1, encoded({ ...claimsOf('ada'), ...changes })));

async function isAccepted(verifier: TestVerifier, token: string): Promise<boolean> {
  try {
    await verifier.authenticate(token);
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'unauthenticated') return false;
    throw error;
  }
}

describe('no change of a valid token is accepted', () => {
  const changes = { changedCharacter, changedBit, mixedParts, changedHeader, changedClaims };
  for (const [name, tokens] of Object.entries(changes)) {
    it(name, async () => {
      await using issuer = await startIssuer(...KEYS);
      using verifier = createTestVerifier(
        { keys: { at: 'url', url: issuer.jwksUrl } },
        { admin: { claim: 'admin', value: 'true' } },
      );
      const genuine = [...TOKENS, ...OTHERS];
      for (const token of genuine)
        assert.ok(await isAccepted(verifier, token), 'expected the unchanged token to be valid');
      await fc.assert(
        fc.asyncProperty(tokens, async (token) => {
          assert.equal(await isAccepted(verifier, token), genuine.includes(token));
        }),
        { numRuns: count, seed },
      );
    });
  }

  it('every other last character of its signature', async () => {
    await using issuer = await startIssuer(...KEYS);
    using verifier = createTestVerifier({ keys: { at: 'url', url: issuer.jwksUrl } });
    for (const token of TOKENS) {
      const others = [...BASE64URL].map((last) => token.slice(0, -1) + last).filter((one) => one !== token);
      for (const one of others) assert.equal(await isAccepted(verifier, one), false);
    }
  });

  it('of a shared secret', async () => {
    using verifier = createTestVerifier({ secret: SECRET }, { algorithms: ['HS256'] });
    const token = sealed(SECRET, claimsOf('ada'));
    assert.ok(await isAccepted(verifier, token));
    const changed = fc.tuple(fc.nat(token.length - 1), fc.constantFrom(...CREDENTIAL));
    await fc.assert(
      fc.asyncProperty(changed, async ([at, character]) => {
        const one = token.slice(0, at) + character + token.slice(at + 1);
        assert.equal(await isAccepted(verifier, one), one === token);
      }),
      { numRuns: count, seed },
    );
  });
});
