import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient, type DownloadOptions, type ListOptions } from '@safelight/client';
import { testImage } from '../../../test/pictures/test-images.ts';
import { tellingPicture } from '../../server/test/pictures/telling-picture.ts';
import { type ClosedService, createClosedService } from '../../server/test/services/closed-service.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { recordingFetch } from './recording-fetch.ts';

/** Another party on the way: a proxy, a stranger's server. */
async function startStranger(answer: RequestListener) {
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    answer(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const photo = async (seed: number): Promise<Blob> =>
  new Blob([new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48, seed }))]);

describe('requests to a service that knows its callers', () => {
  let service: ClosedService;
  let listening: ListeningService;
  let baseUrl: string;
  before(async () => {
    service = await createClosedService({ environment: { RATE_LIMITS: 'list=2/s' } });
    listening = await listen(service);
    baseUrl = `http://${listening.address}`;
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** A client, and the statuses of all answers that it got. */
  function clientOf(token: string) {
    const { fetch, statuses } = recordingFetch();
    return { ...createClient({ baseUrl, token, fetch }), statuses };
  }

  it('ask for the deletion of a user, and say how far it is', async () => {
    const { users } = clientOf(await service.keyOf({ actsAs: 'everyone', scopes: ['users:erase'] }));
    const una = 'una/1 ü?&';
    assert.equal(await users.deletion(una), undefined);
    const asked = await users.delete(una);
    assert.deepEqual([asked.state, asked.started_at, asked.removed.images], ['waiting', null, 0]);
    assert.deepEqual(await users.deletion(una), asked);
    assert.deepEqual(await users.delete(una), asked);
    assert.equal(await users.exported('ugo'), undefined);
    const waiting = await users.export('ugo');
    assert.equal(waiting.state, 'waiting');
    assert.deepEqual(await users.exported('ugo'), await users.export('ugo'));
    const [open] = await service.services.erasures.openDeletions();
    assert.equal(open?.userId, una);
    const { users: denied } = clientOf(await service.keyOf({ actsAs: 'everyone' }));
    await assert.rejects(denied.delete(una), { code: 'missing-scope', status: 403 });
    await assert.rejects(denied.deletion(una), { code: 'missing-scope', status: 403 });
  });

  it('find an image by an id of its uploader, who is told which image has one in use', async () => {
    const client = clientOf(await service.keyOf({ owner: 'ida' }));
    const image = await client.upload(await photo(41), { externalId: 'order-1042/front & back' });
    assert.equal((await client.images.find('order-1042/front & back'))?.image_id, image.image_id);
    assert.equal(await client.images.find('order-1042'), undefined);
    await assert.rejects(client.upload(await photo(42), { externalId: 'order-1042/front & back' }), {
      code: 'external-id-taken',
      params: { image_id: image.image_id, status: 'ready' },
    });
    const renamed = await client.images.update(image.image_id, { external_id: 'order-1043' });
    assert.equal(renamed.external_id, 'order-1043');
    await client.images.trash(image.image_id);
    assert.equal(await client.images.find('order-1043'), undefined);
    assert.equal((await client.images.find('order-1043', { status: 'trashed' }))?.image_id, image.image_id);
  });

  it('replace the bytes of an image, by its id or by an id of its uploader', async () => {
    const client = clientOf(await service.keyOf({ owner: 'rita' }));
    const image = await client.upload(await photo(46), { externalId: 'avatar' });
    const replaced = await client.upload(await photo(44), { replaces: image.image_id });
    const again = await client.upload(await photo(45), { externalId: 'avatar', ifExists: 'replace' });
    assert.deepEqual([replaced.image_id, again.image_id], [image.image_id, image.image_id]);
    assert.equal(new Set([image.sha256, replaced.sha256, again.sha256]).size, 3);
  });

  it('count the images of a user in one state', async () => {
    const client = clientOf(await service.keyOf({ owner: 'cora' }));
    assert.equal(await client.images.count(), 0);
    const [first] = await Promise.all([43, 44, 45].map(async (seed) => client.upload(await photo(seed))));
    await client.images.trash(first?.image_id ?? '');
    assert.deepEqual([await client.images.count(), await client.images.count({ status: 'trashed' })], [2, 1]);
    await using stranger = await startStranger((_, outgoing) => {
      outgoing.setHeader('content-type', 'application/json');
      outgoing.end(JSON.stringify({ count: 0, images: [], next_cursor: null }));
    });
    const stranded = createClient({ baseUrl: stranger.baseUrl });
    await assert.rejects(stranded.images.count({ user_id: 'cora' }), { code: 'unexpected-answer' });
    assert.deepEqual(stranger.requests, ['GET /images?user_id=cora&limit=1&count_total=true']);
  });

  it('list by capture, count months, and tell and correct what pictures say', async () => {
    const { images, upload } = clientOf(await service.keyOf({ owner: 'dora' }));
    const telling = await upload(new Blob([new Uint8Array(await tellingPicture())]));
    const silent = await upload(await photo(46));
    const ids = [silent.image_id, telling.image_id];
    const idsOf = async (options: ListOptions) =>
      (await Array.fromAsync(images.list(options))).map(({ image_id }) => image_id);
    assert.deepEqual(await idsOf({ order: 'taken-newest', limit: 1 }), ids);
    assert.deepEqual(await idsOf({ order: 'taken-oldest' }), ids.toReversed());
    assert.deepEqual(await idsOf({ order: 'taken-newest', taken_from: '2024-07', taken_to: '2024-07' }), ids.slice(1));
    const { taken_at, position, title } = await images.facts(telling.image_id);
    assert.deepEqual(
      [taken_at, position, title],
      ['2024-07-14T18:22:31.000', { latitude: 48.1234, longitude: 11.5678 }, 'SecretTitle'],
    );

    const place = { latitude: 54.9079, longitude: 8.3023 };
    const moved = await images.update(silent.image_id, { taken_at: '2019-05-04', position: place });
    assert.equal(moved.facts?.taken_at, '2019-05-04T00:00:00.000');
    assert.deepEqual((await images.facts(silent.image_id)).position, place);
    assert.deepEqual(await idsOf({ order: 'taken-newest' }), ids.toReversed());
    const july = { month: '2024-07', images: 1 };
    assert.deepEqual(await Array.fromAsync(images.months()), [july, { month: '2019-05', images: 1 }]);
    assert.deepEqual(await Array.fromAsync(images.months({ user_id: 'dora' })), [
      july,
      { month: '2019-05', images: 1 },
    ]);

    await images.update(silent.image_id, { tags: ['sea', 'red'] });
    assert.deepEqual(await images.tags({ prefix: 's' }), [{ tag: 'sea', images: 1, more: false }]);
    moved.revision += 1;
    assert.deepEqual(await images.known([String(moved.sha256), '0'.repeat(64)]), [
      { sha256: moved.sha256, image_id: silent.image_id, status: 'ready' },
    ]);

    const revisions = [moved.revision, telling.revision + 1] as const;
    const { count, results } = await images.change({ image_ids: ids, revisions, shift_taken_seconds: -3_600 });
    assert.deepEqual([count, results[0]?.status, results[1]?.error?.code], [1, 'ready', 'revision-conflict']);
    assert.equal((await images.get(silent.image_id)).facts?.taken_at, '2019-05-03T23:00:00.000');
    assert.equal((await images.change({ image_ids: ids, taken_at: null })).count, 2);
    assert.equal((await images.facts(telling.image_id)).taken_at, null);
    await assert.rejects(images.change({ image_ids: ids, taken_at: 'yesterday' }), { code: 'invalid-request' });
  });

  it('count months page by page, and end with an abort', async () => {
    const pages = [
      { count: 1, months: [{ month: '2024-07', images: 3 }], next_cursor: 'a' },
      { count: 1, months: [{ month: '2019-05', images: 1 }], next_cursor: null },
    ];
    await using stranger = await startStranger((_, outgoing) => outgoing.end(JSON.stringify(pages.shift())));
    const { images } = createClient(stranger);
    const months = images.months({ user_id: 'dora' });
    assert.deepEqual(
      (await Array.fromAsync(months)).map(({ month }) => month),
      ['2024-07', '2019-05'],
    );
    assert.deepEqual(stranger.requests, [
      'GET /images/months?user_id=dora',
      'GET /images/months?user_id=dora&cursor=a',
    ]);
    await assert.rejects(images.months({ signal: AbortSignal.abort() }).next(), { code: 'aborted' });
  });

  it('call the token function once for all, and once more after a 401', async () => {
    const tokens = ['safelight_refused', await service.keyOf({ owner: 'ada' })];
    let calls = 0;
    const token = async (): Promise<string> => tokens[calls++] ?? '';
    const client = createClient({ baseUrl, token });
    const images = await Promise.all([1, 2, 3, 4].map(async (seed) => client.upload(await photo(seed))));
    assert.equal(new Set(images.map(({ image_id }) => image_id)).size, 4);
    assert.equal(calls, 2);
  });

  it('end with the 401 of a second token', async () => {
    let calls = 0;
    const client = createClient({ baseUrl, token: () => `safelight_refused${++calls}` });
    await assert.rejects(
      client.service().then(() => client.images.get('x')),
      { code: 'unauthenticated', status: 401 },
    );
    assert.equal(calls, 2);
  });

  it('say that the token function failed, and call it again for the next request', async () => {
    const key = await service.keyOf({ owner: 'ada' });
    const cause = new Error('signed out');
    let calls = 0;
    const token = async (): Promise<string> => {
      calls += 1;
      if (calls === 1) throw cause;
      return key;
    };
    const client = createClient({ baseUrl, token });
    const first = client.images.get('x');
    await assert.rejects(first, { code: 'no-token', cause });
    await assert.rejects(client.images.get('x'), { code: 'image-not-found', status: 404 });
    assert.equal(calls, 2);
  });

  it('wait for the end of a rate limit', async () => {
    const client = clientOf(await service.keyOf({ owner: 'grace' }));
    while (!client.statuses.includes(429)) await Array.fromAsync(client.images.list());
    assert.equal(client.statuses.at(-1), 200);
  });

  it('list every image once, page by page, and end with an abort', async () => {
    const client = clientOf(await service.keyOf({ owner: 'joan' }));
    const made = new Set<string>();
    for (let seed = 1; seed <= 5; seed += 1)
      made.add((await client.upload(await photo(seed), { tags: ['sea', `t${seed % 2}`] })).image_id);
    const listed = await Array.fromAsync(client.images.list({ limit: 2, tag: ['sea'] }));
    assert.equal(listed.length, 5);
    assert.deepEqual(new Set(listed.map(({ image_id }) => image_id)), made);
    const both = await Array.fromAsync(client.images.list({ tag: ['sea', 't1'] }));
    assert.equal(both.length, 3);
    const controller = new AbortController();
    const list = client.images.list({ limit: 2, signal: controller.signal });
    await list.next();
    await list.next();
    controller.abort();
    await assert.rejects(list.next(), { code: 'aborted' });
  });

  it('get a URL of the original, and of a JPEG of its size', async () => {
    const client = clientOf(await service.keyOf({ owner: 'ada' }));
    const bytes = new Blob([new Uint8Array(await testImage({ type: 'image/png', width: 64, height: 48 }))]);
    const { image_id: id } = await client.upload(bytes, { filename: 'sea.png' });
    const answerOf = async (options?: DownloadOptions) => {
      const { headers } = await fetch(await client.images.downloadUrl(id, options));
      return ['content-type', 'content-disposition'].map((name) => headers.get(name)?.split(';', 1)[0]);
    };
    assert.deepEqual(await answerOf(), ['image/png', 'attachment']);
    assert.deepEqual(await answerOf({ format: 'jpeg', disposition: 'inline' }), ['image/jpeg', 'inline']);
    await assert.rejects(client.images.downloadUrl(id, { signal: AbortSignal.abort() }), { code: 'aborted' });
  });

  it('change, trash, restore, link and delete an image', async () => {
    const { images, upload } = clientOf(await service.keyOf({ owner: 'mary' }));
    const { image_id: id, revision } = await upload(await photo(1));
    const changed = await images.update(id, { description: 'By the sea' }, { revision: Number(revision) });
    assert.equal(changed.description, 'By the sea');
    await assert.rejects(images.update(id, { tags: [] }, { revision: Number(revision) }), {
      code: 'revision-conflict',
    });
    await images.trash(id);
    await assert.rejects(images.get(id), { code: 'image-not-found' });
    assert.equal((await images.restore(id)).image_id, id);
    const link = await images.createLink(id, { expiresIn: 60 });
    assert.equal((await fetch(link.url)).status, 200);
    assert.equal((await images.links(id)).length, 1);
    await images.revokeLink(id, link.link_id);
    assert.deepEqual(await images.links(id), []);
    await images.revokeLinks(id);
    await images.delete(id);
    await assert.rejects(images.get(id), { code: 'image-not-found' });
  });

  it('of a service key name their user on every change, whatever its characters', async () => {
    const token = await service.keyOf({ actsAs: ['zoë', 'ada lovelace'] });
    for (const userId of ['zoë', 'ada lovelace']) {
      const { images, upload, request } = createClient({ baseUrl, token, userId });
      const { image_id: id, user_id } = await upload(await photo(1));
      assert.equal(user_id, userId);
      await images.update(id, { description: 'By the sea' });
      assert.equal((await images.change({ image_ids: [id], taken_at: '2019-05-04' })).count, 1);
      await images.trash(id);
      await images.restore(id);
      const link = await images.createLink(id);
      await images.revokeLink(id, link.link_id);
      await images.revokeLinks(id);
      await request('/images/trash', { method: 'POST', body: { image_ids: [id] } });
      await request('/images/restore', { method: 'POST', body: { image_ids: [id] } });
      const made = (await request('/upload-tokens', { method: 'POST', body: {} })) as { readonly user_id: string };
      assert.equal(made.user_id, userId);
      await images.delete(id);
    }
    const nobody = createClient({ baseUrl, token });
    await assert.rejects(nobody.upload(await photo(1)), {
      code: 'invalid-request',
      detail: /^user_id: expected a user/,
    });
  });

  it('of an admin name no user where the service is concerned', async () => {
    const { request } = createClient({ baseUrl, token: service.admin, userId: 'zoë' });
    const { keys } = (await request('/keys?limit=1')) as { readonly keys: readonly object[] };
    assert.equal(keys.length, 1);
    assert.equal(((await request('/whoami')) as { readonly user_id: string }).user_id, 'zoë');
  });

  it('are refused with the fields that are wrong, once', async () => {
    const client = clientOf(await service.keyOf({ owner: 'mary' }));
    await assert.rejects(
      client.upload(await photo(1), { tags: ['x'.repeat(65)] }),
      (error: Record<string, unknown>) => {
        assert.equal(error['code'], 'invalid-request');
        assert.match(JSON.stringify(error['errors']), /\/tags/);
        assert.ok(error['requestId']);
        return true;
      },
    );
    assert.deepEqual(client.statuses, [400]);
  });

  it('get a new URL for the same upload when the first has expired', async () => {
    const token = await service.keyOf({ owner: 'lise' });
    const send = createSendByHttp();
    const statuses: number[] = [];
    const client = createClient({
      baseUrl,
      token,
      async send(request) {
        if (statuses.length === 0) service.clock.offsetMs += 3_600_000 + 1_000;
        const answer = await send(request);
        statuses.push(answer.status);
        return answer;
      },
    });
    const granted: string[] = [];
    const { image_id } = await client.upload(await photo(1), { onGranted: (id) => granted.push(id) });
    assert.deepEqual(statuses, [403, 200]);
    assert.deepEqual(granted, [image_id]);
    const statusOf = async (status: string) =>
      ((await (await service.as(token, `/images?user_id=lise&status=${status}`)).json()) as { count: number }).count;
    assert.deepEqual([await statusOf('ready'), await statusOf('pending')], [1, 0]);
  });

  for (const [refusals, isTaken] of [
    [4, true],
    [5, false],
  ] as const)
    it(`${isTaken ? 'upload' : 'fail'} after the store has refused ${refusals} URLs`, async () => {
      const send = createSendByHttp();
      const statuses: number[] = [];
      const client = createClient({
        baseUrl,
        token: await service.keyOf({ owner: `refused-${refusals}` }),
        async send(request) {
          const url = new URL(request.url);
          if (statuses.length < refusals) url.searchParams.set('X-Amz-Signature', 'ab'.repeat(32));
          const answer = await send({ ...request, url: url.href });
          statuses.push(answer.status);
          return answer;
        },
      });
      const uploading = client.upload(await photo(refusals));
      if (isTaken) assert.equal((await uploading).status, 'ready');
      else await assert.rejects(uploading, { code: 'unexpected-answer', status: 403 });
      assert.deepEqual(statuses, [403, 403, 403, 403, isTaken ? 200 : 403]);
    });
});

describe('answers of others', () => {
  it('with a page instead of JSON are unexpected, and not asked for again', async () => {
    await using portal = await startStranger((_, answer) => answer.end('<title>Sign in to the train</title>'));
    await assert.rejects(createClient(portal).service(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'unexpected-answer');
      assert.match(
        error.message,
        /^expected JSON of a Safelight service; got status 200 with no type: "<title>Sign in/,
      );
      return true;
    });
    assert.equal(portal.requests.length, 1);
  });

  it('with a page and a 502 are asked for again', async () => {
    await using proxy = await startStranger((_, answer) => answer.writeHead(502).end('<h1>Bad gateway</h1>'));
    await assert.rejects(createClient({ ...proxy, retries: 1 }).service(), { code: 'unexpected-answer', status: 502 });
    assert.equal(proxy.requests.length, 2);
  });

  it('that refuse a request which may be done only once are asked for again', async () => {
    const answers = [429, 503].map((status) => ({ status, code: 'overloaded', detail: 'expected fewer; got more' }));
    await using service = await startStranger((_, answer) => {
      const problem = answers.shift();
      answer.writeHead(problem?.status ?? 200).end(JSON.stringify(problem ?? { url: 'https://x.example' }));
    });
    assert.equal((await createClient(service).images.createLink('x')).url, 'https://x.example');
    assert.equal(service.requests.length, 3);
  });

  it('that may hide that a request was done, which may be done only once, end it', async () => {
    await using proxy = await startStranger((_, answer) => answer.writeHead(503).end('<h1>No connection</h1>'));
    await assert.rejects(createClient(proxy).images.createLink('x'), { code: 'unexpected-answer' });
    assert.equal(proxy.requests.length, 1);
  });

  it('that break off are the network’s', async () => {
    await using proxy = await startStranger((_, answer) => {
      answer.writeHead(200, { 'Content-Length': '100' }).write('{');
      setImmediate(() => answer.destroy());
    });
    await assert.rejects(createClient({ ...proxy, retries: 0 }).service(), { code: 'network', status: undefined });
  });

  it('that never come end an upload after a time of silence', async () => {
    await using store = await startStranger(() => undefined);
    const sending = createSendByHttp({ silentMs: 100 })({
      method: 'PUT',
      url: store.baseUrl,
      headers: {},
      body: await photo(1),
      signal: undefined,
      onSent: () => undefined,
    });
    await assert.rejects(sending, { code: 'timeout' });
  });

  it('of nobody are the network’s', async () => {
    const gone = await startStranger(() => undefined);
    await gone[Symbol.asyncDispose]();
    await assert.rejects(createClient({ ...gone, retries: 0 }).service(), { code: 'network' });
  });
});

describe('a client', () => {
  for (const path of ['x', '', '.evil.example/x', '@evil.example/x', '//evil.example/x', '/\\evil.example/x'])
    it(`sends nothing to the path ${JSON.stringify(path)}`, async () => {
      await using service = await startStranger((_, answer) => answer.end('{}'));
      await assert.rejects(createClient({ ...service, retries: 0, token: 'secret' }).request(path), {
        name: 'TypeError',
        message: /^expected a path that begins with one slash/,
      });
      assert.deepEqual(service.requests, []);
    });

  for (const baseUrl of ['', 'images.example.org', 'ftp://images.example.org', 'https://'])
    it(`needs a URL; got ${JSON.stringify(baseUrl)}`, () => {
      assert.throws(() => createClient({ baseUrl }), { name: 'TypeError', message: /^expected baseUrl as a URL/ });
    });
});
