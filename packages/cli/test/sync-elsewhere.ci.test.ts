import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { CANNOT_MOUNT, mountReadOnly } from '../../server/test/faults/file-systems.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell } from './running-cli.ts';

describe('sync --state', () => {
  it("keeps the memory of folders that can't be written, each its own, and nothing is sent twice", {
    skip: CANNOT_MOUNT,
  }, async () => {
    await using service = await startService({ LOG_LEVEL: 'warn' });
    await using shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'ada' });
    const [folder, other, states] = ['camera', 'other', 'states/of folders'].map((one) => join(shell.folder, one)) as [
      string,
      string,
      string,
    ];
    await put(folder, 'a.png', picture('camera'));
    await put(other, 'a.png', picture('other'));
    await using _mounted = await mountReadOnly(folder);

    const refused = await shell.run(['sync', folder]);
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /^safelight: No state can be kept in \S+\.safelight: [^\n]+ --state DIR [^\n]+\n$/);

    const sent = (args: readonly string[]) =>
      shell.run(['sync', '--state', states, '--json', ...args]).then(({ json }) => {
        const summary = json().at(-1);
        return [summary?.['uploaded'], summary?.['present']];
      });
    assert.deepEqual(await sent([folder, '--dry-run']), [1, 0]);
    assert.deepEqual(await sent([folder]), [1, 0]);
    assert.deepEqual(await sent([join(relative(shell.folder, folder), '.')]), [0, 1], 'by another path');
    assert.deepEqual(await sent([other]), [1, 0]);
    assert.equal((await readdir(states)).filter((name) => name.endsWith('.db')).length, 2);
    assert.deepEqual([await readdir(folder), await readdir(other)], [['a.png'], ['a.png']]);
  });
});
