import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { fakeTime, NO_FAKE_TIME } from '../services/fake-time.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { json, post } from '../services/service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

const ask = ({ origin }: RunningService, path: string, init?: RequestInit) => fetch(`${origin}${path}`, init);

/** By a list, which examines no single image. */
async function idsOf(service: RunningService, query: string): Promise<string[]> {
  const answer = await ask(service, `/images?user_id=u&${query}`);
  const { images } = (await answer.json()) as { images: { image_id: string }[] };
  return images.map(({ image_id }) => image_id);
}

/** Effects too slow for acceptance cases: the sweeps of half an hour, and of a month. */
describe('visible effects of a process’s sweeps', { skip: NO_FAKE_TIME }, () => {
  it('an unused grant is expired half an hour later, and unknown after a month; a ready image stays', async () => {
    await using folder = await temporaryFolder();
    const grant = json({ user_id: 'u', content_type: 'image/jpeg', tags: ['sea'], filename: 'holiday.jpg' });
    let [abandoned, kept] = ['', ''];
    {
      await using service = await startService({}, folder.path);
      ({ image_id: abandoned } = (await (await ask(service, '/images/upload', grant)).json()) as { image_id: string });
      const uploaded = await ask(service, '/images/upload?user_id=u', post(picture, 'image/jpeg'));
      ({ image_id: kept } = (await uploaded.json()) as { image_id: string });
    }
    {
      await using service = await startService(fakeTime('+30m'), folder.path);
      await until(async () => (await idsOf(service, 'status=expired')).includes(abandoned));
      const told = await (await ask(service, `/images/${abandoned}/metadata`)).json();
      assert.partialDeepStrictEqual(told, { status: 'expired', tags: [], filename: 'image.jpg' });
      assert.equal((await ask(service, `/images/${abandoned}/complete`, { method: 'POST' })).status, 409);
    }
    await using service = await startService(fakeTime('+31d'), folder.path);
    await until(async () => (await ask(service, `/images/${abandoned}/metadata`)).status === 404);
    assert.deepEqual(await idsOf(service, 'status=ready'), [kept]);
    assert.deepEqual(await (await ask(service, `/images/${kept}`)).bytes(), picture);
  });
});
