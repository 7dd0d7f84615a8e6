import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ADMIN, accessOf, OPEN, serviceFor, userNamed } from '../../domain/access/principals.fixture.ts';
import { createUploadTokenText } from '../../domain/access/upload-token-text.ts';
import { MAX_PIXELS } from '../../domain/image/media-type.ts';
import type { Services } from '../../services.ts';
import { type MintUploadTokenInput, mintUploadToken } from './mint-upload-token.ts';

const NOW = new Date('2026-11-22T12:00:00.999Z');
const uploadTokens = createUploadTokenText([new Uint8Array(32)]);
const services = {
  uploadTokens,
  clock: { now: () => NOW, elapsedMs: () => 0 },
  randomBytes: (size: number) => new Uint8Array(size).fill(255),
  settings: { maxPixels: MAX_PIXELS } as Services['settings'],
};

const TERMS: MintUploadTokenInput = {
  expiresInSeconds: 60,
  maxBytes: 1_000,
  contentTypes: ['image/png'],
  maxImages: 3,
  fixed: { tags: ['a'], metadata: { a: 1 }, visibility: 'public' },
};

describe('a minted upload token', () => {
  it('says what was asked for, for the user of the request, and names its minter', () => {
    const access = accessOf(serviceFor('everyone'), 'createUploadToken', 'ada');
    const { token, text } = mintUploadToken(services, access, TERMS);
    const { expiresInSeconds: _, ...terms } = TERMS;
    assert.deepEqual(token, {
      ...terms,
      id: `${'_'.repeat(21)}w`,
      userId: 'ada',
      mintedBy: { kind: 'jwt', actor: 'key-service' }, // no id of a key
      expiresAt: new Date('2026-11-22T12:01:00Z'),
    });
    assert.deepEqual(uploadTokens.tokenIn(text), token);
  });

  it('tells keys from subjects of an issuer by their actor', () => {
    for (const [actor, kind] of [
      ['0UiGeyDE8ZsCkq2W', 'key'],
      [`jwt_${'0'.repeat(43)}`, 'jwt'],
      [`jwt_${'0'.repeat(12)}`, 'jwt'],
    ] as const) {
      const principal = { kind: 'user', userId: 'ada', scopes: [], actors: [actor] } as const;
      const { token } = mintUploadToken(services, accessOf(principal, 'createUploadToken'), TERMS);
      assert.deepEqual(token.mintedBy, { kind, actor });
    }
  });

  it('has only types that the service decodes', () => {
    const access = accessOf(serviceFor('everyone'), 'createUploadToken', 'ada');
    const terms = { ...TERMS, contentTypes: ['image/png', 'image/heic'] } as const;
    assert.ok(mintUploadToken(services, access, terms));
    const without = { ...services.settings, maxPixels: { ...MAX_PIXELS, 'image/heic': 0 } };
    assert.throws(() => mintUploadToken({ ...services, settings: without }, access, terms), {
      code: 'unsupported-type',
    });
  });

  it('needs a user', () => {
    for (const principal of [ADMIN, serviceFor('everyone')])
      assert.throws(() => mintUploadToken(services, accessOf(principal, 'createUploadToken'), TERMS), {
        code: 'invalid-request',
      });
  });

  it('needs a credential: the route is closed in open mode', () => {
    assert.throws(
      () => mintUploadToken(services, accessOf(OPEN, 'createUploadToken', 'ada'), TERMS),
      /needs a credential/,
    );
  });

  it('has at most 4,096 characters, even for the longest user', () => {
    const access = accessOf(userNamed('\u{1f5bc}'.repeat(128)), 'createUploadToken');
    const long = (length: number) => ({ ...TERMS, fixed: { metadata: { a: 'x'.repeat(length) } } });
    assert.ok(mintUploadToken(services, access, long(1_800)).text.length <= 4_096);
    assert.throws(() => mintUploadToken(services, access, long(4_000)), { code: 'invalid-request' });
  });
});
