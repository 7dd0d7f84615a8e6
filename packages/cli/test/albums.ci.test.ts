import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { startHolding } from './holding-front.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const UNKNOWN = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
const HOSTILE = '\u001b[2J<b>../../etc\u202e';

describe('albums', () => {
  let service: RunningService;
  let shell: Shell;
  let users = 0;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** A user of its own, with so many images. */
  async function someone(images = 0) {
    users += 1;
    const user = `user-${users}`;
    const run = (...args: readonly string[]) => shell.run([...args, '--user', user]);
    const folder = join(shell.folder, user);
    await mkdir(folder);
    const names = Array.from({ length: images }, (_, index) => `${index}.png`);
    for (const name of names) await put(folder, name, picture(`${user} ${name}`));
    const sent = images > 0 ? (await run('upload', folder, '-c', '1', '--json')).json() : [];
    const ids = names.map((name) =>
      String(sent.find(({ image }) => image?.['filename'] === name)?.image?.['image_id']),
    );
    const create = async (title: string): Promise<string> => {
      const { stdout, stderr } = await run('albums', 'create', title);
      assert.match(stdout, /^[0-9a-f-]{36}\t/, stderr);
      return stdout.slice(0, 36);
    };
    const listed = async (album: string): Promise<readonly string[]> =>
      (await run('ls', '-q', '--album', album)).stdout.split('\n').slice(0, -1);
    return { user, run, folder, ids, create, listed };
  }

  it('are made, listed, renamed and deleted, by id or by title', async () => {
    const { run, create } = await someone();
    assert.match((await run('albums')).stderr, /^No albums\.$/m);
    const lisbon = await create('Lisbon');
    const porto = await create('Porto');
    const { stdout } = await run('albums');
    assert.match(stdout, new RegExp(`^${porto}\t[-0-9]{10}\t +0\tPorto\n${lisbon}\t[-0-9]{10}\t +0\tLisbon\n$`));
    assert.deepEqual(
      (await run('albums', 'list', '--json')).json().map(({ title }) => title),
      ['Porto', 'Lisbon'],
    );

    assert.equal((await run('albums', 'rename', 'Lisbon', 'Sintra')).stdout, `${lisbon}\tSintra\n`);
    assert.equal((await run('albums', 'rename', lisbon, 'Belém')).stdout, `${lisbon}\tBelém\n`);
    const decomposed = 'Belém'.normalize('NFD');
    assert.equal((await run('albums', 'rename', decomposed, 'Sintra')).stdout, `${lisbon}\tSintra\n`);

    const planned = await run('albums', 'delete', 'Sintra', '--dry-run');
    assert.equal(planned.stdout, 'Sintra would be deleted.\n');
    assert.match((await run('albums', 'delete', 'Sintra')).stdout, /^Sintra is deleted: 0 images out of it/);
    const again = await run('albums', 'delete', lisbon, '--json');
    assert.equal(again.json()[0]?.['album_id'], lisbon);
    const gone = await run('albums', 'delete', 'Sintra');
    assert.deepEqual([gone.exitCode, /No such album\. List yours: `safelight albums`\./.test(gone.stderr)], [1, true]);
    assert.match((await run('albums')).stdout, /^[^\n]+Porto\n$/);
  });

  it('get images and give them back, each with its result', async () => {
    const { run, ids, create, listed } = await someone(3);
    const [a = '', b = '', c = ''] = ids;
    await create('Lisbon');
    const added = await run('albums', 'add', 'Lisbon', b, a);
    assert.deepEqual([added.stdout, added.stderr], [`${b}\n${a}\n`, '2 images added to Lisbon.\n']);
    const more = await shell.run(['albums', 'add', 'Lisbon', '-', UNKNOWN, '--json', '--user', `user-${users}`], {
      stdin: `${a}\n${c}\n`,
    });
    assert.equal(more.exitCode, 1);
    assert.deepEqual(
      more.json().map(({ event, image_id: id, error }) => [event, id, error?.code]),
      [
        ['present', a, undefined],
        ['added', c, undefined],
        ['failed', UNKNOWN, 'image-not-found'],
      ],
    );
    assert.deepEqual(await listed('Lisbon'), [b, a, c]);
    assert.deepEqual((await run('ls', '-q', '--album', 'Lisbon', '--oldest')).stdout, `${a}\n${b}\n${c}\n`);
    assert.equal((await run('ls', '-q', '--album', 'Lisbon', '--tag', 'sea')).stdout, '');

    assert.equal((await run('albums', 'remove', 'Lisbon', b)).stdout, `${b}\n`);
    assert.equal((await run('albums', 'remove', 'Lisbon', b)).stderr, '0 images removed from Lisbon, 1 not in it.\n');
    assert.deepEqual(await listed('Lisbon'), [a, c]);
    assert.equal((await run('ls', '-q')).stdout.split('\n').length, 4, 'the images stay');
  });

  it('of one title are named by their ids, and others stay hidden', async () => {
    const { run, ids, create } = await someone(1);
    const [first, second] = [await create('Lisbon'), await create('Lisbon')];
    for (const args of [
      ['albums', 'add', 'Lisbon', ids[0] ?? ''],
      ['ls', '--album', 'Lisbon'],
      ['get', '--album', 'Lisbon', join(shell.folder, 'nowhere')],
    ]) {
      const { exitCode, stderr } = await run(...args);
      assert.equal(exitCode, 2, stderr);
      assert.ok(stderr.includes(`2 albums have the title Lisbon. Name one by its id: ${second}, ${first}.`), stderr);
    }
    assert.equal((await run('albums', 'add', first, ids[0] ?? '')).exitCode, 0);

    const other = await someone();
    for (const name of [first, 'Lisbon', UNKNOWN, '../images', '']) {
      const { exitCode, stderr } = await other.run('ls', '--album', name);
      assert.deepEqual([exitCode, /No such album/.test(stderr)], [1, true], `${name}: ${stderr}`);
    }
    const nobody = await shell.run(['albums']);
    assert.deepEqual([nobody.exitCode, /Whose images\? Add --user NAME/.test(nobody.stderr)], [2, true]);
  });

  it('with hostile titles stay text', async () => {
    const { run, create } = await someone(1);
    const refused = await run('albums', 'create', HOSTILE);
    assert.equal(refused.exitCode, 1, refused.stderr);
    assert.ok(!`${refused.stdout}${refused.stderr}`.includes('\u001b'));
    const id = await create('<b>../../etc</b> --json');
    assert.match((await run('albums')).stdout, new RegExp(`^${id}\t[^\n]+<b>\\.\\./\\.\\./etc</b> --json\n$`));
    assert.equal((await run('albums', 'create', '')).exitCode, 1);
    assert.equal((await run('albums', 'create', 'x'.repeat(201))).exitCode, 1);
  });

  it('fill from a folder with sync: what is sent and what was there; what is taken out stays out', async () => {
    const { run, folder, ids, listed } = await someone(1);
    await put(folder, 'deep/new.png', picture(`${folder} new`));
    await put(folder, 'deep/copy.png', picture(`${folder} new`));
    const sync = (...more: readonly string[]) => run('sync', folder, '--album', 'Lisbon', '--json', ...more);
    const planned = (await sync('--dry-run')).json();
    assert.deepEqual(planned.at(-2), { event: 'album', album_id: null, title: 'Lisbon', added: 2, failed: 0 });
    assert.equal((await run('albums')).stdout, '');

    const first = await sync();
    assert.equal(first.exitCode, 0, first.stdout);
    const made = first.json().find(({ event }) => event === 'album-created')?.['album_id'];
    const [album, summary] = first.json().slice(-2);
    assert.deepEqual(album, { event: 'album', album_id: made, title: 'Lisbon', added: 2, failed: 0 });
    assert.equal(summary?.['uploaded'], 1);
    const members = await listed('Lisbon');
    assert.deepEqual([members.length, members.includes(ids[0] ?? '')], [2, true]);

    await run('albums', 'remove', 'Lisbon', ids[0] ?? '');
    await put(folder, 'later.png', picture(`${folder} later`));
    const second = await sync();
    assert.equal(second.json().at(-2)?.['added'], 1);
    assert.equal((await listed('Lisbon')).includes(ids[0] ?? ''), false);

    const other = await run('sync', folder, '--album', 'Porto');
    assert.match(other.stderr, /^Made the album Porto\.\n3 images added to Porto\.$/m);
    assert.equal((await run('sync', folder, '--album', UNKNOWN)).exitCode, 1);
  });

  it('leave out trashed images of a folder, and get them once they are restored', async () => {
    const { run, folder, ids, listed } = await someone(2);
    await run('trash', ids[0] ?? '');
    const first = await run('sync', folder, '--album', 'Lisbon', '--json');
    assert.deepEqual([first.exitCode, first.json().at(-2)?.['added'], await listed('Lisbon')], [0, 1, [ids[1]]]);
    await run('restore', ids[0] ?? '');
    await run('sync', folder, '--album', 'Lisbon');
    assert.deepEqual(await listed('Lisbon'), [ids[1], ids[0]]);
  });

  it('get all images of an album, under distinct names, and continue after an interruption', async () => {
    const { user, run, folder, ids, create } = await someone(6);
    await create('Lisbon');
    await writeFile(join(folder, 'again.png'), picture('another picture of one name'));
    const twin = await run('upload', join(folder, 'again.png'), '--name', '0.png');
    const all = [...ids.toReversed(), twin.stdout.slice(0, 36)];
    assert.equal((await run('albums', 'add', 'Lisbon', ...all)).exitCode, 0);
    const target = join(shell.folder, `${user}-album/deep`);
    const get = (...more: readonly string[]) => run('get', '--album', 'Lisbon', target, '--json', ...more);

    const planned = await get('--dry-run', '-c', '1');
    assert.deepEqual(
      planned.json().flatMap(({ event, image_id: id }) => (event === 'planned' ? [id] : [])),
      all,
      'in the order of the album',
    );
    await assert.rejects(readdir(target), { code: 'ENOENT' });

    await using front = await startHolding(service.origin, 'GET', 9);
    const cut = shell.start([
      'get',
      '--album',
      'Lisbon',
      target,
      '-c',
      '2',
      '--user',
      user,
      '--url',
      front.url,
      '--json',
    ]);
    await cut.printed(/"event":"saved"/);
    cut.child.kill('SIGKILL');
    await cut.ended;
    const before = (await readdir(target)).filter((name) => name.endsWith('.png'));
    assert.ok(before.length > 0 && before.length < all.length, before.join());
    await writeFile(join(target, '5.png'), 'of somebody else');

    const rest = await get();
    assert.equal(rest.exitCode, 0, rest.stdout);
    const { saved, present, failed } = rest.json().at(-1) ?? {};
    assert.deepEqual([Number(saved) + Number(present), failed], [all.length, 0], rest.stdout);
    const files = (await readdir(target)).filter((name) => name.endsWith('.png'));
    const contents = await Promise.all(files.map(async (name) => (await readFile(join(target, name))).toString('hex')));
    for (const source of await readdir(folder))
      assert.ok(contents.includes((await readFile(join(folder, source))).toString('hex')), source);
    assert.equal((await get()).json().at(-1)?.['saved'], 0);
    await rm(join(target, files[0] ?? ''));
  });

  it('need one folder to be downloaded to', async () => {
    const { run, ids, create } = await someone(1);
    await create('Lisbon');
    for (const args of [
      ['get'],
      ['get', '--album', 'Lisbon'],
      ['get', '--album', 'Lisbon', '-'],
      ['get', '--album', 'Lisbon', 'a', 'b'],
      ['get', '--album', 'Lisbon', '-o', 'a'],
      ['ls', '--album', 'Lisbon', '--count'],
      ['ls', '--order', 'random'],
      ['albums', 'add', 'Lisbon', 'beach.jpg'],
      ['albums', 'add', 'Lisbon'],
    ])
      assert.equal((await run(...args)).exitCode, 2, args.join(' '));
    const file = join(shell.folder, 'a-file');
    await writeFile(file, '');
    const { exitCode, stderr } = await run('get', '--album', 'Lisbon', file);
    assert.equal(exitCode, 1, stderr);
    assert.equal((await run('ls', '--order', 'added')).exitCode, 1);
    assert.equal(ids.length, 1);
  });
});
