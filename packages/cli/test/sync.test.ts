import assert from 'node:assert/strict';
import { appendFile, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isInRun } from '../../../scripts/test-tiers.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { startHolding } from './holding-front.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const FILES = isInRun('long') ? 1_000 : 300;
const KILLS = 5;
/** Files at a time. */
const WIDTH = 8;

describe('sync', () => {
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

  /** How many uploads the service has been asked for, and how many times bytes came. */
  const asked = () => ({
    grants: service.output().match(/"POST","path":"\/uploads"|POST \/uploads/g)?.length ?? 0,
    puts: service.output().match(/"method":"PUT"|PUT \/objects/g)?.length ?? 0,
  });
  const sync = (folder: string, user: string, ...more: string[]) =>
    shell.run(['sync', folder, '--user', user, '--json', ...more]);
  const idsOf = async (user: string): Promise<string[]> =>
    (await shell.run(['ls', '-q', '--user', user])).stdout.split('\n').filter((line) => line !== '');

  it(`of ${FILES} files, killed ${KILLS} times, ends with ${FILES} images, and one more run sends nothing`, async () => {
    const folder = join(shell.folder, 'thousand');
    await mkdir(folder);
    for (let index = 0; index < FILES; index += 1) await writeFile(join(folder, `${index}.png`), picture(index));
    await using front = await startHolding(service.origin, 'PUT', 0);
    const url = ['--url', front.url];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const count = FILES / 20 + (kill * FILES) / 50;
      front.left = count + WIDTH;
      const running = shell.start(['sync', folder, '--user', 'kills', '--json', '-c', `${WIDTH}`, ...url]);
      await running.printed(/"event":"uploaded"/, count);
      running.child.kill('SIGKILL');
      assert.equal((await running.ended).signal, 'SIGKILL');
    }
    front.left = Number.POSITIVE_INFINITY;
    const last = await sync(folder, 'kills', '-c', `${WIDTH}`, ...url);
    assert.equal(last.exitCode, 0, last.stderr);
    assert.equal(new Set(await idsOf('kills')).size, FILES);

    const before = asked();
    assert.ok(before.grants >= FILES && before.puts >= FILES, JSON.stringify(before));
    const again = await sync(folder, 'kills', ...url);
    assert.deepEqual(again.json(), [
      { event: 'summary', uploaded: 0, present: FILES, skipped: 0, failed: 0, interrupted: false },
    ]);
    assert.deepEqual(asked(), before);
  });

  it('only adds: content that changed is another image, and nothing deleted here or there comes or goes', async () => {
    const folder = join(shell.folder, 'adds');
    const [one, two, three] = [
      await put(folder, 'one.png', picture('one')),
      await put(folder, 'two.png', picture('two')),
      await put(folder, 'deep/three.png', picture('three')),
    ];
    await put(folder, 'deep/copy of one.png', picture('one'));
    const first = await sync(folder, 'adds');
    assert.deepEqual([first.exitCode, (await idsOf('adds')).length], [0, 3]);

    await rm(one);
    await writeFile(two, picture('two, changed'));
    const now = new Date();
    await utimes(three, now, now);
    const deleted = first.json().find(({ path }) => path === three)?.image;
    await shell.run(['rm', '--yes', String(deleted?.['image_id']), '--user', 'adds']);
    const second = (await sync(folder, 'adds')).json();
    assert.deepEqual(
      second.flatMap(({ event, path }) => (event === 'uploaded' ? [path] : [])),
      [two],
    );
    assert.equal((await idsOf('adds')).length, 3); // one, and both contents of two
  });

  it('sends nothing again when its state is lost, and says what was deleted meanwhile', async () => {
    const folder = join(shell.folder, 'lost');
    for (const name of ['a', 'b', 'c']) await put(folder, `${name}.png`, picture(`lost ${name}`));
    await sync(folder, 'lost');
    const [trashed = '', gone = ''] = await idsOf('lost');
    await shell.run(['trash', trashed, '--user', 'lost']);
    await shell.run(['rm', '--yes', gone, '--user', 'lost']);
    await rm(join(folder, '.safelight'), { recursive: true });
    const { puts } = asked();
    const again = await sync(folder, 'lost');
    assert.deepEqual(
      again
        .json()
        .map(({ event }) => event)
        .toSorted(),
      ['present', 'present', 'skipped', 'summary'],
    );
    assert.equal(asked().puts, puts);
  });

  it('reports each file that it leaves out, with the reason, and sends the rest', async () => {
    const folder = join(shell.folder, 'mixed');
    await put(folder, 'ok.png', picture('mixed'));
    await put(folder, 'ünï 写真 صورة.png', picture('in any script'));
    await put(folder, 'line\nbreak.png', picture('a name of two lines'));
    await put(folder, 'empty.png', '');
    await put(folder, 'notes.txt', 'notes');
    await put(folder, 'damaged.png', picture('damaged').subarray(0, 60));
    await put(folder, 'large.png', Buffer.concat([picture('large'), Buffer.alloc(60 * 1_048_576)]));
    await symlink('/etc/hostname', join(folder, 'outside.png'));
    await symlink('ok.png', join(folder, 'inside.png'));
    await symlink('nowhere', join(folder, 'broken.png'));
    const { exitCode, json } = await sync(folder, 'mixed');
    assert.equal(exitCode, 1);
    const found = Object.fromEntries(
      json().map(({ event, path, error, ...line }) => [
        path?.slice(folder.length + 1),
        error?.code ?? line['reason'] ?? event,
      ]),
    );
    assert.deepEqual(found, {
      'ok.png': 'uploaded',
      'ünï 写真 صورة.png': 'uploaded',
      'line\nbreak.png': 'uploaded',
      'empty.png': 'empty',
      'notes.txt': 'not an image',
      'damaged.png': 'unreadable-image',
      'large.png': 'upload-too-large',
      'outside.png': 'a link to outside this folder; name its target to send it',
      'inside.png': 'a link to another file here',
      'broken.png': 'broken-link',
      undefined: 'summary',
    });
    const { puts } = asked();
    const again = (await sync(folder, 'mixed')).json();
    assert.equal(again.find(({ path }) => path?.endsWith('damaged.png'))?.error?.code, 'refused-before');
    assert.equal(asked().puts, puts);
  });

  it('a second sync of the folder at the same time says so', async () => {
    const folder = join(shell.folder, 'busy');
    for (let index = 0; index < 3; index += 1) await put(folder, `${index}.png`, picture(`busy ${index}`));
    await using front = await startHolding(service.origin, 'PUT', 1);
    const url = ['--url', front.url];
    const first = shell.start(['sync', folder, '--user', 'busy', '--json', '-c', '1', ...url]);
    await first.printed(/"uploaded"/);
    const second = await sync(folder, 'busy', ...url);
    front.left = Number.POSITIVE_INFINITY;
    assert.deepEqual([second.exitCode, second.json()[0]?.error?.code], [1, 'folder-in-use']);
    assert.equal((await first.ended).exitCode, 0);
  });

  it('a folder belongs to one user of one service', async () => {
    const folder = join(shell.folder, 'bound');
    await put(folder, 'a.png', picture('bound'));
    await sync(folder, 'ada');
    const other = await sync(folder, 'eve');
    assert.deepEqual([other.exitCode, other.json()[0]?.error?.code], [2, 'usage']);
    assert.match(other.json()[0]?.error?.message ?? '', /is synced with ada at/);
  });

  it('state that is damaged is one line that says what to do', async () => {
    const folder = join(shell.folder, 'spoilt');
    await put(folder, 'a.png', picture('spoilt'));
    await put(folder, '.safelight/sync.db', 'no database, but long enough to be read as the head of one '.repeat(20));
    const { exitCode, stderr } = await shell.run(['sync', folder, '--user', 'ada']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^safelight: The state in \S+ is damaged\. Remove it and sync again[^\n]*\n$/);
  });

  it('a file that changes while it is read is left for the next run', async () => {
    const folder = join(shell.folder, 'changing');
    const path = await put(folder, 'a.png', Buffer.concat([picture('changing'), Buffer.alloc(40 * 1_048_576)]));
    const running = shell.start(['sync', folder, '--user', 'changing', '--json']);
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    for (; !hasEnded; await new Promise(setImmediate)) await appendFile(path, 'x');
    const { exitCode, json } = await running.ended;
    assert.equal(exitCode, 1);
    assert.match(json()[0]?.error?.code ?? '', /^(?:file-changed|unreadable-file)$/);
  });
});
