import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { createClient } from '@safelight/client';
import { blackPng } from '../../../test/pictures/png-bytes.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';

const ALWAYS = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'];
const HEIC = new Blob(['\0\0\0\x18ftypheic\0\0\0\0mif1heic']);
const BMP = new Blob(['BM']);
const PDF = new Blob(['%PDF-1.7']);
const png = () => new Blob([new Uint8Array(blackPng({ width: 8, height: 8 }))]);
const typesOf = (...types: string[]) =>
  types.map((content_type) => ({ content_type, extensions: ['x'], max_pixels: 1_000_000 }));

/** A service of another version, as far as a client asks it before it sends anything. */
async function startOther(answer: { status?: number; body: unknown }) {
  const requests: string[] = [];
  const server = createServer(({ method, url }, response) => {
    requests.push(`${method} ${url}`);
    response.statusCode = answer.status ?? 200;
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    requests,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('the type of a file', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(() => service?.[Symbol.asyncDispose]());

  it('is asked for at the service once, and only if a newer version may accept it', async () => {
    await using newer = await startOther({ body: { presets: {}, image_types: typesOf(...ALWAYS, 'image/heic') } });
    const client = createClient(newer);
    assert.equal(await client.typeOf(png()), 'image/png');
    await assert.rejects(client.typeOf(PDF), {
      code: 'unsupported-type',
      params: { formats: ALWAYS, got: 'application/pdf' },
    });
    assert.deepEqual(newer.requests, []);
    for (let time = 0; time < 2; time += 1) assert.equal(await client.typeOf(HEIC), 'image/heic');
    assert.deepEqual(newer.requests, ['GET /']);
  });

  it('is learned from service(), and from the types that are given', async () => {
    await using newer = await startOther({ body: { presets: {}, image_types: typesOf('image/png', 'image/heic') } });
    const client = createClient(newer);
    await client.service();
    const given = createClient({ ...newer, imageTypes: typesOf('image/png', 'image/heic') });
    for (const one of [client, given]) {
      assert.equal(await one.typeOf(HEIC), 'image/heic');
      const jpeg = new Blob(['\xff\xd8\xff\xe0'].map((text) => new Uint8Array(Buffer.from(text, 'latin1'))));
      await assert.rejects(one.typeOf(jpeg), { params: { formats: ['image/png', 'image/heic'], got: 'image/jpeg' } });
    }
    assert.deepEqual(newer.requests, ['GET /']);
  });

  it('is one of every version at a service that names none, and where another program answers', async () => {
    for (const answer of [{ body: { presets: {} } }, { body: null }, { body: '<html>' }, { status: 404, body: '' }]) {
      await using other = await startOther(answer);
      const client = createClient(other);
      await assert.rejects(client.typeOf(HEIC), {
        code: 'unsupported-type',
        params: { formats: ALWAYS, got: 'image/heic' },
      });
      assert.equal(await client.typeOf(png()), 'image/png');
      assert.deepEqual(other.requests, ['GET /'], JSON.stringify(answer));
    }
  });

  it("isn't decided while the service can't be asked", async () => {
    await using newer = await startOther({ status: 503, body: '' });
    const client = createClient({ ...newer, retries: 0 });
    await assert.rejects(client.typeOf(HEIC), { status: 503 });
    const signal = AbortSignal.abort();
    await assert.rejects(client.typeOf(HEIC, signal), { code: 'aborted' });
    Object.assign(newer.answer, { status: 200, body: { presets: {}, image_types: typesOf('image/heic') } });
    assert.equal(await client.typeOf(HEIC), 'image/heic');
  });

  it('decides about an upload, by the types of the service', async () => {
    const client = createClient({ baseUrl: service.origin, userId: 'ada' });
    const { image_types = [] } = await client.service();
    const formats = image_types.map(({ content_type }) => content_type);
    await assert.rejects(client.upload(BMP), { code: 'unsupported-type', params: { formats, got: 'image/bmp' } });
    assert.deepEqual(formats.slice(0, ALWAYS.length), ALWAYS);
    assert.equal(await client.typeOf(new Blob(['MM\0+'])), 'image/tiff');
    const refusing = createClient({ baseUrl: service.origin, userId: 'ada', imageTypes: typesOf('image/webp') });
    await assert.rejects(refusing.upload(png()), { params: { formats: ['image/webp'], got: 'image/png' } });
    assert.equal((await client.upload(png())).content_type, 'image/png');
  });
});
