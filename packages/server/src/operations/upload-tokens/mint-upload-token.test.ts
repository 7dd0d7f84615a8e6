import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Principal, Scope } from '../../domain/access/principal.ts';
import { ADMIN, accessOf, OPEN, serviceFor, userNamed } from '../../domain/access/principals.fixture.ts';
import { createUploadTokenText } from '../../domain/access/upload-token-text.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { MAX_PIXELS } from '../../domain/image/media-type.ts';
import type { Services } from '../../services.ts';
import { createEmbeddedServices, type EmbeddedServices, jpeg } from '../embedded-services.fixture.ts';
import { type MintUploadTokenInput, mintUploadToken } from './mint-upload-token.ts';

const NOW = new Date('2026-11-22T12:00:00.999Z');
const uploadTokens = createUploadTokenText([new Uint8Array(32)]);

const TERMS: MintUploadTokenInput = {
  expiresInSeconds: 60,
  maxBytes: 1_000,
  contentTypes: ['image/png'],
  maxImages: 3,
  fixed: { tags: ['a'], metadata: { a: 1 }, visibility: 'public' },
};

describe('a minted upload token', () => {
  let embedded: EmbeddedServices;
  let services: Parameters<typeof mintUploadToken>[0];
  before(async () => {
    embedded = await createEmbeddedServices();
    services = {
      uploadTokens,
      images: embedded.services.images,
      clock: { now: () => NOW, elapsedMs: () => 0 },
      randomBytes: (size: number) => new Uint8Array(size).fill(255),
      settings: { maxPixels: MAX_PIXELS } as Services['settings'],
    };
  });
  after(() => embedded[Symbol.asyncDispose]());

  it('says what was asked for, for the user of the request, and names its minter', async () => {
    const access = accessOf(serviceFor('everyone'), 'createUploadToken', 'ada');
    const { token, text } = await mintUploadToken(services, access, TERMS);
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

  it('tells keys from subjects of an issuer by their actor', async () => {
    for (const [actor, kind] of [
      ['0UiGeyDE8ZsCkq2W', 'key'],
      [`jwt_${'0'.repeat(43)}`, 'jwt'],
      [`jwt_${'0'.repeat(12)}`, 'jwt'],
    ] as const) {
      const principal = { kind: 'user', userId: 'ada', scopes: [], actors: [actor] } as const;
      const { token } = await mintUploadToken(services, accessOf(principal, 'createUploadToken'), TERMS);
      assert.deepEqual(token.mintedBy, { kind, actor });
    }
  });

  it('has only types that the service decodes', async () => {
    const access = accessOf(serviceFor('everyone'), 'createUploadToken', 'ada');
    const terms = { ...TERMS, contentTypes: ['image/png', 'image/heic'] } as const;
    assert.ok(await mintUploadToken(services, access, terms));
    const without = { ...services.settings, maxPixels: { ...MAX_PIXELS, 'image/heic': 0 } };
    await assert.rejects(mintUploadToken({ ...services, settings: without }, access, terms), {
      code: 'unsupported-type',
    });
  });

  it('needs a user', async () => {
    for (const principal of [ADMIN, serviceFor('everyone')])
      await assert.rejects(mintUploadToken(services, accessOf(principal, 'createUploadToken'), TERMS), {
        code: 'invalid-request',
      });
  });

  it('needs a credential: the route is closed in open mode', async () => {
    await assert.rejects(
      mintUploadToken(services, accessOf(OPEN, 'createUploadToken', 'ada'), TERMS),
      /needs a credential/,
    );
  });

  it('has at most 4,096 characters, even for the longest user', async () => {
    const access = accessOf(userNamed('\u{1f5bc}'.repeat(128)), 'createUploadToken');
    const long = (length: number) => ({ ...TERMS, fixed: { metadata: { a: 'x'.repeat(length) } } });
    assert.ok((await mintUploadToken(services, access, long(1_800))).text.length <= 4_096);
    await assert.rejects(mintUploadToken(services, access, long(4_000)), { code: 'invalid-request' });
  });

  describe('that replaces bytes', () => {
    const TERMS_OF_ALL = { expiresInSeconds: 60, maxBytes: null, contentTypes: null, maxImages: null, fixed: {} };
    const ready = async (): Promise<{ readonly id: ImageId }> => {
      const upload = await embedded.grant();
      await embedded.arrive(upload, await jpeg());
      assert.equal((await embedded.services.finalize(upload.id)).status, 'ready');
      return upload;
    };
    const asks = {
      'the image': async () => ({ ...TERMS_OF_ALL, replaces: (await ready()).id }),
      'an external id': async () => ({
        ...TERMS_OF_ALL,
        fixed: { externalId: 'avatar', ifExists: 'replace' as const },
      }),
    };

    for (const [name, ask] of Object.entries(asks))
      it(`of ${name} needs images:write`, async () => {
        const terms = await ask();
        const mintedBy = (scopes: readonly Scope[]) =>
          mintUploadToken(services, accessOf(userNamed('ada', scopes), 'createUploadToken'), terms);
        await assert.rejects(mintedBy(['images:read', 'images:upload']), {
          code: 'missing-scope',
          detail: 'expected a credential with the scope images:write; got one without it',
        });
        const { token, text } = await mintedBy(['images:write']);
        assert.deepEqual(token.fixed, { ...terms.fixed, ...('replaces' in terms && { replaces: terms.replaces }) });
        assert.deepEqual(uploadTokens.tokenIn(text)?.fixed.replaces, token.fixed.replaces);
      });

    it('names the image by its own spelling of the id', async () => {
      const { id } = await ready();
      const access = accessOf(userNamed('ada'), 'createUploadToken');
      const { token } = await mintUploadToken(services, access, { ...TERMS_OF_ALL, replaces: id.toUpperCase() });
      assert.equal(token.fixed.replaces, id);
    });

    it('is none for an image that is not there, not ready or of another user', async () => {
      const { id } = await ready();
      const { id: pending } = await embedded.grant();
      const minted = (principal: Principal, replaces: string, named: string | null = null) =>
        mintUploadToken(services, accessOf(principal, 'createUploadToken', named), { ...TERMS_OF_ALL, replaces });
      await assert.rejects(minted(userNamed('bob'), id), { code: 'image-not-found' });
      await assert.rejects(minted(userNamed('ada'), 'avatar'), { code: 'image-not-found' });
      await assert.rejects(minted(userNamed('ada'), pending), { code: 'image-not-ready' });
      for (const principal of [ADMIN, serviceFor('everyone')]) {
        await assert.rejects(minted(principal, id, 'bob'), { code: 'image-not-found' });
        assert.ok(await minted(principal, id, 'ada'));
      }
    });

    it('may fix an external id without images:write if it replaces nothing', async () => {
      const access = accessOf(userNamed('ada', ['images:upload']), 'createUploadToken');
      const { token } = await mintUploadToken(services, access, { ...TERMS_OF_ALL, fixed: { externalId: 'avatar' } });
      assert.deepEqual(token.fixed, { externalId: 'avatar' });
    });
  });
});
