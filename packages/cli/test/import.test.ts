import assert from 'node:assert/strict';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { startHolding } from './holding-front.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const FILES = 60;
const WIDTH = 4;

interface Listed {
  readonly filename: string;
  readonly tags: readonly string[];
  readonly facts: { readonly taken_at?: string };
  readonly [field: string]: unknown;
}

describe('import', () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'info', LOG_FORMAT: 'json' });
    shell = await openShell({ SAFELIGHT_URL: service.origin });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  const uploads = (): number =>
    service.output().match(/"POST","path":"\/uploads"|PUT \/objects|"method":"PUT"/g)?.length ?? 0;
  const importing = (...args: readonly string[]) => shell.run(['import', '--json', ...args]);
  const listOf = async (user: string): Promise<readonly Listed[]> =>
    (await shell.run(['ls', '--json', '--user', user])).json() as readonly Listed[];

  it('gives each file what its row says, for the user of the row, and a second run sends nothing', async () => {
    const folder = join(shell.folder, 'described');
    for (const name of ['a.png', 'deep/b.png', 'no-suffix', 'unnamed.png'])
      await put(folder, name, picture(`described ${name}`));
    const table = join(shell.folder, 'images.csv');
    await writeFile(
      table,
      `path,user_id,tags,description,filename,created_at,taken_at,external_id,visibility,former_id,metadata.order
a.png,ada,"sea,""at sunset""",Low tide,,2019-05-04T10:00:00Z,2019-05-04T12:00:31+02:00,o-1,public,,A17
deep/b.png,eve,"[""x"",""y""]",,tide.png,,,,,9b2e6d1c-3a57-4c60-8f10-2b7a44e0c9d1,
no-suffix,,,,,,,,,,
`,
    );
    const planned = await importing(folder, '--table', table, '--user', 'bea', '--dry-run');
    assert.deepEqual(
      [planned.exitCode, planned.json().map(({ event }) => event)],
      [0, ['planned', 'planned', 'planned', 'summary']],
    );
    const none = uploads();

    const first = await importing(folder, '--table', table, '--user', 'bea', '--date-from', 'table');
    assert.equal(first.exitCode, 0, first.stdout);
    const [a] = await listOf('ada');
    assert.deepEqual(
      [a?.tags, a?.['description'], a?.filename, a?.['external_id'], a?.['visibility'], a?.['metadata']],
      [['sea', '"at sunset"'], 'Low tide', 'a.png', 'o-1', 'public', { order: 'A17' }],
    );
    assert.equal(a?.facts.taken_at, '2019-05-04T12:00:31.000');
    const [b] = await listOf('eve');
    assert.deepEqual([b?.tags, b?.filename], [['x', 'y'], 'tide.png']);
    assert.equal((await listOf('bea')).length, 1);

    const sent = uploads();
    assert.ok(sent > none);
    const second = await importing(folder, '--table', table, '--user', 'bea', '--date-from', 'table');
    assert.deepEqual(second.json(), [
      { event: 'summary', uploaded: 0, present: 3, skipped: 0, failed: 0, interrupted: false },
    ]);
    assert.equal(uploads(), sent);
  });

  it('takes the folder of the table, or all files of a folder without one', async () => {
    const folder = join(shell.folder, 'plain');
    await put(folder, 'a.png', picture('plain a'));
    await put(folder, 'b.png', picture('plain b'));
    await put(folder, 'table.ndjson', '{"path":"a.png","user_id":7,"metadata.n":1.5}\n');
    const { exitCode } = await importing('--table', join(folder, 'table.ndjson'));
    assert.equal(exitCode, 0);
    const [image] = await listOf('7');
    assert.deepEqual(image?.['metadata'], { n: 1.5 });
    const all = (await importing(folder, '--user', 'all')).json().at(-1);
    assert.deepEqual([all?.['uploaded'], all?.['skipped']], [2, 1]);
    const none = await importing();
    assert.deepEqual([none.exitCode, none.json()[0]?.error?.code], [2, 'usage']);
  });

  it('tells each row that names no file, or has a wrong cell, and sends the others', async () => {
    const folder = join(shell.folder, 'faulty');
    await put(folder, 'ok.png', picture('faulty'));
    await put(folder, 'notes.txt', 'notes');
    await put(shell.folder, 'outside.png', picture('outside'));
    await symlink('../outside.png', join(folder, 'link.png'));
    await symlink('..', join(folder, 'up'));
    const table = join(folder, 'table.csv');
    const paths = ['../outside.png', 'up/outside.png', 'link.png', '/etc/hostname', 'gone.png', 'notes.txt'];
    await writeFile(table, `path,created_at\nok.png,\n${paths.map((path) => `${path},\n`).join('')}ok.png,soon\n`);
    const { exitCode, json } = await importing('--table', table, '--user', 'faulty');
    assert.equal(exitCode, 1);
    assert.deepEqual(
      Object.fromEntries(
        json().map(({ event, path, error }) => [path?.replace(`${folder}/`, ''), error?.code ?? event]),
      ),
      Object.fromEntries([
        ['ok.png', 'uploaded'],
        ['table.csv line 3, column path', 'wrong-row'],
        ['table.csv line 4, column path', 'wrong-row'],
        ['table.csv line 5, column path', 'not-a-file'],
        ['table.csv line 6, column path', 'wrong-row'],
        ['table.csv line 7, column path', 'not-found'],
        ['notes.txt', 'unsupported-type'],
        ['table.csv line 9, column created_at', 'wrong-row'],
        [undefined, 'summary'],
      ]),
    );
  });

  it('sends nothing by a table with a wrong column, and says which', async () => {
    const folder = join(shell.folder, 'columns');
    await put(folder, 'a.png', picture('columns'));
    await put(folder, 'table.csv', 'path,owner\na.png,ada\n');
    const { exitCode, json } = await importing('--table', join(folder, 'table.csv'), '--user', 'columns');
    assert.deepEqual([exitCode, json().length, json()[0]?.error?.code], [2, 1, 'usage']);
    assert.match(json()[0]?.error?.message ?? '', /^table\.csv line 1: expected columns among path, .+; got "owner"$/);
    await put(folder, 'table.csv', 'path,tags\na.png,x\nb.png,"y\n');
    const unclosed = await importing('--table', join(folder, 'table.csv'), '--user', 'columns');
    assert.match(
      unclosed.json().find(({ error }) => error)?.error?.message ?? '',
      /^table\.csv line 3: expected a row of at most \d+ bytes, with an end of each quote; got none$/,
    );
  });

  it(`of ${FILES} rows, killed three times, ends with ${FILES} images of their tags, and one more run sends nothing`, async () => {
    const folder = join(shell.folder, 'killed');
    await mkdir(folder);
    for (let nth = 0; nth < FILES; nth += 1) await writeFile(join(folder, `${nth}.png`), picture(`killed ${nth}`));
    const table = join(shell.folder, 'killed.csv');
    await writeFile(
      table,
      `path,user_id,tags,taken_at\n${Array.from({ length: FILES }, (_, nth) => `${nth}.png,k${nth % 2},t${nth},2019-05-04\n`).join('')}`,
    );
    await using front = await startHolding(service.origin, 'PUT', 0);
    const args = [
      'import',
      folder,
      '--table',
      table,
      '--date-from',
      'table',
      '--json',
      '-c',
      `${WIDTH}`,
      '--url',
      front.url,
    ];
    for (let kill = 1; kill <= 3; kill += 1) {
      front.left = 10 + WIDTH;
      const running = shell.start(args);
      await running.printed(/"event":"uploaded"/, 10);
      running.child.kill('SIGKILL');
      assert.equal((await running.ended).signal, 'SIGKILL');
    }
    front.left = Number.POSITIVE_INFINITY;
    assert.equal((await shell.run(args)).exitCode, 0);
    for (const user of ['k0', 'k1']) {
      const images = await listOf(user);
      assert.equal(images.length, FILES / 2);
      for (const { filename, tags, facts } of images) {
        assert.deepEqual(tags, [`t${filename.replace('.png', '')}`]);
        assert.equal(facts.taken_at, '2019-05-04T00:00:00.000');
      }
    }
    const before = uploads();
    assert.equal((await shell.run(args)).json().at(-1)?.['present'], FILES);
    assert.equal(uploads(), before);
  });

  it('does not send again what was deleted there, nor here', async () => {
    const folder = join(shell.folder, 'deleted');
    const file = await put(folder, 'a.png', picture('deleted'));
    await put(folder, 'table.csv', 'path\na.png\n');
    const args = ['--table', join(folder, 'table.csv'), '--user', 'deleted'];
    const id = String((await importing(...args)).json()[0]?.image?.['image_id']);
    await shell.run(['rm', '--yes', id, '--user', 'deleted']);
    assert.equal((await importing(...args)).json().at(-1)?.['present'], 1);
    await rm(file);
    assert.equal((await importing(...args)).json().at(-1)?.['failed'], 1);
  });
});
