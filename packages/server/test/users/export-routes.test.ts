import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { readZip } from '../../../../test/servers/unzip.ts';
import { createInOrder } from '../../src/flow/in-order.ts';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { carryOutDeletions } from '../../src/operations/users/carry-out-deletions.ts';
import { carryOutExports } from '../../src/operations/users/carry-out-exports.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';

const HOUR_MS = 3_600_000;
const POST = { method: 'POST' };

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly state?: string;
  readonly url: string;
  readonly removed_at?: string;
  readonly images?: number;
  readonly originals?: number;
  readonly missing?: number;
}

interface Exporting extends AsyncDisposable {
  readonly service: ClosedService;
  /** By the back office, or by another one. */
  ask(user: string, init?: RequestInit, key?: string): Promise<Answer>;
  upload(user: string): Promise<string>;
  /** One round of the worker. Returns what it said of failures. */
  round(afterZip?: () => Promise<void>): Promise<readonly string[]>;
  deleteUser(user: string, options?: { readonly begins: boolean }): Promise<void>;
  /** Names of files of exports, without the folders. */
  files(): Promise<readonly string[]>;
  /** As if the file had been stored so long ago. */
  age(name: string, byMs: number): Promise<void>;
}

async function createExporting(): Promise<Exporting> {
  const service = await createClosedService({ environment: { EVENTS: 'on' } });
  const eraser = await service.keyOf({ actsAs: 'everyone', scopes: ['users:erase'] });
  const uploader = await service.keyOf({ actsAs: 'everyone' });
  const { operator, ...services } = service.services;
  assert.ok(operator);
  const work = { ...services, ...operator, deletionInOrder: createInOrder() };
  const { signal } = new AbortController();
  const bytes = new Uint8Array(await testImage({ type: 'image/png', width: 20, height: 10 }));
  return {
    service,
    async ask(user, init = {}, key = eraser) {
      const answer = await service.as(key, `/users/${user}/export`, init);
      return { ...((await answer.json()) as Answer), status: answer.status };
    },
    async upload(user) {
      const form = new FormData();
      form.set('user_id', user);
      form.set('file', new File([bytes], `of ${user}.png`, { type: 'image/png' }));
      const answer = await service.as(uploader, '/images', { method: 'POST', body: form });
      assert.equal(answer.status, 201);
      return ((await answer.json()) as { readonly image_id: string }).image_id;
    },
    async round(afterZip) {
      const said: string[] = [];
      const observe = (event: ServiceEvent): void => {
        if (event.event === 'command-failed') said.push(String(event.error));
      };
      const putStream: typeof work.objects.putStream = async (...call) => {
        const size = await work.objects.putStream(...call);
        await afterZip?.();
        return size;
      };
      await carryOutExports({ ...work, objects: { ...work.objects, putStream }, observe }, signal);
      return said;
    },
    async deleteUser(user, { begins } = { begins: true }) {
      const answer = await service.as(eraser, `/users/${user}?confirm=${user}`, { method: 'DELETE' });
      assert.equal(answer.status, 202);
      if (begins) await carryOutDeletions({ ...work, observe: ({ event }) => assert.fail(event) }, signal);
    },
    async files() {
      const all = await service.storedFiles();
      return all.filter((path) => path.includes('/exports/')).map((path) => path.replace(/^.*\//, ''));
    },
    async age(name, byMs) {
      const [path = ''] = (await service.storedFiles()).filter((one) => one.endsWith(name));
      const time = new Date(Date.now() - byMs);
      await utimes(path, time, time);
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

const WHOLE = ['export.zip', 'report.json', 'request.json'];

describe('POST and GET /users/{user_id}/export', () => {
  it('give a zip that any program reads, for a day; then it is removed, and another one can be made', async () => {
    await using exporting = await createExporting();
    const { service, ask, upload, round, files, age } = exporting;
    for (let n = 0; n < 6; n += 1) await upload('ada');
    await upload('bob');
    assert.equal((await ask('ada')).status, 404);
    const asked = await Promise.all([ask('ada', POST), ask('ada', POST), ask('ada', POST)]);
    assert.deepEqual([...new Set(asked.map(({ status, state }) => `${status} ${state}`))], ['202 waiting']);
    assert.deepEqual(await round(), []);
    assert.deepEqual((await files()).toSorted(), WHOLE, 'one answers for those that were asked for at once');
    const ready = await ask('ada');
    assert.deepEqual(
      [ready.status, ready.state, ready.images, ready.originals, ready.missing],
      [200, 'ready', 6, 6, 0],
    );
    assert.equal((await ask('ada', POST)).status, 200);

    const fetched = await service.send(ready.url);
    assert.match(String(fetched.headers.get('cache-control')), /private/);
    const zip = join(service.folder, 'ada.zip');
    await writeFile(zip, Buffer.from(await fetched.arrayBuffer()));
    await promisify(execFile)('unzip', ['-tq', zip]);
    const names = (await readZip(zip)).map(({ name }) => name);
    assert.equal(names.filter((name) => /^originals\/.*of_ada.*\.png$/.test(name)).length, 6, names.join());
    const part = await service.send(ready.url, { headers: { range: 'bytes=0-3' } });
    assert.deepEqual([part.status, await part.text()], [206, 'PK\u0003\u0004']);
    const others = ready.url.replace('export.zip', 'request.json');
    assert.equal((await service.send(others)).status, 403, 'a URL is of one file');

    await age('report.json', 24 * HOUR_MS - 60_000);
    assert.equal((await ask('ada')).state, 'ready');
    await age('report.json', 24 * HOUR_MS + 60_000);
    assert.equal((await ask('ada')).status, 404);
    const anew = await ask('ada', POST);
    assert.deepEqual([anew.status, anew.state], [202, 'waiting']);
    assert.deepEqual(await round(), []);
    assert.equal((await service.send(ready.url)).status, 404);
    assert.deepEqual(
      [(await ask('ada')).state, (await files()).toSorted()],
      ['ready', WHOLE],
      'the former one is gone',
    );
  });

  it('have nothing of a user of whom there is nothing', async () => {
    await using exporting = await createExporting();
    const { ask, round, files } = exporting;
    assert.equal((await ask('nobody', POST)).status, 202);
    assert.deepEqual(await round(), []);
    assert.deepEqual([(await ask('nobody')).status, (await ask('nobody')).code], [404, 'user-not-found']);
    assert.deepEqual(await files(), []);
  });

  it('say which originals are missing, and have none that is damaged', async () => {
    await using exporting = await createExporting();
    const { service, ask, upload, round } = exporting;
    const [lost, damaged] = [await upload('ada'), await upload('ada'), await upload('ada')];
    const originals = (await service.storedFiles()).filter((path) => path.includes('/images/'));
    const pathOf = (id: string | undefined) => originals.find((path) => path.includes(`/${id}/`)) ?? assert.fail();
    await rm(pathOf(lost));
    await writeFile(pathOf(damaged), 'other bytes');
    await ask('ada', POST);
    assert.deepEqual(await round(), []);
    const { images, originals: stored, missing, url } = await ask('ada');
    assert.deepEqual([images, stored, missing], [3, 1, 2]);
    const files = await readZip(Buffer.from(await (await service.send(url)).arrayBuffer()));
    assert.equal(files.filter(({ name }) => name.startsWith('originals/')).length, 1);
    const lines = String(files.find(({ name }) => name === 'images.jsonl')?.bytes)
      .trim()
      .split('\n');
    assert.equal(lines.filter((line) => JSON.parse(line).original === null).length, 2);
  });

  it('are made whole after a process that died before its end, and an hour after a failure', async () => {
    await using exporting = await createExporting();
    const { service, ask, upload, round, files, age } = exporting;
    await upload('ada');
    await ask('ada', POST);
    const [request = ''] = (await service.storedFiles()).filter((path) => path.endsWith('request.json'));
    const zip = join(dirname(request), 'export.zip');
    await mkdir(join(zip, 'in the way'), { recursive: true });
    assert.equal((await round()).length, 1);
    assert.equal((await ask('ada')).state, 'waiting');
    await rm(zip, { recursive: true });
    assert.deepEqual([await round(), await files()], [[], ['failed.json', 'request.json']], 'it waits');
    await writeFile(zip, 'half of a zip');
    assert.equal((await ask('ada')).state, 'waiting', 'without its report it has no URL');
    await age('failed.json', HOUR_MS + 60_000);
    assert.deepEqual(await round(), []);
    const ready = await ask('ada');
    assert.equal((await readZip(Buffer.from(await (await service.send(ready.url)).arrayBuffer()))).length, 4);
  });

  it('give way to the deletion of the user: no file is made, and one that is there goes', async () => {
    await using exporting = await createExporting();
    const { service, ask, upload, round, files, deleteUser } = exporting;
    for (const user of ['ada', 'bob']) await upload(user);
    for (const user of ['ada', 'bob']) await ask(user, POST);
    assert.deepEqual(await round(), []);
    const { url } = await ask('ada');
    await deleteUser('ada');
    assert.deepEqual((await files()).toSorted(), WHOLE, "only bob's is left");
    assert.equal((await service.send(url)).status, 404);
    const refused = await ask('ada', POST);
    assert.deepEqual([refused.status, refused.code], [403, 'user-erased']);
    assert.equal((await ask('ada')).status, 404);

    await deleteUser('bob', { begins: false });
    assert.equal((await ask('bob', POST)).code, 'user-erased', 'its deletion was asked for');

    await upload('eve');
    await ask('eve', POST);
    assert.deepEqual(await round(() => deleteUser('eve')), []);
    assert.deepEqual(await files(), [], 'nothing of one that was made meanwhile');
  });

  it('are made in turns, also those that another caller asks for meanwhile; what ends meanwhile goes', async () => {
    await using exporting = await createExporting();
    const { service, ask, upload, round, age, files } = exporting;
    const other = await service.keyOf({ actsAs: 'everyone', scopes: ['users:erase'] });
    const many = ['u1', 'u2', 'u3', 'u4'];
    for (const user of [...many, 'ada', 'bob']) await upload(user);
    await ask('bob', POST);
    assert.deepEqual(await round(), []);
    for (const user of many) await ask(user, POST);
    const readyAfter: (readonly string[])[] = [];
    const ready = async (): Promise<readonly string[]> => {
      const all = await Promise.all([...many, 'ada'].map(async (user) => ((await ask(user)).url ? [user] : [])));
      return all.flat();
    };
    const made = async (): Promise<void> => {
      readyAfter.push(await ready());
      if (readyAfter.length > 1) return;
      await ask('ada', POST, other);
      await age('report.json', 25 * HOUR_MS);
    };
    assert.deepEqual(await round(made), []);
    assert.deepEqual(readyAfter.slice(1, 4), [['u1'], ['u1', 'u2'], ['u1', 'u2', 'ada']]);
    assert.equal((await files()).filter((name) => name === 'request.json').length, 5, "bob's is gone");
  });

  it('leave nothing of a user of whom a deletion finds nothing any more', async () => {
    await using exporting = await createExporting();
    const { service, ask, round, files, deleteUser } = exporting;
    const { usage } = service.services;
    await usage.setLimits('ada', { images: 7, bytes: null, pending: null });
    await ask('ada', POST);
    assert.deepEqual(await round(), []);
    assert.deepEqual((await files()).toSorted(), WHOLE);
    await usage.setLimits('ada', null);
    await deleteUser('ada');
    assert.deepEqual(await files(), []);
  });
});
