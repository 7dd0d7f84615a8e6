import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import {
  type ClientOptions,
  createClient,
  type Image,
  openFile,
  SafelightError,
  type Send,
  type SendRequest,
} from '@safelight/client';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { incomingKeyOf } from '../../server/src/domain/image/object-key.ts';
import { type ListeningService, listen } from '../../server/test/services/listening-service.ts';
import { movingClock } from '../../server/test/services/moving-clock.ts';
import type { TestService } from '../../server/test/services/service.ts';
import { createSharingService } from '../../server/test/services/sharing-service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { listOf } from './album.ts';

const MB = 1_048_576;
const MINUTE_MS = 60_000;

describe('a file in parts', () => {
  const clock = movingClock();
  let service: TestService;
  let listening: ListeningService;
  let origin: string;
  let folder: string;
  let bytes: Buffer;
  let path: string;
  before(async () => {
    service = await createSharingService({ overrides: { clock } });
    listening = await listen(service);
    origin = `http://${listening.address}`;
    folder = await mkdtemp(join(tmpdir(), 'safelight-parts-'));
    bytes = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 17.5 * MB);
    path = join(folder, 'large.png');
    await writeFile(path, bytes);
  });
  after(async () => {
    await listening?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Its bytes are the file's, and nothing else is there. */
  async function requireOne(userId: string, expected = bytes): Promise<void> {
    const [image, ...more] = await listOf(origin, `user_id=${userId}`);
    assert.deepEqual(more, []);
    const answer = await fetch(`${origin}/images/${image?.image_id}/original?user_id=${userId}`);
    assert.ok(expected.equals(Buffer.from(await answer.arrayBuffer())), 'other bytes');
  }
  const pending = async (userId: string): Promise<number> =>
    (await listOf(origin, `user_id=${userId}&status=pending`)).length;

  /** A client that records its requests, as `PUT 1048576`; `before` sees each PUT with its number from 1. */
  function recording(
    userId: string,
    before: (put: number, request: SendRequest) => unknown = () => undefined,
    more: ClientOptions = {},
  ) {
    const requests: string[] = [];
    const sending = createSendByHttp();
    let puts = 0;
    const send: Send = async (request) => {
      puts += 1;
      requests.push(`PUT ${request.body.size}`);
      await before(puts, request);
      return sending(request);
    };
    const asking: typeof fetch = (url, init) => {
      requests.push(`${init?.method} ${new URL(String(url)).pathname.replace(/[0-9a-f-]{36}/, 'ID')}`);
      return (more.fetch ?? fetch)(url, init);
    };
    const client = createClient({ baseUrl: origin, userId, ...more, fetch: asking, send });
    const count = (pattern: RegExp): number => requests.filter((one) => pattern.test(one)).length;
    return { client, requests, count };
  }

  it('is sent by requests of 1 MiB, whose URLs come in batches', async () => {
    const { client, requests, count } = recording('plain');
    const image = await client.upload(await openFile(path));
    assert.equal(image.status, 'ready');
    assert.deepEqual(
      requests
        .filter((one) => one.startsWith('PUT'))
        .map((one) => Number(one.slice(4)))
        .toSorted((a, b) => a - b),
      [MB / 2, ...Array(17).fill(MB)],
    );
    assert.ok(count(/parts$/) <= 4, requests.join('\n'));
    await requireOne('plain');
  });

  it('is one of at most 16 MB only after a cut connection, beside the first grant, which expires', async () => {
    const small = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 3 * MB);
    const blob = new Blob([new Uint8Array(small)]);
    const smooth = recording('smooth');
    await smooth.client.upload(blob);
    assert.deepEqual(
      smooth.requests.filter((one) => one.startsWith('PUT')),
      [`PUT ${3 * MB}`],
    );

    const { client, requests } = recording('small', (put) => {
      if (put === 1) throw new SafelightError('network', 'cut');
    });
    const image = await client.upload(blob);
    assert.equal(image.status, 'ready');
    assert.deepEqual(
      requests.filter((one) => one.startsWith('PUT')),
      [`PUT ${3 * MB}`, ...Array(3).fill(`PUT ${MB}`)],
    );
    assert.equal(await pending('small'), 1);
    await requireOne('small', small);
  });

  it('of at most 16 MB isn’t sent again if only the answer was lost', async () => {
    const small = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 3 * MB);
    const sending = createSendByHttp();
    let puts = 0;
    const send: Send = async (request) => {
      puts += 1;
      const answer = await sending(request);
      if (puts === 1) throw new SafelightError('network', 'cut');
      return answer;
    };
    const client = createClient({ baseUrl: origin, userId: 'lost', send });
    const image = await client.upload(new Blob([new Uint8Array(small)]));
    assert.deepEqual([image.status, puts, await pending('lost')], ['ready', 1, 0]);
    await requireOne('lost', small);
  });

  it('is sent in one piece after its first grant holds an external id, which no second one gets', async () => {
    const small = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 3 * MB);
    const { client, requests } = recording('named', (put) => {
      if (put === 1) throw new SafelightError('network', 'cut');
    });
    const image = await client.upload(new Blob([new Uint8Array(small)]), { externalId: 'mine' });
    assert.equal(image.status, 'ready');
    assert.deepEqual(
      requests.filter((one) => one.startsWith('PUT')),
      Array(2).fill(`PUT ${3 * MB}`),
    );
    assert.equal(await pending('named'), 0);
  });

  /** As services answered before they had parts. */
  const older: typeof fetch = async (url, init) => {
    if (!String(init?.body).includes('"parts"')) return fetch(url, init);
    const errors = [{ pointer: '/parts', detail: 'expected no such field' }];
    const problem = { code: 'invalid-request', detail: 'expected known fields; got parts', errors };
    return new Response(JSON.stringify(problem), { status: 400 });
  };

  it('is sent in one piece to an older service, which is asked once', async () => {
    const { client, requests } = recording('older', undefined, { fetch: older });
    const file = await openFile(path);
    await client.upload(file);
    await client.upload(file, { filename: 'second.png' });
    assert.deepEqual(
      requests.filter((one) => one.startsWith('PUT')),
      Array(2).fill(`PUT ${bytes.length}`),
    );
    assert.equal(requests.filter((one) => one === 'POST /uploads').length, 3);
  });

  it('gets new URLs once the first have expired', async () => {
    const { client, requests, count } = recording('expired', (put) => {
      if (put === 2) clock.offsetMs += 10 * MINUTE_MS;
    });
    await client.upload(await openFile(path));
    assert.ok(count(/PUT/) > 18 && count(/PUT/) <= 18 + 3, requests.join('\n'));
    await requireOne('expired');
  });

  it('is sent anew if the store has forgotten what has arrived', async () => {
    const { client, count } = recording('forgotten', async (put) => {
      if (put === 9) await forget('forgotten');
    });
    await client.upload(await openFile(path));
    assert.ok(count(/PUT/) > 18, `${count(/PUT/)} requests`);
    await requireOne('forgotten');
  });

  async function forget(userId: string): Promise<void> {
    for (const { image_id } of await listOf(origin, `user_id=${userId}&status=pending`)) {
      const image = await service.services.images.get(image_id as Parameters<typeof service.services.images.get>[0]);
      if (image?.status !== 'pending' || !image.parts?.uploadId) continue;
      await service.services.multipart.abort({ key: incomingKeyOf(image), uploadId: image.parts.uploadId });
    }
  }

  it('continues with the same key, whatever size of parts is asked for then', async () => {
    const stop = new AbortController();
    const options = { idempotencyKey: 'the same key' };
    const first = recording('again', (put) => {
      if (put === 8) stop.abort();
    });
    await assert.rejects(first.client.upload(await openFile(path), { ...options, signal: stop.signal }), {
      code: 'aborted',
    });
    const second = recording('again', undefined, {
      fetch: (url, init) =>
        fetch(url, {
          ...init,
          ...(init?.body !== undefined && {
            body: String(init.body).replace('"parts":true', '"parts":true,"part_size":4194304'),
          }),
        }),
    });
    const found: number[] = [];
    await second.client.upload(await openFile(path), { ...options, onResumed: (fraction) => found.push(fraction) });
    assert.ok(second.count(/PUT/) <= 18 - 4, `${second.count(/PUT/)} requests`);
    assert.ok(found.length === 1 && (found[0] ?? 0) > 0.2 && (found[0] ?? 1) < 0.5, `${found}`);
    await requireOne('again');
    assert.equal(await pending('again'), 0);
  });

  it('of a queue continues in another process, with what has arrived as its progress and not as its speed', async () => {
    const queue = join(folder, 'queue');
    const small = join(folder, 'small.png');
    await writeFile(small, paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), 1.5 * MB));
    const reached = Promise.withResolvers<void>();
    let parts = 0;
    const first = recording('queue', (_, { body, signal }) => {
      parts += body.size > MB ? 0 : 1;
      if (parts === 10) reached.resolve();
      return body.size > MB || parts >= 10 ? signal && once(signal, 'abort') : undefined;
    });
    const before = first.client.uploader({ folder: queue, concurrency: 2 });
    await before.add([await openFile(small), await openFile(path)]);
    await reached.promise;
    before.pause();
    await before.close();

    let speed: number | undefined;
    const second = recording(
      'queue',
      (_, { body }) => {
        if (body.size <= MB) speed ??= after.snapshot().totals.bytesPerSecond;
      },
      {
        async fetch(url, init) {
          if (String(url).endsWith('/parts')) await setTimeout(600); // the small file has been sent
          return fetch(url, init);
        },
      },
    );
    const after = second.client.uploader({ folder: queue, concurrency: 2 });
    const seen: number[] = [];
    after.subscribe(() => seen.push(after.items[1]?.progress ?? 0));
    await after.whenIdle();
    assert.deepEqual(
      after.items.map(({ state }) => state),
      ['ready', 'ready'],
    );
    await after.close();
    assert.ok(second.count(/PUT/) <= 1 + 18 - 6, second.requests.join('\n'));
    assert.equal(second.count(/^POST \/uploads$/), 1);
    const jump = seen.find((progress) => progress > 0) ?? 0;
    assert.ok(jump > 6 / 18, `${jump}`);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.ok((speed ?? 0) <= (1.5 * MB) / 0.6, `${speed} bytes a second`);
    assert.equal((await listOf(origin, 'user_id=queue')).length, 2);
    assert.equal(await pending('queue'), 0);
  });

  it('is refused as a whole if its bytes are another picture’s than announced', async () => {
    const { client } = recording('changed');
    await assert.rejects(client.upload(await openFile(path), { sha256: 'ab'.repeat(32) }), {
      code: 'content-mismatch',
    });
  });

  it('is sent in one piece by a route without parts', async () => {
    const plain = createClient({ baseUrl: origin, userId: 'route' });
    const { client, requests } = recording('route', undefined, {
      route: {
        grant: ({ body, headers, signal }) => plain.request('/uploads', { method: 'POST', body, headers, signal }),
        complete: async (id, signal) =>
          (await plain.request(`/images/${id}/complete`, { method: 'POST', signal })) as Image,
      },
    });
    await client.upload(await openFile(path));
    assert.deepEqual(requests, [`PUT ${bytes.length}`]);
  });
});
