import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { AppError } from '../../src/domain/errors.ts';
import { type ObjectKey, storedKey } from '../../src/domain/image/object-key.ts';
import { maintainRenditions } from '../../src/operations/renditions/maintain-renditions.ts';
import {
  bytesOf,
  colorOf,
  flat,
  isDue,
  jpeg,
  png,
  readyRecord,
  render,
  renderPath,
  storedCopies,
  upload,
} from '../renditions/copied-images.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const blue = await png(flat({ width: 2_600, height: 1_600 }, 'blue'));

async function replace(service: TestService, id: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = { 'content-type': 'image/png' };
  const answer = await service.request(`/images/${id}/content`, { method: 'PUT', body, headers });
  assert.equal(answer.status, 200, await answer.text());
}

it('a working copy of the former bytes, which was made while they were replaced, is never that of the new ones', async () => {
  await using service = await createSharingService();
  const id = await upload(service, await jpeg(), 'image/jpeg');
  assert.equal(await colorOf(await render(service, id, { w: 200 })), 'red');
  assert.ok(await isDue(service, id));
  const { objects } = service.services;
  const put: typeof objects.put = async (key, ...rest) => {
    if (storedKey(key)?.kind === 'working-copy') await replace(service, id, blue);
    return objects.put(key, ...rest);
  };
  await maintainRenditions({ ...service.services, objects: { ...objects, put } }, id);
  assert.equal((await readyRecord(service, id)).workingCopy, null);
  assert.deepEqual(await storedCopies(service, id), []);
  assert.equal(await colorOf(await render(service, id, { w: 200 })), 'blue');
});

it('the bytes of which no working copy could be made are not those that took their place meanwhile', async () => {
  await using service = await createSharingService();
  const id = await upload(service, await jpeg(), 'image/jpeg');
  await render(service, id, { w: 200 });
  const { imaging } = service.services;
  const fail: typeof imaging.render = async () => {
    await replace(service, id, blue);
    throw new AppError('rendition-failed', 'expected a picture; got noise');
  };
  await maintainRenditions({ ...service.services, imaging: { ...imaging, render: fail } }, id);
  assert.deepEqual((await readyRecord(service, id)).renditionFailures, []);
});

it('no picture is stored with a watermark whose bytes were replaced, under the name of the former one', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
  const small = { width: 64, height: 64 } as const;
  const first = await createSharingService({ folder: folder.path });
  const logo = await upload(first, await png(flat(small)));
  const photo = await upload(first, await png(flat({ width: 600, height: 400 }, 'blue')));
  await first[Symbol.asyncDispose]();
  const environment = { WATERMARKS: `logo:${logo}` };
  await using service = await createSharingService({ folder: folder.path, environment });
  const marked = { w: 300, watermark: 'logo', watermark_scale: 1 };
  await render(service, photo, { ...marked, w: 200 }); // the process has read the watermark
  await replace(service, logo, await png(flat({ width: 80, height: 80 }, 'blue')));
  const asked = await service.request(await renderPath(service, photo, marked));
  assert.equal(asked.status, 503, await asked.text());
  const stored: ObjectKey[] = [];
  for await (const { key } of service.services.objects.list('renditions/')) stored.push(key);
  assert.equal(stored.length, 1, 'the one before');
  await bytesOf(await service.request(await renderPath(service, photo, { w: 300 })));
});
