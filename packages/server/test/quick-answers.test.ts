import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { createTestService, json, type TestService } from './service.ts';
import { testImage } from './test-images.ts';

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
});
