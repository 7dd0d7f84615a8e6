import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { clientAt } from '../../src/domain/access/client.fixture.ts';
import type { Access } from '../../src/domain/access/policy.ts';
import { accessOf, OPEN, userNamed } from '../../src/domain/access/principals.fixture.ts';
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

/** By a credential, and in open mode. Every operation asks for more than reading one. */
const [BOB_ALONE, BOB] = [accessOf(userNamed('bob'), 'deleteImage'), accessOf(OPEN, 'deleteImage', 'bob')];

const CLIENT = clientAt('192.0.2.1');
const transform = parseTransform([['w', '8']], String);

type Ask = (services: Services, access: Access, id: string) => Promise<unknown>;

const READS: Record<string, Ask> = {
  reading: async (services, access, id) => readImage(services, access, id, CLIENT),
  linking: (services, access, id) => linkToRender(services, access, { id, transform, expiresInSeconds: null }),
};

const CHANGES: Record<string, Ask> = {
  changing: (services, access, id) =>
    updateImage(services, access, {
      id,
      changes: { tags: ['sea'] },
      expectedRevisions: undefined,
      payer: CLIENT.payer,
    }),
  completing: (services, access, id) => finalizeOnRequest(services, access, id, CLIENT),
  purging: (services, access, id) => purgeRenditions(services, access, { id }, CLIENT),
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
    it(`is hidden from a credential of another user: ${name}`, async () => {
      await assert.rejects(ask(service.services, BOB_ALONE, id), { code: 'image-not-found' });
    });

  for (const [name, ask] of Object.entries(CHANGES))
    it(`is readable, but not writable, in open mode: ${name}`, async () => {
      await assert.rejects(ask(service.services, BOB, id), { code: 'forbidden' });
    });

  it('is hidden or not writable in the trash too', async () => {
    await trashImage(service.services, accessOf(OPEN, 'trashImage'), id);
    for (const ask of [deleteImage, trashImage, restoreImage]) {
      await assert.rejects(ask(service.services, BOB_ALONE, id), { code: 'image-not-found' });
      await assert.rejects(ask(service.services, BOB, id), { code: 'forbidden' });
    }
  });
});
