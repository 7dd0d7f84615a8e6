import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFile, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { openReport } from './import-report.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const OF = { source: 'folder:/photos', service: '0123456789abcdef', now: NOW };

describe('the report of an import', () => {
  it('has what was brought, for whom, also after a kill in the middle of a line', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-report-'));
    const path = join(folder.path, 'report.ndjson');
    {
      await using report = await openReport(path, OF);
      await report.add({ path: 'a.jpg', outcome: 'imported', user_id: 'ada' });
      await report.add({ path: 'b.jpg', outcome: 'known', user_id: 'ada' });
      await report.add({ path: 'c.jpg', outcome: 'refused', user_id: 'ada', code: 'empty-upload' });
    }
    const whole = await readFile(path, 'utf8');
    await appendFile(path, '{"path":"d.jpg","outcome":"imported","user_');
    {
      await using report = await openReport(path, { ...OF, now: new Date(NOW.getTime() + 1) });
      assert.deepEqual(report.begunAt, NOW);
      const has = (one: string, userId = 'ada') => report.has(one, userId);
      assert.deepEqual([has('a.jpg'), has('b.jpg'), has('a.jpg', 'bob')], [true, true, false]);
      assert.deepEqual([has('c.jpg'), has('d.jpg')], [false, false]);
      assert.equal(await readFile(path, 'utf8'), whole);
      await report.add({ path: 'd.jpg', outcome: 'imported', user_id: 'ada' });
    }
    assert.equal((await readFile(path, 'utf8')).split('\n').length, whole.split('\n').length + 1);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });

  it('begins anew if a kill left not even the first line', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-report-'));
    const path = join(folder.path, 'report.ndjson');
    await writeFile(path, '{"source":"fol');
    {
      await using _report = await openReport(path, OF);
    }
    const [first = ''] = (await readFile(path, 'utf8')).split('\n');
    assert.deepEqual(JSON.parse(first), { source: OF.source, service: OF.service, begun_at: NOW.toISOString() });
  });

  it('is none of another source, service or program, which stays as it is', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-report-'));
    const path = join(folder.path, 'report.ndjson');
    await (await openReport(path, OF))[Symbol.asyncDispose]();
    await assert.rejects(
      openReport(path, { ...OF, source: 'folder:/others' }),
      /got one of the source folder:\/photos/,
    );
    await assert.rejects(openReport(path, { ...OF, service: 'fedcba9876543210' }), /got one of another service/);
    for (const text of [
      'notes without an end of line',
      '{"source":"folder:/others',
      'a,b\n1,2\n',
      '{"source":"x"}\n',
      `${'x'.repeat(2_000_000)}`,
    ]) {
      const foreign = join(folder.path, 'foreign');
      await writeFile(foreign, text);
      await assert.rejects(openReport(foreign, OF), /^AppError: .*got another file$/);
      assert.equal(await readFile(foreign, 'utf8'), text);
    }
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const other of [pipe, '/dev/null', folder.path])
      await assert.rejects(openReport(other, OF), /^AppError: .*got something else$/);
    await assert.rejects(
      openReport(join(folder.path, 'none', 'r.ndjson'), OF),
      /expected a report that can be written/,
    );
  });

  it('tells that its disk is full', async (t) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-report-'));
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder.path]);
    if (mount.status !== 0) return t.skip('needs the right to mount a small tmpfs');
    using _mounted = { [Symbol.dispose]: () => void spawnSync('umount', ['--lazy', folder.path]) };
    const report = await openReport(join(folder.path, 'report.ndjson'), OF);
    await assert.rejects(report.add({ path: 'x'.repeat(20_000), outcome: 'known' }), {
      code: 'unavailable',
      detail: /^expected a report that can be written at .*ENOSPC/,
    });
    await report[Symbol.asyncDispose]();
  });
});
