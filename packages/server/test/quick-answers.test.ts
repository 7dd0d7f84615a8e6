import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { createTestService, json, ORIGIN, type TestService } from './service.ts';
import { testImage } from './test-images.ts';
import { uploadPicture } from './upload-picture.ts';

/** What node-server keeps of an answer until somebody touches it: status, body and headers, to be written as they are. */
const untouched = (response: Response): unknown => {
  const kept = Object.getOwnPropertySymbols(response).find((symbol) => symbol.description === 'cache');
  return kept && Reflect.get(response, kept);
};

describe("node-server's quick way to answer", () => {
  let service: TestService;
  before(async () => {
    service = await createTestService();
  });
  after(() => service[Symbol.asyncDispose]());

  it('is taken by every kind of answer: a plain record of headers that nobody touched once it was made', async () => {
    getRequestListener(() => new Response()); // from here on a Response is node-server's own
    const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
    const headers = { 'Content-Type': 'image/jpeg' };
    const raw = { method: 'POST', headers, body: picture };
    const uploaded = await service.request('/images/upload?user_id=ada', raw);
    const { image_id } = (await uploaded.json()) as { image_id: string };
    const asked: Record<string, [path: string, init?: RequestInit]> = {
      health: ['/health'],
      grant: ['/images/upload', json({ user_id: 'ada', content_type: 'image/png' })],
      list: ['/images?user_id=ada'],
      original: [`/images/${image_id}`],
      part: [`/images/${image_id}`, { headers: { Range: 'bytes=0-9' } }],
      metadata: [`/images/${image_id}/metadata`],
      problem: ['/images/nothing'],
      'from a page': ['/health', { headers: { Origin: 'http://localhost:3000' } }],
    };
    for (const [name, [path, init]] of Object.entries(asked)) {
      const kept = untouched(await service.request(path, init));
      assert(Array.isArray(kept), `${name}: expected an answer that nobody touched`);
      assert.equal(Object.getPrototypeOf(kept[2]), Object.prototype, `${name}: expected a plain record of headers`);
    }
  });

  it('is taken at once where the picture is at hand: whoever asks again waits for no promise', async () => {
    const id = await uploadPicture(service, { type: 'image/jpeg', width: 64, height: 48 });
    const link = await service.request(`/images/${id}/render-url`, json({ w: 32 }, { 'X-User-Id': 'ada' }));
    const { url } = (await link.json()) as { url: string };
    for (const path of [`/images/${id}`, `/images/${id}/renditions/thumb`, url.slice(ORIGIN.length)]) {
      const first = await service.answerTo(path);
      assert.equal(first.status, 200, path);
      await first.arrayBuffer();
      assert.ok(service.answerTo(path) instanceof Response, path);
    }
  });
});
