import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageId } from '../image/image-id.ts';
import { maxBytesWithin, requireWithin } from './upload-bounds.ts';
import { sampleToken } from './upload-tokens.fixture.ts';

const UPLOAD = {
  contentType: 'image/png',
  tags: ['a'],
  metadata: { a: 1 },
  visibility: 'private',
  externalId: 'a',
} as const;

describe('the bounds of an upload token', () => {
  it('allow everything without a token, and with one that has none', () => {
    requireWithin(undefined, UPLOAD);
    requireWithin(sampleToken(), UPLOAD);
  });

  it('name every field at once that exceeds them', () => {
    const token = sampleToken({
      contentTypes: ['image/jpeg', 'image/gif'],
      fixed: { tags: [], metadata: {}, visibility: 'public', externalId: 'A' },
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
        { pointer: '/external_id', detail: fixed('external_id') },
      ],
    });
  });

  it('fix an external id as it is, which no upload may lack', () => {
    const token = sampleToken({ fixed: { externalId: 'avatar' } });
    requireWithin(token, { ...UPLOAD, externalId: 'avatar' });
    for (const externalId of [null, 'Avatar', 'avatar2', ''])
      assert.throws(() => requireWithin(token, { ...UPLOAD, externalId }), { code: 'invalid-request' });
  });

  it('fix what every upload replaces, in each spelling of the id', () => {
    const id = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
    const token = sampleToken({ fixed: { replaces: id } });
    for (const replaces of [id, id.toUpperCase()]) requireWithin(token, { ...UPLOAD, replaces });
    for (const replaces of [undefined, '', 'avatar', id.replace('1', '2')])
      assert.throws(() => requireWithin(token, { ...UPLOAD, replaces }), {
        code: 'invalid-request',
        errors: [
          {
            pointer: '/replaces',
            detail: 'expected no replaces, or the value that the upload token fixes; got another',
          },
        ],
      });
  });

  it('fix no tags of a picture that keeps its own', () => {
    const token = sampleToken({ fixed: { externalId: 'avatar', ifExists: 'replace', tags: ['face'] } });
    requireWithin(token, { ...UPLOAD, externalId: null, replaces: '01a1f82b-80d8-703c-9c86-1b8ba42038d1' });
    assert.throws(() => requireWithin(token, { ...UPLOAD, externalId: 'avatar' }), { code: 'invalid-request' });
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
