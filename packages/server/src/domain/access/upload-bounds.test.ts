import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxBytesWithin, requireWithin } from './upload-bounds.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

const UPLOAD = { contentType: 'image/png', tags: ['a'], metadata: { a: 1 }, visibility: 'private' } as const;

describe('the bounds of an upload token', () => {
  it('allow everything without a token, and with one that has none', () => {
    requireWithin(undefined, UPLOAD);
    requireWithin(sampleToken(), UPLOAD);
  });

  it('name every field at once that exceeds them', () => {
    const token = sampleToken({
      contentTypes: ['image/jpeg', 'image/gif'],
      fixed: { tags: [], metadata: {}, visibility: 'public' },
    });
    const fixed = (name: string) => `expected no ${name}, or the value that the upload token fixes; got another`;
    assert.throws(() => requireWithin(token, UPLOAD), {
      code: 'invalid-request',
      errors: [
        {
          pointer: '/content_type',
          detail: 'expected a type that is permitted here, image/jpeg or image/gif; got image/png',
        },
        { pointer: '/tags', detail: fixed('tags') },
        { pointer: '/metadata', detail: fixed('metadata') },
        { pointer: '/visibility', detail: fixed('visibility') },
      ],
    });
  });

  it('compare types without case, parameters and the old name of JPEG', () => {
    const token = sampleToken({ contentTypes: ['image/jpeg'] });
    for (const contentType of ['image/jpeg', 'image/jpg', 'IMAGE/JPEG; q=1'])
      requireWithin(token, { ...UPLOAD, contentType });
  });

  it('are the smaller of two sizes', () => {
    for (const [token, bytes] of [
      [undefined, 10],
      [null, 10],
      [{ maxBytes: null }, 10],
      [{ maxBytes: 9 }, 9],
      [{ maxBytes: 11 }, 10],
    ] as const)
      assert.equal(maxBytesWithin(10, token), bytes);
  });
});
