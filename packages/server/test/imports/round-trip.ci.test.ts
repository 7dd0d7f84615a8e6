import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { spawnProgram, startService } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

type Json = { readonly [name: string]: unknown };

/** Requests of one service. */
function clientOf(origin: string) {
  const ask = async (path: string, init: RequestInit = {}, expected = 200): Promise<Response> => {
    const answer = await fetch(`${origin}${path}`, init);
    if (answer.status !== expected)
      assert.fail(`${path}: expected ${expected}; got ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const json = async (path: string, body?: object, method = body ? 'POST' : 'GET', expected = 200): Promise<Json> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await ask(path, body ? { method, headers, body: JSON.stringify(body) } : { method }, expected);
    return (await answer.json()) as Json;
  };
  const upload = async (
    userId: string,
    seed: number,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<string> => {
    const type = seed % 2 === 0 ? 'image/png' : 'image/jpeg';
    const bytes = new Uint8Array(await testImage({ type, width: 40, height: 30, seed }));
    const body = new FormData();
    for (const [name, value] of Object.entries({ user_id: userId, ...fields })) body.set(name, value);
    body.set('file', new File([bytes], fields['filename'] ?? `${seed}.${type.slice(6)}`, { type }));
    const { image_id: id } = (await (await ask('/images', { method: 'POST', body }, 201)).json()) as Json;
    return String(id);
  };
  return { ask, json, upload };
}

type Client = ReturnType<typeof clientOf>;

/** What a service has of its own: where it keeps bytes, and when and how often a record changed. */
const OWN = ['s3_key', 's3_url', 'upload_time', 'updated_at', 'revision', 'renditions', 'cover', 'purge_at'];

const withoutOwn = (json: Json): Json =>
  Object.fromEntries(Object.entries(json).filter(([name]) => !OWN.includes(name)));

async function shownBy(client: Client, { images, albums }: Filled): Promise<Json> {
  const shown: Record<string, unknown> = {};
  for (const { id, userId } of images) {
    const of = `user_id=${encodeURIComponent(userId)}`;
    const original = await client.ask(`/images/${id}/original?${of}`);
    shown[id] = {
      json: withoutOwn(await client.json(`/images/${id}/metadata?${of}`)),
      facts: await client.json(`/images/${id}/facts?${of}`),
      bytes: Buffer.from(await original.arrayBuffer()).toString('base64'),
    };
  }
  for (const id of albums) {
    const { order, ...json } = withoutOwn(await client.json(`/albums/${id}?user_id=ada`));
    const pages = ['added', 'manual', 'newest'].map((by) =>
      client.json(`/images?user_id=ada&album=${id}&order=${by}&fields=filename`),
    );
    shown[id] = { json, order, pages: (await Promise.all(pages)).map(({ images }) => images) };
  }
  const trash = await client.json('/images?user_id=ada&status=trashed');
  shown['trash'] = (trash['images'] as readonly Json[]).map(withoutOwn);
  return shown;
}

interface Filled {
  readonly images: readonly { readonly id: string; readonly userId: string }[];
  readonly albums: readonly string[];
}

async function fill({ ask, json, upload }: Client): Promise<Filled> {
  const said = {
    ...{ filename: '<b>sea</b>.jpg', description: 'The "sea"\n& more', tags: 'sea,Übersee', visibility: 'public' },
    ...{ metadata: '{"n":1,"deep":{"a":[true,null]}}', external_id: 'order-1042/front' },
  };
  const first = await upload('ada', 1, said);
  const patch = (id: string, body: object) => json(`/images/${id}?user_id=ada`, body, 'PATCH');
  const place = { latitude: 54.9079, longitude: 8.3023 };
  await patch(first, { taken_at: '2019-05-04T10:00:00', position: place, focal_point: { x: 0.25, y: 0.4 } });
  const second = await upload('ada', 2);
  await patch(second, { taken_at: null, position: null });
  const third = await upload('ada', 3);
  const bobs = await upload('bob@"x"/..', 4);
  const trashed = await upload('ada', 5, { tags: 'gone' });

  const { album_id: byHand } = await json(
    '/albums',
    { user_id: 'ada', title: 'By hand', description: 'd', order: 'manual' },
    'POST',
    201,
  );
  const { album_id: other } = await json('/albums', { user_id: 'ada', title: '<i>Other</i>' }, 'POST', 201);
  const change = (album: unknown, body: object) => json(`/albums/${album}/images?user_id=ada`, body);
  await change(byHand, { add: [first, second, third, trashed] });
  await change(byHand, { move: { image_ids: [third], after: null } });
  await change(other, { add: [third, first] });
  await json(`/albums/${byHand}?user_id=ada`, { cover_id: second }, 'PATCH');
  await ask(`/images/${trashed}/trash?user_id=ada`, { method: 'POST' });
  const images = [...[first, second, third].map((id) => ({ id, userId: 'ada' })), { id: bobs, userId: 'bob@"x"/..' }];
  return { images, albums: [String(byHand), String(other)] };
}

describe('an export, imported into an empty service', () => {
  for (const [kind, isRunning] of [
    ['that runs', true],
    ['that starts after it', false],
  ] as const)
    it(`${kind}, is the same records, albums and bytes; a second import brings nothing`, {
      timeout: 120_000,
    }, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-round-trip-'));
      const dir = join(folder.path, 'export');
      const run = async (data: string, ...args: readonly string[]): Promise<Json> => {
        const command = [process.execPath, ADMIN, ...args, '--json'];
        const { exitCode, output } = await spawnProgram(folder.path, { DATA_DIR: join(folder.path, data) }, command)
          .ended;
        assert.equal(exitCode, 0, output);
        return JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null');
      };
      const open = (data: string) => startService({ DATA_DIR: join(folder.path, data) }, folder.path);
      let filled: Filled;
      let expected: Json;
      {
        await using from = await open('from');
        const client = clientOf(from.origin);
        filled = await fill(client);
        expected = await shownBy(client, filled);
        const { images, albums, copied } = await run('from', 'export', dir);
        assert.deepEqual([images, albums, copied], [5, 2, 5]);
      }
      const bring = async () => {
        const { imported, known, refused } = await run('to', 'import', dir, '--report', join(folder.path, 'report'));
        return [imported, known, refused];
      };
      if (!isRunning) assert.deepEqual(await bring(), [5, 0, 0]);
      await using to = await open('to');
      if (isRunning) assert.deepEqual(await bring(), [5, 0, 0]);
      assert.deepEqual(await shownBy(clientOf(to.origin), filled), expected);
      assert.deepEqual(await bring(), [0, 5, 0]);
      const lines = (await readFile(join(folder.path, 'report'), 'utf8')).split('\n').filter((line) => line !== '');
      assert.equal(lines.length, 6, 'a header, and a line for each image');

      const again = join(folder.path, 'again');
      await run('to', 'export', again);
      const linesOf = async (path: string) =>
        (await readFile(path, 'utf8'))
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => withoutOwn(JSON.parse(line)))
          .toSorted((one, other) => (String(one['id']) < String(other['id']) ? -1 : 1));
      for (const name of ['images.ndjson', 'albums.ndjson'])
        assert.deepEqual(await linesOf(join(again, name)), await linesOf(join(dir, name)), name);
    });
});
