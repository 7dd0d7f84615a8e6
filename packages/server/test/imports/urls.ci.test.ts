import assert from 'node:assert/strict';
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { redirectsTo, says, sends, startPictureHost } from '../../../../test/servers/picture-host.ts';
import { spawnProgram, startService } from '../services/running-service.ts';

const ADMIN = join(import.meta.dirname, '../../src/bin/admin.ts');

interface Line {
  readonly path: string;
  readonly outcome: string;
  readonly code?: string;
  readonly detail?: string;
}

for (const how of ['without a service', 'beside a running service'] as const) {
  it(`an import of URLs, ${how}: each ends as an image or with a reason, and the next run asks again`, async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-urls-'));
    await using host = await startPictureHost();
    const jpeg = async (seed: number) =>
      new Uint8Array(await testImage({ type: 'image/jpeg', width: 40, height: 30, seed }));
    host.answers.set('/a.jpg', sends(await jpeg(1)));
    host.answers.set('/b', redirectsTo('/a.jpg'));
    host.answers.set('/text.jpg', sends(new TextEncoder().encode('<!doctype html>')));
    host.answers.set('/later.jpg', says(503));
    host.answers.set('/loop', redirectsTo('/loop'));
    host.answers.set('/cut.jpg', (response) => response.writeHead(200, { 'Content-Length': 900 }).end('short'));
    const paths = ['/a.jpg?size=1', '/b', '/text.jpg', '/later.jpg', '/loop', '/cut.jpg', '/none.jpg'];
    const lines = [
      '# pictures',
      ...paths.map(host.at),
      '',
      host.at('/b'),
      'file:///etc/passwd',
      'http://10.0.0.1/a.jpg',
    ];
    await writeFile(join(folder.path, 'list.txt'), lines.join('\r\n'));
    const environment = { LOG_LEVEL: 'warn', ...host.environment };
    const isBeside = how === 'beside a running service';
    await using service = isBeside ? await startService(environment, folder.path) : undefined;
    const run = async (source: readonly string[], own: Record<string, string> = environment) => {
      const command = [process.execPath, ADMIN, 'import', ...source, '--report', 'report.ndjson'];
      const { exitCode, output } = await spawnProgram(folder.path, own, command).ended;
      return { exitCode, output };
    };
    const told = async () => {
      const text = await readFile(join(folder.path, 'report.ndjson'), 'utf8');
      const all = text
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line) as Line);
      return Object.fromEntries(all.map((one) => [one.path.replace(host.at(''), ''), one.code ?? one.outcome]));
    };

    const off = await run(['urls:list.txt', '--user', 'ada'], {});
    assert.match(off.output, /^expected INGEST_HOSTS, which names the hosts/m);
    const first = await run(['urls:list.txt', '--user', 'ada']);
    assert.equal(first.exitCode, 1, first.output);
    assert.match(first.output, /^2 pictures were imported .*, 0 had been before, 7 were refused$/m);
    assert.deepEqual(await told(), {
      ...{ '/a.jpg?size=1': 'imported', '/b': 'imported', '/text.jpg': 'unsupported-type' },
      ...{ '/later.jpg': 'fetch-failed', '/loop': 'fetch-failed', '/cut.jpg': 'fetch-failed' },
      ...{ '/none.jpg': 'fetch-failed', 'file:///etc/passwd': 'unusable-entry' },
      'http://10.0.0.1/a.jpg': 'unusable-entry',
    });

    host.answers.set('/later.jpg', sends(await jpeg(2)));
    const asked = host.asked.length;
    const second = await run(['urls:list.txt', '--user', 'ada']);
    assert.match(second.output, /^1 pictures were imported .*, 2 had been before, 6 were refused$/m);
    assert.ok(!host.asked.slice(asked).includes('/a.jpg'));

    await writeFile(
      join(folder.path, 'table.csv'),
      `path,user_id,created_at,tags\n${host.at('/a.jpg')},bob,2015-01-02T03:04:05Z,sea\n`,
    );
    const byTable = await run(['urls:', '--table', 'table.csv']);
    assert.match(byTable.output, /^1 pictures were imported .*, 0 had been before, 0 were refused$/m);
    await using served = service ?? (await startService(environment, folder.path));
    const { images } = (await (await fetch(`${served.origin}/images?user_id=bob`)).json()) as {
      readonly images: readonly { readonly filename: string; readonly created_at: string; readonly tags: string[] }[];
    };
    assert.deepEqual(
      images.map(({ filename, created_at, tags }) => ({ filename, created_at, tags })),
      [{ filename: 'a.jpg', created_at: '2015-01-02T03:04:05.000Z', tags: ['sea'] }],
    );
  });
}
