import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { objectPath } from '../../src/admin/archive/backup/names.ts';
import { createBackedUp } from '../../src/admin/backups/backed-up.fixture.ts';
import { spawnProgram } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

describe('npm run admin -- backup', () => {
  it('tells by its exit code whether all is well, and prints JSON', async () => {
    await using service = await createBackedUp();
    const image = await service.add();
    const runWith = (environment: Readonly<Record<string, string>>, ...args: readonly string[]) =>
      spawnProgram(dirname(service.dataDir), environment, [process.execPath, ADMIN, 'backup', ...args]).ended;
    const run = (...args: string[]) => runWith({}, ...args);
    const jsonIn = (output: string) => JSON.parse(/^\{.*\}$/m.exec(output)?.[0] ?? 'null');

    const made = await run(service.path, '--with-secret', '--json');
    assert.equal(made.exitCode, 0, made.output);
    const { images, lost, copied_bytes: copiedBytes, has_secret: hasSecret } = jsonIn(made.output);
    assert.deepEqual(
      { images, lost, copiedBytes, hasSecret },
      { images: 1, lost: 0, copiedBytes: 1_000, hasSecret: true },
    );

    const path = objectPath(image.sha256);
    const bytes = await readFile(join(service.path, path));
    await writeFile(join(service.path, path), bytes.fill(0, 0, 4));
    const verified = await run('verify', service.path, '--json');
    assert.equal(verified.exitCode, 1, verified.output);
    assert.deepEqual(
      jsonIn(verified.output).findings.map((one: { kind: string; path: string }) => [one.kind, one.path]),
      [['damaged', path]],
    );

    const elsewhere = await spawnProgram(service.path, {}, [process.execPath, ADMIN, 'backup', service.path]).ended;
    assert.deepEqual(
      [elsewhere.exitCode, /expected the records of a service in DATA_DIR/.test(elsewhere.output)],
      [1, true],
      elsewhere.output,
    );
    const wrong = await run(service.path, '--limit-rate', 'fast');
    assert.deepEqual(
      [wrong.exitCode, /expected bytes each second, as 20M/.test(wrong.output)],
      [2, true],
      wrong.output,
    );
    const own = await runWith({ AWS_ACCESS_KEY_ID: 'own', AWS_SECRET_ACCESS_KEY: 'hunter2' }, 's3://photos');
    assert.deepEqual([own.exitCode, /expected BACKUP_AWS_ACCESS_KEY_ID/.test(own.output)], [1, true], own.output);
  });

  it('says how to keep the secret that is not in it', async () => {
    await using service = await createBackedUp();
    const SECRET_KEY = 'a key of the operator of 32 bytes or more';
    const isVoid = 'Restored without it, all signed links and tokens are void$';
    for (const [environment, options, ...says] of [
      [{}, ['--with-secret']],
      [{}, [], `^The secret that the service made is not in the backup: .* run backup --with-secret\\. ${isVoid}`],
      [{ SECRET_KEY }, [], `^SECRET_KEY is not in the backup: keep it elsewhere\\. ${isVoid}`],
      [{ SECRET_KEY }, ['--with-secret'], '^--with-secret has no effect: SECRET_KEY is yours, and you keep it$'],
    ] as const) {
      const args = [process.execPath, ADMIN, 'backup', service.path, ...options];
      const { exitCode, output } = await spawnProgram(dirname(service.dataDir), environment, args).ended;
      assert.equal(exitCode, 0, output);
      for (const one of says) assert.match(output, new RegExp(one, 'm'));
      assert.equal(/secret/i.test(output), says.length > 0, output);
    }
  });
});
