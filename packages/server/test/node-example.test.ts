import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { EXTENSIONS, MEDIA_TYPES } from '../src/domain/media-type.ts';
import { type RunningService, startService } from './running-service.ts';
import { testImage } from './test-images.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/node-upload.ts');

describe('examples/node-upload.ts', () => {
  let service: RunningService;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safelight-node-'));
    service = await startService({ LOG_LEVEL: 'silent' });
  });
  after(async () => {
    await service[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = (file: string) => promisify(execFile)(process.execPath, [EXAMPLE, file, service.origin]);

  for (const [index, type] of MEDIA_TYPES.entries()) {
    it(`uploads, lists and downloads ${type}`, async () => {
      const file = join(folder, `image.${EXTENSIONS[type]}`);
      await writeFile(file, await testImage({ type, width: 320, height: 240 }));
      const { stdout } = await run(file);
      assert.match(stdout, /ready: 320 x 240/);
      assert.match(stdout, new RegExp(`listed ${index + 1} of`));
      assert.match(stdout, /downloaded the same bytes/);
    });
  }

  it('tells why a file was refused', async () => {
    const file = join(folder, 'text.jpg');
    await writeFile(file, 'no image');
    await assert.rejects(run(file), { code: 1, stderr: /^rejected: expected .+; came/ });
  });
});
