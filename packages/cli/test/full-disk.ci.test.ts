import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { blackPng, chunk } from '../../../test/pictures/png-bytes.ts';
import { CANNOT_MOUNT, mountMemory } from '../../server/test/faults/file-systems.ts';
import { startService } from '../../server/test/services/running-service.ts';
import { put } from './pictures.ts';
import { openShell } from './running-cli.ts';

/** An image of about this size. */
const pictureOf = (bytes: number, text: string): Buffer =>
  blackPng({ width: 8, height: 8 }, [chunk('tEXt', Buffer.from(`Title\0${text}${'x'.repeat(bytes)}`, 'latin1'))]);

describe('a full disk', { skip: CANNOT_MOUNT }, () => {
  it('fails get with one line for each image that finds no room, leaves nothing of it, and the rest continues', async () => {
    await using service = await startService({ LOG_LEVEL: 'warn' });
    await using shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'ada' });
    const ids: string[] = [];
    for (const [name, size] of [
      ['a', 300_000],
      ['b', 2_000_000],
      ['c', 300_000],
    ] as const) {
      await put(shell.folder, `${name}.png`, pictureOf(size, name));
      const sent = await shell.run(['upload', `${name}.png`]);
      assert.equal(sent.exitCode, 0, sent.stderr);
      ids.push(sent.stdout.split('\t', 1)[0] ?? '');
    }
    const disk = join(shell.folder, 'disk');
    await using _disk = await mountMemory(disk, 1);
    const { exitCode, stdout, stderr } = await shell.run(['get', ...ids, '-o', disk, '-c', '1']);
    assert.deepEqual([exitCode, stdout], [1, `${disk}/a.png\n${disk}/c.png\n`]);
    assert.equal(
      stderr,
      `${ids[1]}: The disk is full. Make room, then run the same command again.\n2 images saved, 1 failed.\n`,
    );
    assert.deepEqual((await readdir(disk)).toSorted(), ['a.png', 'c.png']);
  });
});
