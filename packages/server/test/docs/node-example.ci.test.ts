import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { extensionOf, MEDIA_TYPES } from '../../src/domain/image/media-type.ts';
import { oldNode } from '../services/old-node.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const EXAMPLE = join(import.meta.dirname, '../../../../examples/node-upload.ts');
const NODE = join(import.meta.dirname, '../../../../scripts/node.js');
const OLD_NODE = (await oldNode()) ?? '';
const NO_OLD_NODE = OLD_NODE === '' && 'needs a Node before 24 in the path';

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
      const file = join(folder, `image.${extensionOf(type)}`);
      await writeFile(file, await testImage({ type, width: 320, height: 240 }));
      const { stdout } = await run(file);
      assert.match(stdout, /ready: 320 x 240/);
      assert.match(stdout, new RegExp(`listed ${index + 1} of`));
      assert.match(stdout, /downloaded the same bytes/);
    });
  }

  it('names the Node that it needs, in its documentation and when called wrongly', async () => {
    const usage = /Node 24 or later.*node examples\/node-upload\.ts/s;
    assert.match((await readFile(EXAMPLE, 'utf8')).slice(0, 500), usage);
    await assert.rejects(promisify(execFile)(process.execPath, [EXAMPLE]), { code: 2, stderr: usage });
    assert.match(await readFile(join(EXAMPLE, '../../README.md'), 'utf8'), /\[Node 24\]\(examples\/node-upload\.ts\)/);
  });

  it('runs with npm’s Node if the machine’s is older', { skip: NO_OLD_NODE }, async () => {
    const file = join(folder, 'image.png');
    await writeFile(file, await testImage({ type: 'image/png', width: 32, height: 24 }));
    const { stdout } = await promisify(execFile)(OLD_NODE, [NODE, EXAMPLE, file, service.origin]);
    assert.match(stdout, /ready: 32 x 24/);
  });

  it('prints why a file was refused', async () => {
    const file = join(folder, 'text.jpg');
    await writeFile(file, 'no image');
    await assert.rejects(run(file), { code: 1, stderr: /^rejected: expected .+; got/ });
  });
});
