import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { hearing } from '../../observe/observer/hearing.fixture.ts';
import { ownSecret, secretFrom, subkey } from './secret.ts';

const run = promisify(execFile);
const AS_ROOT = { skip: process.geteuid?.() !== 0 && 'only root gives files away' };

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'secret-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

describe('the secret in the data folder', () => {
  it('is created once and survives a restart', async () => {
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

  it('is readable by its owner only, and is the only file written', async () => {
    await using folder = await temporaryFolder();
    await ownSecret(folder.path);
    assert.equal((await stat(join(folder.path, 'secret'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder.path), ['secret']);
  });

  it('is the same for concurrent first callers', async () => {
    await using folder = await temporaryFolder();
    const secrets = await Promise.all(Array.from({ length: 8 }, () => ownSecret(folder.path)));
    assert.equal(new Set(secrets).size, 1);
    assert.equal(await ownSecret(folder.path), secrets[0]);
  });

  it('is refused if it is empty or too short', async () => {
    for (const content of ['', '\n', 'abc\n']) {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, 'secret'), content, { mode: 0o600 });
      await assert.rejects(
        ownSecret(folder.path),
        /^AppError: unavailable: DATA_DIR: expected at least 32 bytes in .*secret; got fewer/,
      );
    }
  });

  it('may be written by hand, with or without a line feed', async () => {
    await using folder = await temporaryFolder();
    for (const content of ['by-hand-by-hand-by-hand-by-hand-by-hand', 'by-hand-by-hand-by-hand-by-hand-by-hand\n']) {
      await writeFile(join(folder.path, 'secret'), content);
      assert.equal(await ownSecret(folder.path), content.trim());
    }
  });

  it('is refused if its file belongs to another user, unless that user is root', AS_ROOT, async () => {
    await using folder = await temporaryFolder();
    const secret = await ownSecret(folder.path);
    const path = join(folder.path, 'secret');
    // The modules may be in a folder that is root's alone, so they are imported before.
    const code = `const { ownSecret } = await import(${JSON.stringify(join(import.meta.dirname, 'secret.ts'))});
      process.setuid(65534);
      process.stdout.write(await ownSecret(process.argv[1]));`;
    const readAsNobody = () => run(process.execPath, ['--input-type=module', '-e', code, folder.path]);
    await chown(path, 65_533, 65_533);
    await assert.rejects(ownSecret(folder.path), /secret belongs to user 65533, and the service runs as 0; chown it/);
    await chmod(folder.path, 0o755);
    await chmod(path, 0o644);
    await assert.rejects(readAsNobody(), /belongs to user 65533, and the service runs as 65534/);
    await chown(path, 0, 0);
    assert.equal((await readAsNobody()).stdout, secret);
  });

  it('is not replaced if it cannot be read', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'secret'));
    await assert.rejects(
      ownSecret(folder.path),
      /^AppError: unavailable: DATA_DIR: expected a readable file .*secret; got an error: EISDIR/,
    );
    assert.deepEqual(await readdir(folder.path), ['secret']);
  });
});

describe('a subkey', () => {
  const secret = 's'.repeat(43);

  it('has 256 bits and is deterministic', () => {
    assert.equal(subkey(secret, 'disk-endpoint').length, 32);
    assert.deepEqual(subkey(secret, 'disk-endpoint'), subkey(secret, 'disk-endpoint'));
  });

  it('differs by purpose', () => {
    assert.notDeepEqual(subkey(secret, 'disk-endpoint'), subkey(secret, 'disk-endpoint-id'));
  });

  it('differs by secret', () => {
    assert.notDeepEqual(subkey(secret, 'disk-endpoint'), subkey(`${secret}x`, 'disk-endpoint'));
  });

  it('does not reveal the secret', () => {
    assert.ok(!subkey(secret, 'disk-endpoint').includes('sss'));
  });

  it('matches a test vector, so that issued URLs survive a restart (HKDF-SHA-256, RFC 5869)', () => {
    const hex = subkey('00'.repeat(32), 'disk-endpoint').toString('hex');
    assert.equal(hex, '12d97f6990adc2d10b898017ce9ba76b6ef867b4d52d6b091af828d33ec3e670');
  });
});

describe('a secret file', () => {
  const write = async (folder: { path: string }, text: string, mode: number) => {
    const path = join(folder.path, 'key');
    await writeFile(path, text, { mode });
    await chmod(path, mode); // independent of the umask
    return path;
  };

  it('is read without surrounding white space', async () => {
    await using folder = await temporaryFolder();
    const warnings: string[] = [];
    const path = await write(folder, `${'k'.repeat(32)}\n`, 0o600);
    const observe = hearing('warning', ({ sentence }) => warnings.push(sentence));
    assert.equal(await secretFrom(path, 'SECRET_KEY_FILE', observe), 'k'.repeat(32));
    assert.deepEqual(warnings, []);
  });

  const onPosix = { skip: process.platform === 'win32' && 'Windows has no modes' };
  for (const mode of [0o640, 0o604])
    it(`is read with a warning if other users may read it: ${mode.toString(8)}`, onPosix, async () => {
      await using folder = await temporaryFolder();
      const warnings: string[] = [];
      const path = await write(folder, 'k'.repeat(32), mode);
      const observe = hearing('warning', ({ sentence }) => warnings.push(sentence));
      await secretFrom(path, 'SECRET_KEY_FILE', observe);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /^Other users can read .*chmod 600/);
    });

  it('is refused if it is missing, a folder or too long', async () => {
    await using folder = await temporaryFolder();
    const nobody = () => assert.fail('expected no warning');
    await assert.rejects(
      secretFrom(join(folder.path, 'none'), 'SECRET_KEY_FILE', nobody),
      /^AppError: unavailable: SECRET_KEY_FILE: expected a readable file/,
    );
    await assert.rejects(
      secretFrom(folder.path, 'SECRET_KEY_FILE', nobody),
      /^AppError: unavailable: SECRET_KEY_FILE: /,
    );
    const path = await write(folder, 'k'.repeat(65_537), 0o600);
    await assert.rejects(secretFrom(path, 'SECRET_KEY_FILE', nobody), /at most 65536 bytes; got 65537$/);
  });
});
