import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type ClientOptions, createClient, type Image, openFile } from '@safelight/client';
import { paddedPng, testImage } from '../../../test/pictures/test-images.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { createSendByHttp } from '../src/node/send-by-http.ts';
import { listOf } from './album.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

const MB = 1_048_576;
const LARGE = 60 * MB;
const SEED = Number(process.env['SEED'] ?? 20261130);

describe(`files in parts (SEED=${SEED})`, () => {
  let service: RunningService;
  let folder: string;
  let bytes: Buffer;
  let path: string;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn', MAX_UPLOAD_BYTES: String(100 * MB) });
    folder = await mkdtemp(join(tmpdir(), 'safelight-parts-'));
    bytes = paddedPng(await testImage({ type: 'image/png', width: 64, height: 48 }), LARGE);
    path = join(folder, 'large.png');
    await writeFile(path, bytes);
  });
  after(async () => {
    await service?.[Symbol.asyncDispose]();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  async function requireBytes({ image_id }: Image, userId: string, expected = bytes): Promise<void> {
    const answer = await fetch(`${service.origin}/images/${image_id}/original?user_id=${userId}`);
    assert.ok(expected.equals(Buffer.from(await answer.arrayBuffer())), 'other bytes');
    assert.equal((await listOf(service.origin, `user_id=${userId}`)).length, 1);
    assert.deepEqual(await listOf(service.origin, `user_id=${userId}&status=pending`), []);
  }

  /** A client that counts its requests by method and path. */
  function counting(options: ClientOptions) {
    const requests: string[] = [];
    const sending = createSendByHttp();
    const client = createClient({
      baseUrl: service.origin,
      ...options,
      fetch(url, init) {
        requests.push(`${init?.method} ${new URL(String(url)).pathname.replace(/[0-9a-f-]{36}/, 'ID')}`);
        return fetch(url, init);
      },
      send(request) {
        requests.push('PUT');
        return sending(request);
      },
    });
    return { client, requests, count: (asked: string) => requests.filter((one) => one === asked).length };
  }

  it('of 60 MB arrive over connections that are cut after 1 to 20 MB, with 15 % more bytes at most', async () => {
    await using proxy = await startCuttingProxy(service.origin, {
      ...{ seed: SEED, share: 1, fromBytes: MB, withinBytes: 20 * MB },
    });
    const { client, requests, count } = counting({ baseUrl: proxy.origin, userId: 'cut' });
    const seen: number[] = [];
    const image = await client.upload(await openFile(path), { onProgress: (fraction) => seen.push(fraction) });
    await requireBytes(image, 'cut');
    assert.ok(proxy.cuts() >= 3, `${proxy.cuts()} cuts`);
    assert.ok(proxy.received() <= 1.15 * LARGE, `${proxy.received() / LARGE} of the bytes`);
    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    );
    assert.equal(seen.at(-1), 1);
    assert.ok(count('POST /uploads/ID/parts') <= 15, requests.join('\n'));
  });
});
