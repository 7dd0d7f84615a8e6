import assert from 'node:assert/strict';
import { copyFile, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { ServiceEvent } from '../../src/observe/observer/observer.ts';
import { uploadPicture } from '../pictures/upload-picture.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { createSharingService } from '../services/sharing-service.ts';

const LOST = [500, 'original-lost'];
const SERVED = [200, undefined];

/** A service with a small picture, whose file is at `path`, and a copy of it. */
async function createWithPicture() {
  const told: string[] = [];
  const observe = (event: ServiceEvent): void => {
    if (event.event === 'original-missing' || event.event === 'object-replaced') told.push(event.event);
  };
  const service = await createSharingService({ observe });
  const id = await uploadPicture(service, { type: 'image/jpeg', width: 300, height: 200 });
  const path = (await service.storedFiles()).find((one) => one.includes(`images/`) && one.includes(id)) ?? '';
  const copy = join(service.folder, 'copy');
  await copyFile(path, copy);
  return {
    ...service,
    path,
    copy,
    told: () => told.splice(0),
    async ask(rest: string, headers: Record<string, string> = {}) {
      const answer = await service.request(`/images/${id}/${rest}`, { headers });
      const bytes = await answer.bytes();
      const { code }: { code?: string } = answer.ok ? {} : JSON.parse(Buffer.from(bytes).toString());
      return [answer.status, code];
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

describe('an original that the disk has lost', () => {
  after(() => sharedImaging[Symbol.asyncDispose]());

  it('is said to be so, counted once, and served again once it is back', async () => {
    await using service = await createWithPicture();
    await rename(service.path, `${service.copy}-away`);
    for (const rest of ['original', 'original', 'renditions/thumb']) assert.deepEqual(await service.ask(rest), LOST);
    assert.deepEqual(service.told(), ['original-missing']);
    await rename(`${service.copy}-away`, service.path);
    for (const rest of ['original', 'renditions/thumb']) assert.deepEqual(await service.ask(rest), SERVED);
  });

  for (const [what, spoil] of [
    ['has other bytes', flip],
    ['was cut', (path: string) => truncate(path, 1_000)],
  ] as const)
    it(`isn't served if it ${what}, also after it was served, and is once it is mended`, async () => {
      await using service = await createWithPicture();
      await spoil(service.path);
      assert.deepEqual(await service.ask('renditions/thumb'), LOST);
      assert.deepEqual(await service.ask('original'), LOST);
      assert.deepEqual(await service.ask('original', { Range: 'bytes=5-9' }), LOST);
      assert.deepEqual(service.told(), ['object-replaced']);
      await copyFile(service.copy, service.path);
      assert.deepEqual(await service.ask('original'), SERVED);
      assert.deepEqual(await service.ask('renditions/thumb'), SERVED);
    });
});

async function flip(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
