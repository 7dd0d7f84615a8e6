import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clientAt } from '../../src/domain/access/client.fixture.ts';
import type { Principal } from '../../src/domain/access/principal.ts';
import { parseTransform } from '../../src/domain/rendition/transform-parameters.ts';
import { deleteImage } from '../../src/operations/images/delete-image.ts';
import { readImage } from '../../src/operations/images/read-image.ts';
import { restoreImage } from '../../src/operations/images/restore-image.ts';
import { trashImage } from '../../src/operations/images/trash-image.ts';
import { updateImage } from '../../src/operations/images/update-image.ts';
import { linkToRender } from '../../src/operations/renditions/link-to-render.ts';
import { purgeRenditions } from '../../src/operations/renditions/purge-renditions.ts';
import { finalizeOnRequest } from '../../src/operations/uploads/finalize-on-request.ts';
import type { Services } from '../../src/services.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { createTestService, type TestService } from '../services/service.ts';

const BOB_ALONE: Principal = { subject: 'bob', reads: 'own' };
const BOB: Principal = { subject: 'bob', reads: 'all' };

const CLIENT = clientAt('192.0.2.1');
const transform = parseTransform([['w', '8']], String);

type Ask = (services: Services, principal: Principal, id: string) => Promise<unknown>;

const READS: Record<string, Ask> = {
  reading: async (services, principal, id) => readImage(services, principal, id, CLIENT),
  linking: (services, principal, id) => linkToRender(services, principal, { id, transform, expiresInSeconds: null }),
};

const CHANGES: Record<string, Ask> = {
  changing: (services, principal, id) =>
    updateImage(services, principal, { id, changes: { tags: ['sea'] }, expectedRevisions: undefined }),
  completing: (services, principal, id) => finalizeOnRequest(services, principal, id, CLIENT),
  purging: (services, principal, id) => purgeRenditions(services, principal, { id }, CLIENT),
  deleting: deleteImage,
  trashing: trashImage,
};

describe("another user's image", () => {
  let service: TestService;
  let id: string;
  before(async () => {
    service = await createTestService();
    id = await uploadPicture(service, { type: 'image/png', width: 16, height: 12 });
  });
  after(() => service[Symbol.asyncDispose]());

  for (const [name, ask] of Object.entries({ ...READS, ...CHANGES }))
    it(`is hidden from a principal that may read only its own images: ${name}`, async () => {
      await assert.rejects(ask(service.services, BOB_ALONE, id), { code: 'image-not-found' });
    });

  for (const [name, ask] of Object.entries(CHANGES))
    it(`is readable, but not writable, for a principal that may read all images: ${name}`, async () => {
      await assert.rejects(ask(service.services, BOB, id), { code: 'forbidden' });
    });

  it('is hidden or not writable in the trash too', async () => {
    await trashImage(service.services, { subject: null, reads: 'all' }, id);
    for (const ask of [deleteImage, trashImage, restoreImage]) {
      await assert.rejects(ask(service.services, BOB_ALONE, id), { code: 'image-not-found' });
      await assert.rejects(ask(service.services, BOB, id), { code: 'forbidden' });
    }
  });
});
