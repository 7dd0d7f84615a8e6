import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPEN } from '../../domain/access/principals.fixture.ts';
import type { HeaderValues } from './authenticator.ts';
import { createBearerAuthenticator } from './credential.ts';

const seen: string[] = [];
const FREE = () => undefined;
const { authenticate } = createBearerAuthenticator([
  {
    matches: (credential) => credential.startsWith('ours_'),
    verify: async (credential) => {
      seen.push(credential);
      return OPEN;
    },
  },
]);
const sending =
  (...values: string[]): HeaderValues =>
  (name) =>
    name === 'authorization' ? values : [];

describe('a bearer credential', () => {
  for (const value of ['Bearer ours_1', 'bearer ours_1', 'BEARER  ours_1 '])
    it(`reaches the verifier of its shape: ${JSON.stringify(value)}`, async () => {
      seen.length = 0;
      assert.equal(await authenticate(sending(value), FREE), OPEN);
      assert.deepEqual(seen, ['ours_1']);
    });

  for (const [values, reason] of [
    [[], 'missing'],
    [['Bearer ours_1', 'Bearer ours_1'], 'repeated'],
    [[`Bearer ours_${'1'.repeat(100_000)}`], 'too-long'],
    [['Basic b3VyczE6eA=='], 'not-bearer'],
    [['Bearer'], 'not-bearer'],
    [['Bearer '], 'not-bearer'],
    [['ours_1'], 'not-bearer'],
    [['Bearer ours_1 ours_2'], 'not-bearer'],
    [['Bearer ours_1,Bearer ours_2'], 'not-bearer'],
    [['Bearer ours_\u00e9'], 'not-bearer'],
    [['Bearer theirs_1'], 'unknown-shape'],
  ] as const)
    it(`is refused with one of two sentences, and a reason for the log: ${reason}, ${values.join(' ').slice(0, 40)}`, async () => {
      seen.length = 0;
      await assert.rejects(authenticate(sending(...values), FREE), {
        code: 'unauthenticated',
        detail:
          reason === 'missing'
            ? 'expected a valid credential, as Authorization: Bearer; got none'
            : /^expected a valid credential, as Authorization: Bearer; got one that is not accepted: send it whole/,
        reason,
      });
      assert.deepEqual(seen, []);
    });
});
