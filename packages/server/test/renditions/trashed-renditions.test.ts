import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uploadPicture } from '../pictures/upload-picture.ts';
import type { TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const POST: RequestInit = { method: 'POST' };

async function trashedPicture(service: TestService): Promise<string> {
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 600, height: 400 });
  assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status < 400, true);
  assert.equal((await service.request(`/images/${id}/trash`, POST)).status, 200);
  return id;
}

const renditionsOf = async (service: TestService): Promise<string[]> =>
  (await service.storedFiles()).filter((path) => path.includes('/renditions/')).toSorted();

for (const bytes of ['stream', 'redirect'])
  describe(`a preset of an image in the trash, with BYTES=${bytes}`, () => {
    it('is sent by the service itself, for no cache, and one that is not stored is made and not kept', async () => {
      await using service = await createSharingService({ environment: { BYTES: bytes } });
      const id = await trashedPicture(service);
      const stored = await renditionsOf(service);
      assert.equal(stored.length, 1);
      const thumb = await service.services.objects.get(stored[0]?.slice(stored[0].indexOf('renditions/')) as never);
      const kept = Buffer.from(await new Response(thumb?.body).arrayBuffer());
      for (const preset of ['thumb', 'medium', 'medium']) {
        const answer = await service.request(`/images/${id}/renditions/${preset}?trashed=true`);
        const body = Buffer.from(await answer.arrayBuffer());
        assert.equal(answer.status, 200, String(body));
        assert.equal(answer.headers.get('cache-control'), 'private, no-store');
        assert.equal(body.equals(kept), preset === 'thumb');
        assert.deepEqual(await renditionsOf(service), stored);
      }
      const head = await service.request(`/images/${id}/renditions/medium?trashed=true`, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal((await service.request(`/images/${id}/renditions/thumb`)).status, 404);
    });

    it('is gone with the image, and when it is restored', async () => {
      await using service = await createSharingService({ environment: { BYTES: bytes } });
      const [restored, deleted] = [await trashedPicture(service), await trashedPicture(service)];
      assert.equal((await service.request(`/images/${restored}/restore`, POST)).status, 200);
      assert.equal((await service.request(`/images/${deleted}`, { method: 'DELETE' })).status, 200);
      for (const id of [restored, deleted]) {
        const answer = await service.request(`/images/${id}/renditions/thumb?trashed=true`);
        assert.equal(answer.status, 404);
        assert.equal(((await answer.json()) as { code: string }).code, 'image-not-found');
      }
    });
  });

describe('a preset of an image in the trash, in open mode', () => {
  it('is refused to pages of other sites, before any look-up', async () => {
    const calls: string[] = [];
    await using service = await createSharingService({
      observe: (event) => event.event === 'store-call' && calls.push(event.call),
    });
    const id = await trashedPicture(service);
    calls.length = 0;
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
      { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', Origin: 'https://other.example' },
    ])
      assert.equal((await service.request(`/images/${id}/renditions/thumb?trashed=true`, { headers })).status, 403);
    assert.deepEqual(calls, []);
  });

  it('answers 400 to a value that is neither true nor false, and trashed=false is no word for the trash', async () => {
    await using service = await createSharingService();
    const id = await trashedPicture(service);
    const path = `/images/${id}/renditions/thumb`;
    assert.equal((await service.request(`${path}?trashed=maybe`)).status, 400);
    assert.equal((await service.request(`${path}?trashed=false`)).status, 404);
  });
});
