import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, it } from 'node:test';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { ORIGIN } from '../../../test/services/service.ts';
import { clientAt } from '../../domain/access/client.fixture.ts';
import { accessOf, userNamed } from '../../domain/access/principals.fixture.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { createEmbeddedServices, type EmbeddedServices } from '../embedded-services.fixture.ts';
import { type CreateUploadInput, createUpload } from './create-upload.ts';
import { storeDirectUpload } from './store-direct-upload.ts';

const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex');

const DESCRIPTION = {
  filename: 'a.jpg',
  tags: ['a'],
  description: null,
  metadata: { a: 1 },
  visibility: 'private',
  externalId: null,
} as const;
const GRANT: CreateUploadInput = {
  ...DESCRIPTION,
  contentType: 'image/jpeg',
  method: 'PUT',
  sizeBytes: 7,
  sha256: undefined,
  idempotencyKey: 'key',
  publicOrigin: ORIGIN,
};
/** As versions before visibility wrote them. */
const GRANT_TEXT =
  '{"form":"grant","contentType":"image/jpeg","filename":"a.jpg","tags":["a"],"description":null,"metadata":{"a":1},"method":"PUT","sizeBytes":7}';
const directText = (hash: string) =>
  `{"form":"direct","contentType":"image/jpeg","filename":"a.jpg","tags":["a"],"description":null,"metadata":{"a":1},"sha256":"${hash}"}`;

const access = accessOf(userNamed('ada'), 'createUpload');
const CONFLICT = { code: 'idempotency-conflict' };

/** An upload under the key, as an earlier version recorded it. */
async function recordUse({ services, grant }: EmbeddedServices, text: string): Promise<ImageId> {
  const { id } = await grant();
  const [now, expiresAt] = [services.clock.now(), new Date(services.clock.now().getTime() + 60_000)];
  const use = { userId: 'ada', key: 'key', fingerprint: sha256(text), imageId: id, leaseUntil: null, expiresAt };
  assert.equal(await services.images.useKey(use, now), undefined);
  return id;
}

describe('an Idempotency-Key that an earlier version recorded', () => {
  it('is replayed by the same grant, and in conflict with a public one', async () => {
    await using embedded = await createEmbeddedServices();
    const id = await recordUse(embedded, GRANT_TEXT);
    assert.equal((await createUpload(embedded.services, access, GRANT)).image.id, id);
    await assert.rejects(createUpload(embedded.services, access, { ...GRANT, visibility: 'public' }), CONFLICT);
  });

  it('is replayed by the same direct upload, and in conflict with a public one', async () => {
    await using embedded = await createEmbeddedServices();
    const { staging } = embedded.services;
    const bytes = await testImage({ type: 'image/jpeg', width: 8, height: 8 });
    await using file = await staging.stage(Readable.from([bytes]), { maxBytes: bytes.length });
    const id = await recordUse(embedded, directText(sha256(bytes)));
    const input = {
      ...DESCRIPTION,
      contentType: 'image/jpeg',
      file,
      idempotencyKey: 'key',
      client: clientAt('a'),
    } as const;
    assert.equal((await storeDirectUpload(embedded.services, access, input)).id, id);
    await assert.rejects(storeDirectUpload(embedded.services, access, { ...input, visibility: 'public' }), CONFLICT);
  });
});
