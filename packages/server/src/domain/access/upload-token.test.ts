import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tokenUsedUp, useOf } from './upload-token.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

/** The longest that the bytes of a direct upload may take: 64 MiB at 1 KB in 30 s. */
const SLOWEST_BODY_MS = (67_108_864 / 1_024) * 30_000;

describe('the use of an upload token', () => {
  it('is counted only if the token permits a number of uploads', () => {
    assert.equal(useOf(sampleToken()), undefined);
    const { tokenId, maxImages } = useOf(sampleToken({ id: 'one', maxImages: 3 })) ?? {};
    assert.deepEqual([tokenId, maxImages], ['one', 3]);
  });

  it('is remembered for longer than the slowest upload that began before the token expired', () => {
    const token = sampleToken({ maxImages: 1 });
    const { forgetAt } = useOf(token) ?? assert.fail('expected a use; got none');
    assert.ok(forgetAt.getTime() > token.expiresAt.getTime() + SLOWEST_BODY_MS, forgetAt.toISOString());
  });

  it('beyond that number is refused, with the number', () => {
    const { code, detail } = tokenUsedUp(
      useOf(sampleToken({ maxImages: 3 })) ?? assert.fail('expected a use; got none'),
    );
    assert.equal(code, 'upload-token-used-up');
    assert.match(detail, /^expected .*; got one for 3, all used$/);
  });
});
