import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { postLink } from '../links/link-requests.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';
import { json, ORIGIN } from '../services/service.ts';
import { imageOf, jsonOf, upload } from '../sharing/images-in-states.ts';
import { FORMS, mint } from '../upload-tokens/token-client.ts';
import { backUp, createTarget, restoreFrom } from './backups.ts';
import { PLACES } from './place.ts';

const SECRET_KEY = 'a key that signs for the one service and for the restored one';

const pathOf = (url: string): string => url.slice(ORIGIN.length);

/** Everything that a service has signed for its callers. */
async function signedBy(service: ClosedService, key: string) {
  const ask = (path: string, init?: RequestInit) => service.as(key, path, init);
  const ids = [await upload(ask), await upload(ask)];
  const [id = ''] = ids;
  const render = await jsonOf<{ url: string }>(await ask(`/images/${id}/render-url`, json({ w: 8 })));
  const as = { request: ask };
  const link = await jsonOf<{ url: string }>(await postLink(as, id, { what: 'preset', preset: 'thumb' }), 201);
  const list = await jsonOf<{ next_cursor: string }>(await ask('/images?limit=1'));
  const { token } = await mint(service, key, { max_images: 5 });
  return {
    ids,
    paths: {
      preset: pathOf((await imageOf(ask, id)).renditions?.['thumb'] ?? ''),
      render: pathOf(render.url),
      share: pathOf(link.url),
    },
    next: `/images?limit=1&cursor=${list.next_cursor}`,
    token,
  };
}

/** The statuses of its answers to all of that. */
async function statusesOf(
  service: ClosedService,
  key: string,
  { ids, paths, next, token }: Awaited<ReturnType<typeof signedBy>>,
) {
  const statuses: Record<string, number> = {};
  for (const [name, path] of Object.entries(paths)) statuses[name] = (await service.request(path)).status;
  statuses['cursor'] = (await service.as(key, next)).status;
  const [path, init] = FORMS['POST /uploads']?.request({}, { authorization: `Bearer ${token}` }) ?? assert.fail();
  statuses['upload token'] = (await service.request(path, init)).status;
  statuses['API key'] = (await service.as(key, `/images/${ids[1]}/original`)).status;
  return statuses;
}

const ALL = { preset: 200, render: 200, share: 200, cursor: 200, 'upload token': 201, 'API key': 200 };

describe('a restored service', () => {
  it('accepts what it signed before with the same key; with another key it accepts its API keys alone', async () => {
    await using source = await PLACES['SQLite and disk']();
    await using target = await createTarget();
    const start = (folder: string, key = SECRET_KEY) =>
      createClosedService({ folder, environment: { SECRET_KEY: key, USAGE: 'on' } });
    let key: string;
    let signed: Awaited<ReturnType<typeof signedBy>>;
    {
      await using service = await start(source.environment['DATA_DIR'] ?? '');
      key = await service.keyOf({ owner: 'ada' });
      signed = await signedBy(service, key);
      assert.deepEqual(await statusesOf(service, key, signed), ALL);
    }
    {
      await using composition = await source.open();
      await backUp(composition.services, target);
    }
    await using place = await PLACES['SQLite and disk']();
    {
      await using composition = await place.open();
      assert.equal((await restoreFrom(target, composition.services)).report.images, 2);
    }
    const folder = place.environment['DATA_DIR'] ?? '';
    {
      await using service = await start(folder);
      assert.deepEqual(await statusesOf(service, key, signed), ALL);
      assert.equal((await service.services.usage.usageOf('ada')).usage.images, 2);
      assert.ok((await service.services.usage.countedSince()) instanceof Date);
    }
    await using service = await start(folder, SECRET_KEY.toUpperCase());
    assert.deepEqual(await statusesOf(service, key, signed), {
      preset: 403,
      render: 403,
      share: 403,
      cursor: 400,
      'upload token': 401,
      'API key': 200,
    });
  });
});
