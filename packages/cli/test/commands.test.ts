import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { testImage, truncated } from '../../../test/pictures/test-images.ts';
import { tellingPicture } from '../../server/test/pictures/telling-picture.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell, SOURCE } from './running-cli.ts';

describe('the commands', () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ USAGE: 'on', METADATA_FILTERS: 'order,sku', LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_USER: 'ada' });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** The id of a new image. */
  const upload = async (name: string, user = 'ada'): Promise<string> => {
    await put(shell.folder, name, picture(name));
    const { stdout, stderr } = await shell.run(['upload', name, '--user', user]);
    const [id = ''] = stdout.split('\t', 1);
    assert.match(id, /^[0-9a-f-]{36}$/, stderr);
    return id;
  };

  it('upload sends files, folders, globs and stdin, and prints an id for each', async () => {
    await put(shell.folder, 'many/a.png', picture('a'));
    await put(shell.folder, 'many/deep/b.PNG', picture('b'));
    await put(shell.folder, 'many/raw/c.png', picture('c'));
    await put(shell.folder, 'many/.hidden.png', picture('hidden'));
    await put(shell.folder, 'many/notes.txt', 'notes');
    const args = ['upload', 'many', '--tag', 'sea,sun', '--include', '*.png', '--exclude', 'raw', '-d', 'By the sea'];
    const sent = await shell.run(['--json', ...args]);
    assert.equal(sent.exitCode, 0, sent.stderr);
    const images = sent.json().flatMap(({ image }) => (image === undefined ? [] : [image]));
    assert.deepEqual(images.map(({ filename }) => filename).toSorted(), ['a.png', 'b.PNG']);
    for (const { tags, description } of images) assert.deepEqual([tags, description], [['sea', 'sun'], 'By the sea']);

    const matched = await shell.run(['upload', 'many/*.png', '--json']);
    assert.deepEqual(
      matched.json().map(({ path }) => path),
      ['many/a.png', undefined],
    );

    const piped = await shell.run(['upload', '-', '--name', 'piped.png'], { stdin: picture('piped') });
    assert.match(piped.stdout, /^[0-9a-f-]{36}\t-\n$/);
  });

  it('ls --metadata finds what upload --metadata says', async () => {
    await put(shell.folder, 'ordered.png', picture('ordered'));
    const sent = await shell.run(['upload', 'ordered.png', '--metadata', '{"order": "A=17", "sku": "S-9"}']);
    const [id = ''] = sent.stdout.split('\t', 1);
    const ls = (...filters: readonly string[]) =>
      shell.run(['ls', '-q', ...filters.flatMap((filter) => ['--metadata', filter])]);
    assert.equal((await ls('order=A=17', 'sku=S-9')).stdout, `${id}\n`);
    assert.equal((await ls('order=A=17', 'sku=S-8')).stdout, '');
    assert.match((await ls('colour=red')).stderr, /expected one of metadata\.order, metadata\.sku/);
    assert.match((await ls('order=')).stderr, /Expected a name and a value, such as order=A17\./);
  });

  it('upload --external-id gives an id of your own, by which ls finds the image', async () => {
    await put(shell.folder, 'own.png', picture('own'));
    await put(shell.folder, 'other.png', picture('other'));
    const sent = await shell.run(['upload', 'own.png', '--external-id', 'order-1042']);
    const [id = ''] = sent.stdout.split('\t', 1);
    assert.equal((await shell.run(['ls', '-q', '--external-id', 'order-1042'])).stdout, `${id}\n`);
    const refused = await shell.run(['upload', 'other.png', '--external-id', 'order-1042']);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr, new RegExp(`which the ready image ${id} has`));
    assert.match(refused.stderr, /Use another --external-id, or delete the image that the message names\./);
    const several = await shell.run(['upload', 'own.png', 'other.png', '--external-id', 'a']);
    assert.match(several.stderr, /--external-id is for one file; got several paths\./);
  });

  it('upload --metadata sends a JSON object, and takes nothing else', async () => {
    await put(shell.folder, 'meta.png', picture('meta'));
    const sent = await shell.run(['upload', 'meta.png', '--json', '--metadata', '{"order": "A17"}']);
    assert.deepEqual(sent.json()[0]?.image?.['metadata'], { order: 'A17' }, sent.stderr);
    for (const text of ['order=A17', '["A17"]', 'null']) {
      const { exitCode, stderr } = await shell.run(['upload', 'meta.png', '--metadata', text]);
      assert.deepEqual(
        [exitCode, /Expected a JSON object, such as '\{"order": "A17"\}'\./.test(stderr)],
        [2, true],
        stderr,
      );
    }
  });

  it('the same upload repeated within a day is one image, and another one once that was deleted', async () => {
    const [first, again] = [await upload('twice.png'), await upload('twice.png')];
    assert.equal(first, again);
    await shell.run(['rm', '--yes', first]);
    assert.notEqual(await upload('twice.png'), first);
  });

  it('ls lists by tag, and prints ids that other commands read from stdin', async () => {
    const id = await upload('listed.png');
    assert.equal((await shell.run(['tag', id, '--add', 'found,me'])).stdout, `${id}\tfound,me\n`);
    assert.equal((await shell.run(['tag', id, '--remove', 'me'])).stdout, `${id}\tfound\n`);
    const listed = await shell.run(['ls', '--tag', 'found']);
    assert.match(listed.stdout, new RegExp(`^${id}\t[-0-9]{10}\t *[0-9.]+ K?B\t *8x8\tlisted.png  #found\n$`));
    const { stdout: ids } = await shell.run(['ls', '-q', '--tag', 'found']);
    const set = await shell.run(['tag', '-', '--set', 'x', '--json'], { stdin: ids });
    assert.deepEqual(set.json(), [{ event: 'tagged', image_id: id, tags: ['x'] }]);
  });

  it("ls shows a user's own images, and everyone's without a user", async () => {
    const [mine, others] = [await upload('mine.png'), await upload('theirs.png', 'eve')];
    const { stdout: own } = await shell.run(['ls', '-q']);
    assert.ok(own.includes(mine) && !own.includes(others), own);
    const { stdout: all } = await shell.run(['ls', '-q'], { env: { SAFELIGHT_USER: undefined } });
    assert.ok(all.includes(mine) && all.includes(others), all);
    const { stdout: rows } = await shell.run(['ls'], { env: { SAFELIGHT_USER: undefined } });
    assert.match(rows, new RegExp(`^${others}\t[^\n]+x8\teve\ttheirs\\.png$`, 'm'), 'with the owner');
  });

  it('ls lists by capture, with the day on which each picture was taken', async () => {
    await put(shell.folder, 'telling.jpg', await tellingPicture());
    const sent = await shell.run(['upload', 'telling.jpg', '--user', 'dora', '--json']);
    const telling = String(sent.json()[0]?.image?.['image_id']);
    const silent = await upload('silent.png', 'dora');
    const ls = (...args: readonly string[]) => shell.run(['ls', '--user', 'dora', ...args]);
    const idsOf = async (...args: readonly string[]) => {
      const { stdout, stderr } = await ls('-q', ...args);
      assert.equal(stderr.replace('No images.\n', ''), '');
      return stdout.split('\n').slice(0, -1);
    };
    assert.deepEqual(await idsOf('--order', 'taken-newest'), [silent, telling]);
    assert.deepEqual(await idsOf('--order', 'taken-oldest'), [telling, silent]);
    assert.deepEqual(await idsOf('--order', 'taken-newest', '--taken-from', '2024-07', '--taken-to', '2024-08'), [
      telling,
    ]);
    assert.deepEqual(await idsOf('--taken-from', '2024-07-14T18:22'), [silent, telling], 'by capture');
    assert.deepEqual(await idsOf('--taken-from', '2024', '--oldest'), [telling, silent]);
    assert.deepEqual(await idsOf('--taken-to', '2023'), []);
    assert.deepEqual(await idsOf('--search', 'telling', '--taken-to', '2024', '--oldest'), [telling]);
    assert.match((await ls('--taken-to', '2024')).stdout, new RegExp(`^${telling}\t2024-07-14\t`));
    assert.match((await ls('--taken-from', '2025')).stdout, new RegExp(`^${silent}\t${today()}\t`), 'by its upload');
    assert.match((await ls('--search', 'telling')).stdout, new RegExp(`^${telling}\t${today()}\t`));
    const [line] = (await ls('--taken-to', '2024', '--json')).json();
    assert.equal(Object(line?.['facts']).taken_at, '2024-07-14T18:22:31.000');
    for (const [args, message] of [
      [['--taken-from', '2024-07-14T18:22:31Z'], /Expected a year, a month, a day, or a time without a zone, such as /],
      [['--order', 'taken'], /Allowed choices are newest, oldest, taken-newest, taken-oldest, added, manual\./],
      [['--order', 'taken-newest', '--oldest'], /cannot be used with option '--oldest'/],
      [['--count', '--taken-from', '2024'], /'--count' cannot be used with option '--taken-from <date>'/],
    ] as const) {
      const { exitCode, stderr } = await ls(...args);
      assert.deepEqual([exitCode, message.test(stderr)], [2, true], stderr);
    }
  });

  it('get saves the very bytes under the file name, and replaces nothing', async () => {
    const id = await upload('saved.png');
    const out = join(shell.folder, 'out');
    await mkdir(out);
    await writeFile(join(out, 'saved.png'), 'something else');
    const first = await shell.run(['get', id, '-o', 'out']);
    assert.deepEqual([first.exitCode, first.stdout], [0, `out/saved-${id.slice(-8)}.png\n`]);
    assert.equal(await readFile(join(out, 'saved.png'), 'utf8'), 'something else');
    assert.deepEqual(await readFile(join(out, `saved-${id.slice(-8)}.png`)), picture('saved.png'));
    const again = await shell.run(['get', id, '-o', 'out', '--json']);
    assert.deepEqual(
      again.json().map(({ event }) => event),
      ['present', 'summary'],
    );
    const named = await shell.run(['get', id, '-o', 'out/saved.png']);
    assert.equal(named.exitCode, 1);
    assert.match(named.stderr, /exists already/);
    const rendition = await shell.run(['get', id, '-p', 'thumb', '-o', 'out']);
    assert.match(rendition.stdout, /^out\/saved-thumb\.\w+\n$/, rendition.stderr);
    const files = await readdir(out);
    const repeated = await shell.run(['get', id, '-p', 'thumb', '-o', 'out', '--json']);
    assert.deepEqual([repeated.exitCode, repeated.json()[0]?.event, await readdir(out)], [0, 'present', files]);
    assert.deepEqual(
      (await readdir(out)).filter((name) => name.endsWith('.part')),
      [],
    );
  });

  it('ls --count prints how many images there are, in one status', async () => {
    const [id] = [await upload('first.png', 'cora'), await upload('second.png', 'cora')];
    assert.equal((await shell.run(['trash', id, '--user', 'cora'])).exitCode, 0);
    const counted = await shell.run(['ls', '--count', '--user', 'cora']);
    assert.deepEqual([counted.exitCode, counted.stdout], [0, '1\n'], counted.stderr);
    const trashed = await shell.run(['ls', '--count', '--status', 'trashed', '--user', 'cora', '--json']);
    assert.equal(trashed.stdout, '{"total":1}\n');
    const rejected = await shell.run(['ls', '--count', '--status', 'rejected', '--user', 'cora']);
    assert.deepEqual([rejected.exitCode, rejected.stdout], [2, '']);
    assert.match(rejected.stderr, /--count is for images that are ready, pending, held or trashed; got --status rej/);
    const both = await shell.run(['ls', '--count', '--tag', 'sea']);
    assert.equal(both.exitCode, 2);
    assert.match(both.stderr, /'--count' cannot be used with option '-t, --tag <tags>'/);
  });

  it('get --format jpeg saves a JPEG of the size of the original, without its EXIF', async () => {
    const tiff = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#c03020' } })
      .tiff()
      .withExif({ IFD0: { Artist: 'Ada' } })
      .toBuffer();
    await put(shell.folder, 'scan.tif', tiff);
    const id = String((await shell.run(['upload', 'scan.tif', '--json'])).json()[0]?.image?.['image_id']);
    await mkdir(join(shell.folder, 'jpeg'));
    const planned = await shell.run(['get', id, '--format', 'jpeg', '-o', 'jpeg', '--dry-run']);
    assert.equal(planned.stdout, 'Would save jpeg/scan.jpg\n');
    const saved = await shell.run(['get', id, '--format', 'jpeg', '-o', 'jpeg']);
    assert.deepEqual([saved.exitCode, saved.stdout], [0, 'jpeg/scan.jpg\n'], saved.stderr);
    const { format, width, height, exif } = await sharp(join(shell.folder, 'jpeg/scan.jpg')).metadata();
    assert.deepEqual({ format, width, height, exif }, { format: 'jpeg', width: 300, height: 200, exif: undefined });
    const again = await shell.run(['get', id, '-f', 'jpeg', '-o', 'jpeg', '--json']);
    assert.equal(again.json()[0]?.event, 'present');
    const { stdout: url } = await shell.run(['open', id, '--print']);
    assert.equal((await fetch(url.trim())).headers.get('content-type'), 'image/jpeg', 'browsers save a TIFF');
    assert.equal((await shell.run(['get', id, '-f', 'jpeg', '-p', 'thumb'])).exitCode, 2);
    await put(shell.folder, 'raw/IMG_1.NEF', tiff);
    assert.match((await shell.run(['upload', 'raw'])).stderr, /^raw\/IMG_1\.NEF: skipped: RAW, which this service/);
  });

  it('get of several images to stdout, or of ids from stdin, says what takes several', async () => {
    for (const ids of [['-'], ['a', 'b']]) {
      const { exitCode, stderr } = await shell.run(['get', ...ids, '-o', '-']);
      assert.equal(exitCode, 2);
      assert.match(
        stderr,
        /--output - writes one image to stdout: name it by its id\. .*need a folder: -o FOLDER\.\n$/,
      );
    }
  });

  it('a file that is cut off is told as that', async () => {
    const whole = await testImage({ type: 'image/jpeg', width: 320, height: 240 });
    await put(shell.folder, 'cut.jpg', truncated(whole));
    const { exitCode, stderr } = await shell.run(['upload', 'cut.jpg']);
    assert.equal(exitCode, 1);
    assert.match(stderr, /^cut\.jpg: The file ends before the picture does\. Copy it again from/);
  });

  it('get of two images with one name saves both, and nothing twice, in whatever order', async () => {
    await put(shell.folder, 'other/same.png', picture('the same name'));
    const other = (await shell.run(['upload', 'other/same.png', '--json'])).json()[0]?.image?.['image_id'];
    const ids = [await upload('same.png'), String(other)];
    await mkdir(join(shell.folder, 'same'));
    for (const order of [ids, ids.toReversed(), ids])
      assert.equal((await shell.run(['get', ...order, '-o', 'same'])).exitCode, 0);
    const saved = await Promise.all(
      (await readdir(join(shell.folder, 'same'))).map((name) => readFile(join(shell.folder, 'same', name))),
    );
    assert.equal(saved.length, 2);
    assert.notDeepEqual(saved[0], saved[1]);
  });

  it('trash and restore undo each other, rm asks first, and each id fails on its own', async () => {
    const [id, unknown] = [await upload('binned.png'), '01a1f82b-80d8-703c-9c86-1b8ba42038d1'];
    const trashed = await shell.run(['trash', id, unknown]);
    assert.deepEqual([trashed.exitCode, trashed.stdout], [1, `${id}\n`]);
    assert.match(trashed.stderr, new RegExp(`^${unknown}: No such image.*\n1 image moved to the trash, 1 failed.\n$`));
    assert.equal((await shell.run(['ls', '-q', '--status', 'trashed'])).stdout, `${id}\n`);
    assert.equal((await shell.run(['restore', id])).exitCode, 0);
    const asked = await shell.run(['rm', id]);
    assert.deepEqual([asked.exitCode, asked.stdout], [2, '']);
    assert.match(asked.stderr, /Add --yes\.\n$/);
    assert.equal((await shell.run(['rm', id, '--yes'])).exitCode, 0);
    assert.equal((await shell.run(['get', id])).exitCode, 1);
  });

  it('link makes, lists and revokes links; open prints a URL that shows the image', async () => {
    const id = await upload('linked.png');
    const { stdout: link } = await shell.run(['link', id, '--expires', '2h']);
    assert.deepEqual(Buffer.from(await (await fetch(link.trim())).arrayBuffer()), picture('linked.png'));
    const listed = (await shell.run(['link', id, '--list', '--json'])).json();
    assert.equal(listed.length, 1);
    await shell.run(['link', id, '--revoke', String(listed[0]?.['link_id'])]);
    assert.equal((await fetch(link.trim())).status, 404);
    const { stdout: url } = await shell.run(['open', id, '--print']);
    assert.equal((await fetch(url.trim())).headers.get('content-type'), 'image/png');
  });

  it('usage shows what is stored', async () => {
    await upload('counted.png', 'bob');
    assert.match((await shell.run(['usage', '--user', 'bob'])).stdout, /^Stored +\d+ B.*\nImages +1\nPending +0/);
  });

  it('events of a service that keeps none say who switches them on', async () => {
    const { exitCode, stderr } = await shell.run(['events', 'tail']);
    assert.deepEqual([exitCode, stderr.includes('EVENTS=on')], [1, true], stderr);
  });

  it('--dry-run changes nothing, here and there', async () => {
    const id = await upload('kept.png');
    await put(shell.folder, 'dry/new.png', picture('new'));
    const [{ stdout: before }, files] = [await shell.run(['ls', '-q']), await readdir(shell.folder)];
    const runs = [
      ['upload', 'dry'],
      ['sync', 'dry'],
      ['trash', id],
      ['rm', id],
      ['tag', id, '--add', 'x'],
      ['link', id],
      ['get', id, '-o', 'dry'],
      ['login'],
    ];
    for (const args of runs) {
      const { exitCode, stdout, stderr } = await shell.run([...args, '--dry-run'], {
        env: { SAFELIGHT_TOKEN: 'unused' },
      });
      assert.deepEqual([args[0], exitCode], [args[0], 0], stderr);
      assert.match(stdout, /would|Would|\t/);
    }
    assert.equal((await shell.run(['ls', '-q'])).stdout, before);
    assert.deepEqual(await readdir(join(shell.folder, 'dry')), ['new.png']);
    assert.deepEqual(await readdir(shell.folder), files);
    assert.ok(!existsSync(join(shell.folder, '.home/config/safelight')));
  });

  it('completion prints scripts for bash, zsh and fish, which ask for commands and options', async () => {
    for (const name of ['bash', 'zsh', 'fish']) {
      const { exitCode, stdout } = await shell.run(['completion', name]);
      assert.deepEqual([name, exitCode, stdout.includes('safelight')], [name, 0, true]);
    }
    // -norc: without the package bash-completion
    const completing = `PATH=$PATH:${shell.folder}/bin; . <(safelight completion bash); COMP_WORDS=(safelight wh); COMP_CWORD=1; __safelight_complete; echo "got $COMPREPLY"`;
    await put(shell.folder, 'bin/safelight', `#!/bin/sh\nexec ${SOURCE.map((one) => `'${one}'`).join(' ')} "$@"\n`);
    await chmod(join(shell.folder, 'bin/safelight'), 0o755);
    const completed = await shell.run([], { command: ['bash', '--norc', '-c', completing] });
    assert.equal(completed.stdout, 'got whoami\n', completed.stderr);
    assert.match((await shell.run(['complete', '--', 'up'])).stdout, /^upload\tsend files/m);
    assert.match((await shell.run(['complete', '--', 'upload', '--'])).stdout, /^--concurrency/m);
  });

  it('wrong usage is exit code 2, one line that says what to do, and JSON with --json', async () => {
    const wrong = [
      [],
      ['lss'],
      ['upload'],
      ['ls', '--limit', '0'],
      ['ls', '--since', 'yesterday'],
      ['get', 'photo.jpg'],
      ['--url', 'ftp://x', 'ls'],
      ['tag', '-'],
    ];
    for (const args of wrong) {
      const plain = await shell.run(args);
      assert.deepEqual([args, plain.exitCode, plain.stdout], [args, 2, '']);
      if (args.length > 0) assert.match(plain.stderr, /^safelight: [^\n]+\n$/);
      const { exitCode, stderr, json } = await shell.run([...args, '--json']);
      assert.deepEqual([exitCode, stderr, json().map(({ error }) => error?.code)], [2, '', ['usage']]);
    }
  });

  it('without authentication somebody must be named', async () => {
    const { exitCode, stderr } = await shell.run(['upload', 'x.png'], { env: { SAFELIGHT_USER: undefined } });
    assert.equal(exitCode, 2);
    assert.match(stderr, /--user NAME/);
  });
});

/** As uploads have it. */
const today = (): string => new Date().toISOString().slice(0, 10);
