import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';
import { extensionOf, MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { corpusFiles, NO_CORPUS } from '../pictures/corpus.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const CURL = join(import.meta.dirname, '../../../../examples/curl.sh');

describe('examples/curl.sh', { skip: skipWithout('bash', 'curl') }, () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-examples-'));
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = (file: string) => promisify(execFile)('bash', [CURL, service.origin, file]);

  for (const type of MEDIA_TYPES) {
    it(`gets every answer it expects with ${type}`, async () => {
      const file = join(folder, `image.${extensionOf(type)}`);
      await writeFile(file, await testImage({ type, width: 320, height: 240 }));
      assert.match((await run(file)).stdout, /All \d+ answers are as expected/);
    });
  }

  it('fails on a different answer', async () => {
    const file = join(folder, 'text.jpg');
    await writeFile(file, 'no image');
    await assert.rejects(run(file), { code: 1, stderr: /FAILED/ });
  });

  const photographs = corpusFiles().filter(({ file }) => file.startsWith('photos/'));
  it('gets every answer it expects with photographs of the corpus', { skip: NO_CORPUS }, async () => {
    assert.ok(photographs.length > 5);
    for (const { path } of isInRun('long') ? photographs : photographs.slice(0, 1))
      assert.match((await run(path)).stdout, /All \d+ answers are as expected/);
  });
});
