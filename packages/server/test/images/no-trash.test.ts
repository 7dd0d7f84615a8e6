import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hearingPostponed } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { json, type TestService } from '../services/service.ts';
import { createSharingService } from '../services/sharing-service.ts';

const DAY_MS = 86_400_000;
const PICTURE = { type: 'image/png', width: 16, height: 12 } as const;
const POST: RequestInit = { method: 'POST' };

async function codeOf(answer: Promise<Response>): Promise<string> {
  const { code } = (await (await answer).json()) as { code: string };
  return code;
}

async function trashedIds(service: TestService): Promise<string[]> {
  const answer = await service.request('/images?user_id=ada&status=trashed');
  const { images } = (await answer.json()) as { images: { image_id: string }[] };
  return images.map(({ image_id }) => image_id);
}

describe('a service with TRASH_DAYS=0', () => {
  it('says so in GET /, and answers 404 on the four routes, also for a wrong query or body', async () => {
    await using service = await createSharingService({ environment: { TRASH_DAYS: '0' } });
    const { trash_days } = (await (await service.request('/')).json()) as { trash_days: number };
    assert.equal(trash_days, 0);
    const id = await uploadPicture(service, PICTURE);
    const queries = ['', '?user_id=ada', '?user_id=', '?uesr_id=ada'];
    const bodies = [{ user_id: 'ada', image_ids: [id] }, { image_ids: [] }, { image_ids: [7] }, 'text'].map((body) =>
      json(body),
    );
    const requireNoRoute = async (path: string, init: RequestInit): Promise<void> =>
      assert.equal(await codeOf(service.request(path, init)), 'route-not-found', `${path} ${init.body}`);
    for (const verb of ['trash', 'restore']) {
      for (const query of queries) await requireNoRoute(`/images/${id}/${verb}${query}`, POST);
      await requireNoRoute(`/images/no-id/${verb}`, POST);
      // Who acts is decided before any operation.
      assert.equal(await codeOf(service.request(`/images/${id}/${verb}?user_id=a&user_id=b`, POST)), 'invalid-request');
      for (const init of [...bodies, { ...json({}), body: '{' }, POST]) await requireNoRoute(`/images/${verb}`, init);
    }
    assert.equal((await service.request(`/images/${id}/metadata`)).status, 200);
  });

  it('lists images that were trashed before, deletes one at once, and purges the others at their time', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-no-trash-'));
    const trashed: string[] = [];
    {
      await using before = await createSharingService({ folder: folder.path, environment: { TRASH_DAYS: '7' } });
      for (let n = 0; n < 2; n += 1) {
        const id = await uploadPicture(before, PICTURE);
        assert.equal((await before.request(`/images/${id}/trash`, POST)).status, 200);
        trashed.unshift(id);
      }
    }
    const clock = movingClock();
    const environment = { TRASH_DAYS: '0' };
    await using service = await createSharingService({ folder: folder.path, environment, overrides: { clock } });
    const sweepNow = () =>
      sweep(hearingPostponed(service.services, assert.ifError), {
        holder: 'test',
        signal: AbortSignal.timeout(60_000),
      });
    const [one = '', other = ''] = trashed;
    assert.deepEqual(await trashedIds(service), trashed);
    assert.equal(await codeOf(service.request(`/images/${one}/metadata`)), 'image-not-found');

    assert.equal((await service.request(`/images/${one}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(await trashedIds(service), [other]);
    clock.offsetMs += 6 * DAY_MS;
    await sweepNow();
    assert.deepEqual(await trashedIds(service), [other]);
    clock.offsetMs += DAY_MS;
    await sweepNow();
    assert.deepEqual(await trashedIds(service), []);
    assert.deepEqual(await service.storedFiles(), []);
  });
});
