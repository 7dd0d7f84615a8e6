import assert from 'node:assert/strict';
import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseTarget } from './address.ts';
import { type OpenTargetOptions, openTarget } from './open-target.ts';

const S3 = { region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials: null, caBundle: null };

async function createHarness() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'safelight-place-'));
  const dataDir = join(folder.path, 'data');
  await mkdir(dataDir);
  const own: OpenTargetOptions['own'] = { dataDir, bucket: { bucket: 'photos', endpoint: S3.endpoint } };
  const open = (text: string, mode: OpenTargetOptions['mode'] = 'make') => {
    const address = parseTarget(text);
    assert(address, text);
    return openTarget(address, { own, s3: S3, mode });
  };
  return { path: folder.path, open, [Symbol.asyncDispose]: () => folder.remove() };
}

describe('the place of a target', () => {
  it('is a folder, or a bucket with a prefix', () => {
    assert.deepEqual(parseTarget('/mnt/b'), { kind: 'folder', name: '/mnt/b', path: '/mnt/b' });
    const s3 = { kind: 's3', bucket: 'photos' };
    assert.deepEqual(parseTarget('s3://photos'), { ...s3, name: 's3://photos', prefix: '' });
    assert.deepEqual(parseTarget('s3://photos/'), { ...s3, name: 's3://photos/', prefix: '' });
    assert.deepEqual(parseTarget('s3://photos/a/b_1/'), { ...s3, name: 's3://photos/a/b_1/', prefix: 'a/b_1/' });
    for (const wrong of [
      '',
      's3://',
      's3://P',
      's3://photos//a',
      's3://photos/../a',
      's3://photos/ä',
      'https://photos',
    ])
      assert.equal(parseTarget(wrong), undefined, wrong);
  });

  it('is made once of an empty one, and marked', async () => {
    await using harness = await createHarness();
    const place = join(harness.path, 'new');
    await assert.rejects(harness.open(place), { code: 'unavailable', detail: /expected a folder; got ENOENT/ });
    await mkdir(place);
    await assert.rejects(harness.open(place, 'existing'), { detail: /got a place without safelight.json/ });
    assert.equal((await harness.open(place)).isNew, true);
    assert.equal((await harness.open(place)).isNew, false);
    assert.equal((await harness.open(place, 'existing')).isNew, false);
    assert.equal(await readFile(join(place, 'safelight.json'), 'utf8'), '{"format":1}\n');
    await writeFile(join(place, 'safelight.json'), '{"format":2}\n');
    await assert.rejects(harness.open(place), { detail: /a newer Safelight made it, or it is damaged/ });
  });

  it('is refused if it has something else, or is none', async () => {
    await using harness = await createHarness();
    const place = join(harness.path, 'documents');
    await mkdir(join(place, 'letters'), { recursive: true });
    await writeFile(join(place, 'letters', 'one'), '');
    await assert.rejects(harness.open(place), {
      code: 'unavailable',
      detail: /got one with letters\/one and without safelight.json$/,
    });
    const other = join(harness.path, 'scratch');
    await mkdir(join(other, 'tmp'), { recursive: true });
    await writeFile(join(other, 'tmp', 'one'), '');
    await assert.rejects(harness.open(other), { detail: /got one with tmp\/one and without safelight.json$/ });
    await assert.rejects(harness.open(join(place, 'letters', 'one')), { detail: /expected a folder; got a file$/ });
  });

  it('is never within what the service itself uses', async () => {
    await using harness = await createHarness();
    const { path } = harness;
    await symlink(join(path, 'data'), join(path, 'link'));
    for (const place of ['data', 'data/backups', 'data/a/b', 'link/backups', 'link'])
      await assert.rejects(
        harness.open(join(path, place)),
        { detail: /outside the service's own data folder; got / },
        place,
      );
    for (const place of ['s3://photos', 's3://photos/backups'])
      await assert.rejects(harness.open(place), { detail: /outside the service's own bucket; got / }, place);
    await mkdir(join(path, 'data2'));
    assert.equal((await harness.open(join(path, 'data2'))).isNew, true);
  });
});
