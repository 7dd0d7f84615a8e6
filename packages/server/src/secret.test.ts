import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ownSecret, subkey } from './secret.ts';

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'secret-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe("the data folder's own secret", () => {
  it('is made once and the same after a restart', async () => {
    await using folder = await temporaryFolder();
    const first = await ownSecret(folder.path);
    assert.equal(await ownSecret(folder.path), first);
    assert.equal((await readFile(join(folder.path, 'secret'), 'utf8')).trim(), first);
  });

  it('is 256 random bits', async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    const secret = await ownSecret(folder.path);
    assert.equal(Buffer.from(secret, 'base64url').length, 32);
    assert.notEqual(await ownSecret(other.path), secret);
  });

  it('can be read by its owner only, and leaves nothing else behind', async () => {
    await using folder = await temporaryFolder();
    await ownSecret(folder.path);
    assert.equal((await stat(join(folder.path, 'secret'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder.path), ['secret']);
  });

  it('is one for all who ask for it at first at once', async () => {
    await using folder = await temporaryFolder();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => ownSecret(folder.path)));
    assert.equal(new Set(secrets).size, 1);
    assert.equal(await ownSecret(folder.path), secrets[0]);
  });

  it('is never short: a file that was emptied is refused', async () => {
    for (const content of ['', '\n', 'abc\n']) {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, 'secret'), content, { mode: 0o600 });
      await assert.rejects(ownSecret(folder.path), `a secret of ${JSON.stringify(content)}`);
    }
  });

  it('may be written by hand, with a line feed or without', async () => {
    await using folder = await temporaryFolder();
    for (const content of ['by-hand-by-hand-by-hand-by-hand-by-hand', 'by-hand-by-hand-by-hand-by-hand-by-hand\n']) {
      await writeFile(join(folder.path, 'secret'), content);
      assert.equal(await ownSecret(folder.path), content.trim());
    }
  });

  it('is not made anew where there is one that cannot be read', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'secret'));
    await assert.rejects(ownSecret(folder.path), { code: 'EISDIR' });
    assert.deepEqual(await readdir(folder.path), ['secret']);
  });
});

describe('a subkey', () => {
  const secret = 's'.repeat(43);

  it('has 256 bits and is the same every time', () => {
    assert.equal(subkey(secret, 'disk-endpoint').length, 32);
    assert.deepEqual(subkey(secret, 'disk-endpoint'), subkey(secret, 'disk-endpoint'));
  });

  it('is another for another purpose', () => {
    assert.notDeepEqual(subkey(secret, 'disk-endpoint'), subkey(secret, 'disk-endpoint-id'));
  });

  it('is another for another secret', () => {
    assert.notDeepEqual(subkey(secret, 'disk-endpoint'), subkey(`${secret}x`, 'disk-endpoint'));
  });

  it('does not show the secret', () => {
    assert.ok(!subkey(secret, 'disk-endpoint').includes('sss'));
  });

  it('stays what it is: URLs given out outlive a restart (HKDF-SHA-256, RFC 5869)', () => {
    const hex = subkey('00'.repeat(32), 'disk-endpoint').toString('hex');
    assert.equal(hex, '12d97f6990adc2d10b898017ce9ba76b6ef867b4d52d6b091af828d33ec3e670');
  });
});
