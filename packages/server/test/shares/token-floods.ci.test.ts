import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startIssuer } from '../../src/callers/authenticator/jwt/local-issuer.fixture.ts';
import { issuerKey, signed } from '../../src/callers/authenticator/jwt/signed-tokens.fixture.ts';
import { claimsOf } from '../../src/callers/authenticator/jwt/verifier.fixture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createSharingService } from '../services/sharing-service.ts';

const FLOOD = 200;
const KEY = issuerKey('first');

it('a valid token passes while tokens of unknown keys wait for the issuer, which answers nothing', async () => {
  const issuer = await startIssuer(KEY);
  await using _issuer = issuer;
  const clock = movingClock();
  await using service = await createSharingService({
    environment: {
      AUTH: 'jwt',
      RATE_LIMITS: 'off',
      JWT_JWKS_URL: issuer.jwksUrl,
      JWT_AUDIENCE: 'images',
      JWT_ALGORITHMS: 'ES256',
    },
    overrides: { clock },
  });
  const answers: (readonly [name: string, status: number])[] = [];
  const list = async (name: string, token: string): Promise<void> => {
    const { status } = await service.request('/images', { headers: { Authorization: `Bearer ${token}` } });
    answers.push([name, status]);
  };
  const claims = claimsOf('ada');
  await list('first', signed(KEY, claims));

  issuer.behavior = 'hangs';
  clock.offsetMs += 11_000; // the keys may be fetched again
  const flood = Array.from({ length: FLOOD }, (_, index) =>
    list('flood', signed(KEY, claims, { kid: `unknown-${index}` })),
  );
  while (issuer.requests.length < 2) await new Promise(setImmediate);
  await list('single', signed(KEY, claims));
  assert.deepEqual(answers, [
    ['first', 200],
    ['single', 200],
  ]);
  await issuer[Symbol.asyncDispose]();
  await Promise.all(flood);
  assert.deepEqual(answers.slice(2), Array(FLOOD).fill(['flood', 401]));
  assert.equal(issuer.requests.length, 2);
});
