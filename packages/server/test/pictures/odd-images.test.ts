import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createTestService, post, type TestService } from '../services/service.ts';
import { ODD_IMAGES } from './odd-images.ts';

describe('an unusual but sound image becomes ready:', () => {
  let service: TestService;
  before(async () => {
    service = await createTestService();
  });
  after(() => service[Symbol.asyncDispose]());

  for (const { kind, type, make } of ODD_IMAGES) {
    it(kind, async () => {
      const bytes = new Uint8Array(await make());
      const answer = await service.request('/images/upload?user_id=odd', post(bytes, type));
      const { status, detail } = (await answer.json()) as { status: string; detail?: string };
      assert.equal(answer.status, 200, detail);
      assert.equal(status, 'ready');
    });
  }
});
