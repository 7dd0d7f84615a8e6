import assert from 'node:assert/strict';
import { chmod, link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { answerEvent, answerJson, EVIL, ID, IMAGE, startHostileServer } from './hostile-server.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell, SOURCE } from './running-cli.ts';

const MANY_RUNS = join(import.meta.dirname, 'many-runs.ts');

/** What no program may write of its own accord, and what a terminal must not get from somebody else. */
const OBEYED = /(?![\n\t])\p{Cc}|[\u200b\u202a-\u202e\u2066-\u2069\ufeff]/u;

describe('a server that lies', () => {
  let shell: Shell;
  before(async () => {
    shell = await openShell({ SAFELIGHT_USER: 'ada' });
    await put(shell.folder, 'a.png', picture('hostile'));
    await put(shell.folder, 'synced/a.png', picture('hostile'));
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
  });

  /** Runs the program on a terminal of its own (util-linux's script). */
  const onTerminal = (args: readonly string[]) =>
    shell.run([], {
      command: ['script', '-qec', [...SOURCE, ...args].map((one) => `'${one}'`).join(' '), '/dev/null'],
    });

  for (const command of [
    ['whoami'],
    ['ls'],
    ['ls', '-q'],
    ['ls', '--order', 'taken-newest'],
    ['get', ID, '--dry-run'],
    ['tag', ID, '--set', 'sea'],
    ['trash', ID],
    ['albums'],
    ['albums', '--json'],
    ['albums', 'create', 'Lisbon'],
    ['albums', 'rename', ID, 'Lisbon'],
    ['albums', 'delete', ID],
    ['albums', 'add', ID, ID],
    ['ls', '--album', ID],
    ['link', ID],
    ['link', ID, '--list'],
    ['open', ID, '--print'],
    ['usage'],
    ['usage', '--all'],
    ['gates'],
    ['gates', 'rescan', 'scan'],
    ['gates', 'drop', 'scan'],
    ['held'],
    ['approve', ID],
    ['refuse', ID, '--json'],
    ['keys'],
    ['keys', 'create', '--name', 'x', '--scopes', 'images:read'],
    ['webhooks'],
    ['webhooks', 'show', ID],
    ['webhooks', 'test', ID],
    ['webhooks', 'deliveries', ID],
    ['upload', 'a.png'],
    ['ls', '--json'],
    ['trash', ID, '--json'],
    ['keys', 'create', '--name', 'x', '--scopes', 'images:read', '--json'],
  ])
    it(`writes nothing that a terminal obeys through ${command.join(' ').replace(ID, 'ID')}`, async () => {
      await using server = await startHostileServer();
      const { stdout, stderr, json } = await shell.run([...command, '--url', server.url]);
      assert.ok(server.requests.length > 0);
      assert.match(stdout + stderr, /52;c;cHduZWQ=|NaN|Would/);
      assert.doesNotMatch(stdout + stderr, OBEYED);
      if (command.includes('--json')) assert.ok(JSON.stringify(json()).includes(JSON.stringify(EVIL).slice(1, -1)));
    });

  /** Each reads another answer. */
  const READERS = [
    ...[['ls'], ['get', ID], ['tag', ID, '--set', 'sea'], ['trash', ID], ['link', ID], ['link', ID, '--list']],
    ...[['albums'], ['albums', 'create', 'x'], ['albums', 'rename', ID, 'x'], ['albums', 'delete', ID]],
    ...[
      ['albums', 'add', ID, ID],
      ['get', '--album', ID, 'nowhere'],
    ],
    ...[['open', ID, '--print'], ['usage'], ['usage', '--all'], ['gates'], ['gates', 'drop', 'scan'], ['held']],
    ...[['keys'], ['keys', 'create', '--name', 'x', '--scopes', 'images:read'], ['webhooks'], ['webhooks', 'show', ID]],
    ...[
      ['webhooks', 'create', 'https://a.example'],
      ['webhooks', 'deliveries', ID],
      ['events', 'tail'],
    ],
  ];
  const LISTS = ['images', 'albums', 'links', 'gates', 'rescans', 'users', 'keys', 'webhooks', 'deliveries', 'results'];

  for (const [name, answer] of [
    ['null', null],
    ['an empty object', {}],
    ['lists of empty objects', { ...Object.fromEntries(LISTS.map((list) => [list, [{}]])), next_cursor: null }],
  ] as const)
    it(`that is understood, but sends ${name}, is no fault of the program`, async () => {
      await using server = await startHostileServer(
        (line, response) => line !== 'GET /' && answerJson(response, answer),
      );
      const lines = READERS.map((args) => JSON.stringify([...args, '--url', server.url]));
      const { stdout, stderr } = await shell.run(lines, { command: [...SOURCE.slice(0, 2), MANY_RUNS] });
      assert.equal(stdout.match(/ ends with \d$/gm)?.length, READERS.length, stderr);
      assert.doesNotMatch(stdout + stderr, /A fault of this program/);
      assert.match(stderr, /Expected JSON of a Safelight service; got /);
    });

  for (const [what, albumId, imageId] of [
    ['an album', '../../images', ID],
    ['an image of an album', ID, '../../keys'],
  ] as const)
    it(`that names ${what} by a path is asked for nothing there, and no file is written`, async () => {
      const album = { album_id: albumId, title: 'Lisbon', order: 'added', created_at: '2026-01-31', images: 1 };
      await using server = await startHostileServer((line, response) => {
        if (line.startsWith('GET /albums')) return answerJson(response, { albums: [album], next_cursor: null });
        return (
          line.startsWith('GET /images?') &&
          answerJson(response, { images: [{ ...IMAGE, image_id: imageId }], next_cursor: null })
        );
      });
      const { exitCode, stderr } = await shell.run(['get', '--album', 'Lisbon', 'from-a-liar', '--url', server.url]);
      assert.deepEqual([exitCode, /^safelight: Expected an (?:album|image) with an id; got /.test(stderr)], [4, true]);
      assert.ok(server.requests.every(({ line }) => /^GET \/(?:albums|images)\?/.test(line)));
      assert.deepEqual(await readdir(join(shell.folder, 'from-a-liar')).catch(() => []), []);
    });

  it('that dates a picture by something else than a text is no fault of the program', async () => {
    for (const facts of [{ taken_at: 7 }, { taken_at: {} }, 'x', null]) {
      const image = { image_id: ID, user_id: 'ada', created_at: '2026-01-31', filename: 'a.png', tags: [], facts };
      await using server = await startHostileServer(
        (line, response) =>
          line.startsWith('GET /images?') && answerJson(response, { images: [image], next_cursor: null }),
      );
      const { exitCode, stdout } = await shell.run(['ls', '--order', 'taken-newest', '--url', server.url]);
      assert.deepEqual([exitCode, stdout.split('\t')[0]], [0, ID]);
    }
  });

  it('without an order by capture is told as that, and asked for no list', async () => {
    await using server = await startHostileServer(
      (line, response) => line === 'GET /' && answerJson(response, { version: 'x', presets: {}, taken: false }),
    );
    const { exitCode, stderr } = await shell.run(['ls', '--taken-from', '2024', '--url', server.url]);
    assert.deepEqual(
      [exitCode, stderr],
      [1, 'safelight: This service has no order by capture. Leave out --order, --taken-from and --taken-to.\n'],
    );
    assert.ok(!server.requests.some(({ line }) => line.startsWith('GET /images')));
  });

  it('writes nothing that a terminal obeys through events tail', async () => {
    let streams = 0;
    await using server = await startHostileServer((line, response) => {
      if (!line.startsWith('GET /events')) return false;
      if (line.includes('limit=1')) return answerJson(response, { next_cursor: 'cursor' });
      streams += 1;
      return streams === 1 && answerEvent(response);
    });
    const { exitCode, stdout, stderr } = await shell.run(['events', 'tail', '--url', server.url]);
    assert.deepEqual([exitCode, streams], [1, 2]);
    assert.match(stdout, /52;c;cHduZWQ=/);
    assert.doesNotMatch(stdout + stderr, OBEYED);
  });

  for (const command of [['whoami'], ['ls'], ['keys', '--json']])
    it(`doesn't reach the clipboard of a terminal through ${command.join(' ')}`, async () => {
      await using server = await startHostileServer();
      const { stdout } = await onTerminal([...command, '--url', server.url]);
      assert.match(stdout, /52;c;cHduZWQ=/);
      assert.doesNotMatch(stdout.replaceAll('\r\n', '\n'), OBEYED);
    });

  it('says nothing on a terminal that get writes bytes to', async () => {
    await using server = await startHostileServer();
    const { exitCode, stdout } = await onTerminal(['get', ID, '--output', '-', '--url', server.url]);
    assert.deepEqual([exitCode, server.requests.length], [2, 0]);
    assert.match(stdout, /--output - writes the bytes of an image/);
  });

  for (const [name, lies, file] of [
    ['id', { image_id: '../../escaped', filename: '..' }, `${ID}.png`],
    ['absolute id', { image_id: '/tmp/escaped', filename: '' }, `${ID}.png`],
    ['type', { filename: 'a', content_type: 'constructor' }, 'a.bin'],
    ['type without a name', { filename: '', content_type: '__proto__' }, `${ID}.bin`],
  ] as const)
    it(`has no say where get writes, by its ${name}`, async () => {
      await using server = await startHostileServer((line, response) => {
        if (line.includes('/metadata')) return answerJson(response, { ...IMAGE, ...lies });
        if (line.includes('/download')) return answerJson(response, { download_url: `${server.url}/bytes` });
        if (!line.includes('/bytes')) return false;
        response.end('abc');
        return true;
      });
      const into = join(shell.folder, `into ${name}`, 'a', 'b');
      await mkdir(into, { recursive: true });
      const { exitCode, stderr } = await shell.run(['get', ID, '--output', into, '--url', server.url]);
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(await readdir(into), [file]);
      assert.deepEqual(await readdir(join(into, '..')), ['b']);
    });

  it('sends no more of a download than its record announces', async () => {
    let sent = 0;
    function* chunks() {
      for (; sent < 64 * 1_048_576; sent += 65_536) yield Buffer.alloc(65_536);
    }
    await using server = await startHostileServer((line, response) => {
      if (line.includes('/metadata')) return answerJson(response, { ...IMAGE, filename: 'long', sha256: null });
      if (line.includes('/download')) return answerJson(response, { download_url: `${server.url}/bytes` });
      if (!line.includes('/bytes')) return false;
      Readable.from(chunks()).pipe(response);
      return true;
    });
    const { exitCode, stderr } = await shell.run(['get', ID, '--url', server.url]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /Other bytes arrived than the image has/);
    assert.ok(sent < 64 * 1_048_576, `${sent} bytes`);
    assert.ok(!(await readdir(shell.folder)).some((name) => name.startsWith('long') || name.endsWith('.part')));
  });

  for (const url of ['file:///etc/passwd', 'ftp://x.example/a', 'http://user:word@x.example/a', 7])
    it(`isn't downloaded from at ${url}`, async () => {
      await using server = await startHostileServer(
        (line, response) => line.includes('/download') && answerJson(response, { download_url: url }),
      );
      const { exitCode, stderr } = await shell.run(['get', ID, '--url', server.url]);
      assert.equal(exitCode, 4);
      assert.match(stderr, /Expected a URL that begins with https:\/\/ or http:\/\/; got/);
    });

  it('ends a download by redirects without an end', async () => {
    await using server = await startHostileServer((line, response) => {
      if (line.includes('/download')) return answerJson(response, { download_url: `${server.url}/bytes` });
      if (!line.includes('/bytes')) return false;
      response.writeHead(302, { location: `/bytes?${server.requests.length}` }).end();
      return true;
    });
    const { exitCode } = await shell.run(['get', ID, '--url', server.url]);
    assert.equal(exitCode, 4);
    assert.equal(server.requests.filter(({ line }) => line.includes('/bytes')).length, 6);
  });

  it('gets no user and no credential through a redirect', async () => {
    await using other = await startHostileServer();
    await using server = await startHostileServer((_line, response) => {
      response.writeHead(307, { location: `${other.url}/` }).end();
      return true;
    });
    const env = { SAFELIGHT_TOKEN: 'secret' };
    for (const command of [
      ['trash', ID],
      ['upload', 'a.png'],
    ]) {
      const { exitCode, stderr } = await shell.run([...command, '--url', server.url], { env });
      assert.equal(exitCode, 4);
      assert.match(stderr, /got a redirect to "http[^"]+", which isn't followed/);
    }
    assert.deepEqual(other.requests, []);
  });

  it('ends by an answer that inflates without an end', async () => {
    const piece = gzipSync(Buffer.alloc(8 * 1_048_576, ' '));
    const end = gzipSync('{"images":[],"next_cursor":null}');
    await using server = await startHostileServer((line, response) => {
      if (!line.startsWith('GET /images')) return false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      Readable.from([...Array.from({ length: 40 }, () => piece), end]).pipe(response);
      return true;
    });
    const { exitCode, stderr } = await shell.run(['ls', '--url', server.url]);
    assert.equal(exitCode, 4);
    assert.match(stderr, /Expected an answer of at most 33554432 bytes; got more/);
  });

  for (const [name, page] of [
    ['comes again', { images: [], next_cursor: 'again' }],
    ['is missing', { images: [] }],
    ['is long', { images: [], next_cursor: 'x'.repeat(5_000) }],
    ['is no text', { images: [], next_cursor: 7 }],
  ] as const)
    it(`ends a list whose cursor ${name}`, async () => {
      let count = 0;
      await using server = await startHostileServer((line, response) => {
        if (!/^GET \/(?:images|keys|users)/.test(line)) return false;
        count += 1;
        const answer = { ...page, keys: [], users: [] };
        return answerJson(response, count > 50 ? { ...answer, next_cursor: null } : answer);
      });
      for (const command of name === 'comes again' ? [['ls'], ['keys'], ['usage', '--all']] : [['ls']]) {
        count = 0;
        const { exitCode } = await shell.run([...command, '--url', server.url]);
        assert.equal(exitCode, 4);
        assert.ok(count <= 3, `${count} requests`);
      }
    });
});

describe('a user who is nobody', () => {
  it('is refused before any request', async () => {
    await using server = await startHostileServer();
    await using shell = await openShell({ SAFELIGHT_URL: server.url, SAFELIGHT_TOKEN: 'secret' });
    for (const user of ['', '\u200b', 'ada ']) {
      for (const [args, env] of [
        [['--user', user], {}],
        [[], { SAFELIGHT_USER: user }],
      ] as const) {
        const { exitCode, stderr } = await shell.run(['rm', ID, '--yes', ...args], { env });
        assert.equal(exitCode, 2);
        assert.match(stderr, /^safelight: Expected the name of a user in (?:--user|SAFELIGHT_USER)/);
      }
    }
    assert.equal((await shell.run(['keys', 'list', '--owner', ''])).exitCode, 2);
    assert.deepEqual(server.requests, []);
  });

  it('is named in every change, in a header or, for other characters than ASCII, in the query', async () => {
    for (const [user, header, query] of [
      ['ada', 'ada', ''],
      ['zoë', undefined, 'user_id=zo%C3%AB'],
    ] as const) {
      await using server = await startHostileServer();
      await using shell = await openShell({
        SAFELIGHT_URL: server.url,
        SAFELIGHT_TOKEN: 'secret',
        SAFELIGHT_USER: user,
      });
      for (const args of [
        ['rm', ID, '--yes'],
        ['trash', ID],
        ['restore', ID],
        ['tag', ID, '--set', 'sea'],
        ['link', ID],
        ['link', ID, '--revoke', 'x'],
        ['link', ID, '--revoke-all'],
      ])
        await shell.run(args);
      const changes = server.requests.filter(({ line }) => !line.startsWith('GET'));
      assert.ok(changes.length >= 7);
      for (const { line, headers } of server.requests) {
        assert.equal(headers['x-user-id'], header, line);
        assert.ok(line.includes(query), line);
      }
    }
  });
});

describe('a wait that the service asks for', () => {
  const wait = async (seconds: number) => {
    let asked = 0;
    return await startHostileServer((line, response) => {
      if (line === 'GET /') return false;
      asked += 1;
      if (asked > 1) return false;
      response.setHeader('retry-after', seconds);
      return answerJson(response, { code: 'rate-limited', detail: 'expected fewer requests; got more' }, 429);
    });
  };

  it('is told on one line', async () => {
    await using shell = await openShell({ SAFELIGHT_USER: 'ada' });
    await put(shell.folder, 'a.png', picture('wait'));
    for (const [command, words] of [
      [['ls'], /^The service asks us to wait [12] s\.\n/],
      [['upload', 'a.png'], /^Uploading too quickly\. Continuing in [12] seconds?\.\n/],
    ] as const) {
      await using server = await wait(1);
      assert.match((await shell.run([...command, '--url', server.url])).stderr, words);
      await using other = await wait(1);
      assert.equal((await shell.run([...command, '--url', other.url, '--json'])).stderr, '');
    }
  });

  it('is counted down on a terminal', async () => {
    await using shell = await openShell({ SAFELIGHT_USER: 'ada' });
    await using server = await wait(3);
    const ls = [...SOURCE, 'ls', '--url', server.url].map((one) => `'${one}'`).join(' ');
    const command = ['script', '-qec', `stty rows 24 cols 80; ${ls}`, '/dev/null'];
    const { stdout } = await shell.run([], { command, env: { TERM: 'xterm' } });
    assert.match(stdout, /asks us to wait (\d) s\.[\s\S]*asks us to wait (?!\1)\d s\./);
  });

  it('that is too long is told with the failure', async () => {
    await using shell = await openShell({ SAFELIGHT_USER: 'ada' });
    await using server = await wait(900);
    const { stderr, exitCode } = await shell.run(['ls', '--url', server.url]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /The service asks us to wait 15 min\. Run the same command again\.\n$/);
  });
});

describe('files that others can reach', {
  skip: process.platform === 'win32' && 'rights and links are of POSIX',
}, () => {
  it('profiles with rights for others are refused with the command that helps', async () => {
    await using server = await startHostileServer();
    await using shell = await openShell();
    const folder = join(shell.folder, '.home/config/safelight');
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'profiles.json');
    await writeFile(file, JSON.stringify({ default: { url: server.url, token: 'secret', user: 'ada' } }));
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      await chmod(file, mode);
      const { exitCode, stderr } = await shell.run(['ls']);
      assert.equal(exitCode, 2);
      assert.ok(stderr.endsWith(`chmod 600 ${file}\n`), stderr);
    }
    assert.deepEqual(server.requests, []);
    await chmod(file, 0o600);
    assert.equal((await shell.run(['ls'])).exitCode, 0);
  });

  for (const [name, plant] of [
    ['.safelight', (folder: string, target: string) => symlink(target, join(folder, '.safelight'))],
    ...['sync.db', 'sync.db-wal'].map(
      (file) =>
        [
          `.safelight/${file}`,
          async (folder: string, target: string) => {
            await mkdir(join(folder, '.safelight'));
            await symlink(join(target, 'own'), join(folder, '.safelight', file));
          },
        ] as const,
    ),
    [
      'a hard link',
      async (folder: string, target: string) => {
        await mkdir(join(folder, '.safelight'));
        await link(join(target, 'own'), join(folder, '.safelight/sync.db'));
      },
    ],
  ] as const)
    it(`a link planted as ${name} isn't followed`, async () => {
      await using shell = await openShell({ SAFELIGHT_USER: 'ada' });
      await using server = await startHostileServer();
      const [folder, target] = ['synced', 'target'].map((one) => join(shell.folder, one)) as [string, string];
      await put(folder, 'a.png', picture('planted'));
      await put(target, 'own', '');
      await plant(folder, target);
      const { exitCode, stderr } = await shell.run(['sync', folder, '--url', server.url]);
      assert.equal(exitCode, 1);
      assert.match(stderr, /is a link, or no file of this program's: it isn't followed\. Remove it/);
      assert.deepEqual(await readdir(target), ['own']);
      assert.equal(await readFile(join(target, 'own'), 'utf8'), '');
      assert.deepEqual(server.requests, []);
    });
});
