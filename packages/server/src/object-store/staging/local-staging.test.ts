import assert from 'node:assert/strict';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../disk/disk-harness.fixture.ts';
import { inChunks, somePng } from '../sample-objects.fixture.ts';
import { describeStaging } from '../staging.contract.ts';
import { createLocalStaging, type StagingOptions } from './local-staging.ts';

const TEMPORARY = { files: 'temporary', maxBytes: 10_000_000 } as const satisfies StagingOptions;

async function createHarness(options: StagingOptions = TEMPORARY) {
  const parent = await temporaryFolder();
  const folder = join(parent.path, 'staged');
  const staging = createLocalStaging(folder, options);
  return { folder, staging, [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose]() };
}

describeStaging('linked files', () => createHarness({ files: 'linked' }));
describeStaging('temporary files', () => createHarness());

describe('temporary files', () => {
  it('take no more bytes together than allowed, and make room when disposed of', async () => {
    await using harness = await createHarness({ files: 'temporary', maxBytes: 5_000 });
    const { folder, staging } = harness;
    const stage = () => staging.stage(inChunks(somePng(3_000)), { maxBytes: 3_000 });
    const first = await stage();
    await assert.rejects(stage(), { code: 'overloaded' });
    assert.equal((await readdir(folder)).length, 1);
    await first[Symbol.asyncDispose]();
    await using _second = await stage();
  });

  it('left by a crash are removed at the next start, and their folder on disposal', async () => {
    await using harness = await createHarness();
    const { folder } = harness;
    await mkdir(join(folder, 'nested'));
    await writeFile(join(folder, 'nested', 'left'), 'left');
    const staging = createLocalStaging(folder, TEMPORARY);
    assert.deepEqual(await readdir(folder), []);
    await staging[Symbol.asyncDispose]();
    await assert.rejects(access(folder), { code: 'ENOENT' });
  });
});
