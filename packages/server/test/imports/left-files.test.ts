import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { openHandedFolder } from '../../src/run/compose/handed-folder.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { createTestService } from '../services/service.ts';

it('the start of a service removes pictures that a killed import has left, and none of one that runs', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-left-'));
  const dataDir = join(folder.path, 'data');
  const { config } = loadConfig({ DATA_DIR: dataDir });
  await mkdir(dataDir);
  await using running = await openHandedFolder(config);
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a picture');
  }
  await using kept = await running.staging.stage(bytes(), { maxBytes: 99 });
  const left = join(dataDir, 'imports', String(running.number + 1), 'files');
  await mkdir(left, { recursive: true });
  await writeFile(join(left, 'picture'), 'left');
  await using _service = await createTestService({ folder: dataDir });
  assert.equal(existsSync(left), false);
  assert.equal(existsSync(kept.path), true);
});
