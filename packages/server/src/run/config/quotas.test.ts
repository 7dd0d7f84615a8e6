import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitsFor } from '../../domain/usage/quota.ts';
import { loadConfig } from './config.ts';
import { problemsOf } from './problems-of.fixture.ts';

const QUOTAS = JSON.stringify({
  'acme:': { bytes: 10, images: null },
  'acme:vip:': { bytes: null, images: null, pending: null },
  acme: { pending: 0 },
});

describe('QUOTAS', () => {
  it('limits each user by the longest prefix; what a prefix leaves out is the general limit', () => {
    const { quotas } = loadConfig({ USAGE: 'on', QUOTA_BYTES: '5', QUOTA_IMAGES: '7', QUOTAS }).config;
    assert.ok(quotas);
    for (const [userId, bytes, images, pending] of [
      ['acme:', 10, null, 1_000],
      ['acme:vi', 10, null, 1_000],
      ['acme:vip:', null, null, null],
      ['acme:vip:ada', null, null, null],
      ['acme2', 5, 7, 0],
      ['ACME:', 5, 7, 1_000],
      ['xacme:', 5, 7, 1_000],
      ['', 5, 7, 1_000],
    ] as const)
      assert.deepEqual(limitsFor(quotas, userId), { bytes, images, pending }, userId);
  });

  it('needs USAGE=on', () => {
    assert.deepEqual(problemsOf({ QUOTAS }), {
      QUOTAS: 'expected USAGE=on, since a limit needs the usage; got one without it',
    });
  });

  it('refuses a text that is no prefix of users, and says why', () => {
    for (const [prefix, why] of [
      ['', 'expected a prefix of at least 1 character'],
      ['acme:*', 'expected a prefix without "*" at its end'],
      [' acme', 'expected a prefix without white space at its ends'],
      ['a'.repeat(129), 'expected at most 128 characters'],
    ] as const) {
      const { QUOTAS: detail = '' } = problemsOf({ USAGE: 'on', QUOTAS: JSON.stringify({ [prefix]: { bytes: 1 } }) });
      assert.ok(detail.startsWith(`expected beginnings of user ids (${why}`), detail);
    }
    const many = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`t${n}:`, { bytes: 1 }]));
    const { QUOTAS: detail } = problemsOf({ USAGE: 'on', QUOTAS: JSON.stringify(many) });
    assert.equal(detail, 'expected at most 1000 beginnings of user ids; got 1001');
  });
});
