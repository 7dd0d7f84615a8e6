import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readZip } from '../../../test/servers/unzip.ts';
import { keyFrom } from '../../server/test/services/keys-command.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { type Ended, openShell, type Shell, SOURCE } from './running-cli.ts';
import { serve } from './serving.ts';

describe('access', () => {
  let service: RunningService;
  let shell: Shell;
  let key: string;
  let admin: string;

  before(async () => {
    service = await startService({ AUTH: 'api-key', LOG_LEVEL: 'warn' });
    shell = await openShell();
    const scopes = ['--scopes', 'images:read,images:write'];
    ({ key } = await keyFrom(service.folder, ['create', '--name', 'ada', '--owner', 'ada', ...scopes]));
    ({ key: admin } = await keyFrom(service.folder, ['create', '--admin']));
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  /** Runs the program on a terminal of its own (util-linux's script), and types once it asks. */
  async function onTerminal(args: readonly string[], typed: string): Promise<Ended> {
    const command = [...SOURCE, ...args].map((one) => `'${one}'`).join(' ');
    const running = shell.start([], { command: ['script', '-qec', command, '/dev/null'], keepsStdin: true });
    await running.printed(/Credential \(not shown/);
    running.child.stdin?.write(typed);
    return await running.ended;
  }

  const profiles = () => join(shell.folder, '.home/config/safelight/profiles.json');

  it('login reads the credential from stdin, keeps it where only its owner reads it, and never prints it', async () => {
    const login = await shell.run(['login', '--url', service.origin], { stdin: `${key}\n` });
    assert.equal(login.exitCode, 0, login.stderr);
    assert.equal((await stat(profiles())).mode & 0o777, 0o600);
    assert.equal((await stat(join(profiles(), '..'))).mode & 0o777, 0o700);
    assert.ok((await readFile(profiles(), 'utf8')).includes(key));
    const [whoami, json] = [await shell.run(['whoami']), await shell.run(['whoami', '--json'])];
    assert.match(whoami.stdout, /Credential +API key \w{16}, accepted\nProfile +default\n$/);
    await put(shell.folder, 'a.png', picture('access'));
    const upload = await shell.run(['upload', 'a.png', '--json']);
    assert.deepEqual(upload.json()[0]?.image?.['user_id'], 'ada');
    for (const { stdout, stderr } of [login, whoami, json, upload]) assert.ok(!`${stdout}${stderr}`.includes(key));
  });

  it('a refused credential is exit code 3 and saves nothing', async () => {
    const before = await readFile(profiles(), 'utf8');
    const wrong = key.replace(/_\w{16}_/, '_0000000000000000_');
    const login = await shell.run(['login', '--url', service.origin, '--profile', 'wrong'], { stdin: wrong });
    assert.deepEqual([login.exitCode, await readFile(profiles(), 'utf8')], [3, before]);
    assert.match(
      login.stderr,
      /^safelight: The service refuses the credential \(API key 0{16}\)\. Check that it is whole[^\n]*`safelight login`[^\n]* log: [\w-]{36}\.\n$/,
    );
    await mkdir(join(shell.folder, 'many'));
    for (let index = 0; index < 20; index += 1) await put(shell.folder, `many/${index}.png`, picture(`many ${index}`));
    const upload = await shell.run(['upload', 'many', '--json'], { env: { SAFELIGHT_TOKEN: wrong } });
    assert.equal(upload.exitCode, 3);
    const none = await shell.run(['ls', '--url', service.origin.replace('127.0.0.1', 'localhost'), '--user', 'ada']);
    assert.match(none.stderr, /^safelight: The service needs a credential\. Run `safelight login`/);
    assert.deepEqual(
      upload.json().map(({ event }) => event),
      ['failed', 'summary'],
      'once, not for each file',
    );
  });

  it('users export gives a file; users erase only looks, until the id is confirmed; then the service blocks the user, and says so', async () => {
    const scopes = ['--scopes', 'users:erase', '--acts-as', '*'];
    const { key: eraser } = await keyFrom(service.folder, ['create', '--name', 'back office', ...scopes]);
    const run = (credential: string, ...args: string[]) =>
      shell.run(['users', 'erase', ...args, '--url', service.origin], { env: { SAFELIGHT_TOKEN: credential } });
    await keyFrom(service.folder, ['create', '--name', 'cleo', '--owner', 'cleo', '--scopes', 'images:read']);
    const exported = (...args: string[]) =>
      shell.run(['users', 'export', 'cleo', ...args, '--url', service.origin], { env: { SAFELIGHT_TOKEN: eraser } });
    assert.equal((await exported('--dry-run')).stdout, 'cleo would be exported\n');
    for (;;) {
      const { stdout, exitCode, stderr } = await exported();
      assert.equal(exitCode, 0, stderr);
      if (stdout.startsWith('Waits')) continue;
      assert.match(stdout, /^http:\S+\/export\.zip\?\S+\n$/);
      break;
    }
    assert.match((await exported('--save', 'cleo.zip')).stdout, /^cleo\.zip: 0 images, until \S+Z at the service\n$/);
    const files = await readZip(join(shell.folder, 'cleo.zip'));
    assert.match(String(files.find(({ name }) => name === 'person.json')?.bytes), /"user_id": "cleo"/);
    for (const more of [[], ['--confirm', 'cleo', '--dry-run']]) {
      const looked = await run(eraser, 'cleo', ...more);
      assert.deepEqual([looked.exitCode, looked.stdout], [0, 'cleo would be erased: repeat it with --confirm cleo\n']);
    }
    assert.equal((await run(eraser, 'cleo', '--confirm', 'cle')).exitCode, 2);
    const asked = await run(eraser, 'cleo', '--confirm', 'cleo', '--json');
    assert.deepEqual([asked.exitCode, asked.json()[0]?.['state']], [0, 'waiting']);
    for (;;) {
      const { stdout } = await run(eraser, 'cleo');
      if (stdout.startsWith('Waits')) continue;
      assert.match(stdout, /^Began at \S+Z, and can end after \S+Z: the user is blocked until \S+Z\n$/);
      break;
    }
    const denied = await run(admin, 'cleo', '--confirm', 'cleo');
    assert.equal(denied.exitCode, 3);
    assert.match(denied.stderr, /users:erase/);
  });

  it('usage of a service that counts none, and a URL with a path, say so', async () => {
    const usage = await shell.run(['usage', '--url', service.origin], { env: { SAFELIGHT_TOKEN: key } });
    assert.match(usage.stderr, /^safelight: Expected a service that counts usage; got one without USAGE=on\. Check/);
    for (const path of ['/docs', '/images', '/uploads/x']) {
      const args = ['upload', 'none.png', '--url', `${service.origin}${path}`];
      const { stderr } = await shell.run(args, { env: { SAFELIGHT_TOKEN: key } });
      assert.match(stderr, new RegExp(`has the path ${path}: most have none, as ${service.origin}\\. Check --url`));
    }
  });

  for (const [answer, typed, exitCode, message] of [
    ['an empty answer', '\r', 3, /The service needs a credential, and got none; nothing was saved\./],
    ['Ctrl-D', '\u0004', 130, /Stopped; nothing was saved\./],
    ['Ctrl-C', '\u0003', 130, /Stopped; nothing was saved\./],
  ] as const)
    it(`login on a terminal keeps the profile after ${answer}`, async () => {
      const before = await readFile(profiles(), 'utf8');
      const login = await onTerminal(['login', '--url', service.origin], typed);
      assert.match(login.stdout, message);
      assert.deepEqual([login.exitCode, await readFile(profiles(), 'utf8')], [exitCode, before]);
    });

  it('login on a terminal reads the credential without echo', async () => {
    const login = await onTerminal(['login', '--url', service.origin, '--profile', 'typed'], `${key}\r`);
    assert.equal(login.exitCode, 0, login.stdout);
    assert.ok((await readFile(profiles(), 'utf8')).includes('"typed"'));
    assert.match(login.stdout, /Credential \(not shown/);
    assert.ok(!login.stdout.includes(key.slice(-20)), login.stdout);
  });

  it('a credential on the command line is refused, because the history of the shell would keep it', async () => {
    const { exitCode, stdout, stderr } = await shell.run(['--token', key, 'ls']);
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.ok(stderr.includes('SAFELIGHT_TOKEN') && !stderr.includes(key), stderr);
    await put(shell.folder, 'token', key);
    assert.equal((await shell.run(['--token', 'token', '--url', service.origin, 'ls'])).exitCode, 0);
  });

  it("a profile's credential goes to the profile's own service only", async () => {
    const seen: (string | undefined)[] = [];
    await using other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.setHeader('content-type', 'application/json').end('{"name":"other"}');
    });
    const { exitCode } = await shell.run(['whoami', '--url', other.url]);
    assert.deepEqual([exitCode, seen], [4, [undefined]]);
  });

  it('a named profile is used without the environment, also while login makes it', async () => {
    const seen: (string | undefined)[] = [];
    await using other = await serve((request, response) => {
      seen.push(request.headers.authorization);
      const answer = request.url === '/' ? { name: 'safelight', version: '1' } : { user_id: null, users: null };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    const env = { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: key, SAFELIGHT_USER: 'ada' };
    const made = await shell.run(['login', '--profile', 'b', '--url', other.url], { env, stdin: 'credential-of-b' });
    assert.equal(made.exitCode, 0, made.stderr);
    const used = await shell.run(['whoami', '--profile', 'b', '--json'], { env });
    assert.deepEqual([used.json()[0]?.['url'], used.json()[0]?.['user']], [other.url, null]);
    assert.deepEqual([...new Set(seen)], ['Bearer credential-of-b']);
  });

  it('whoami names the users of a credential, and ls the owner of each image', async () => {
    const scopes = ['--scopes', 'images:read,images:write'];
    const { key: both } = await keyFrom(service.folder, [
      'create',
      '--name',
      'both',
      '--acts-as',
      'ada,bob',
      ...scopes,
    ]);
    for (const [token, user, users] of [
      [key, 'ada', ['ada']],
      [both, 'several, ada, bob: add --user NAME', ['ada', 'bob']],
      [admin, 'several, everyone: add --user NAME', null],
    ] as const) {
      const env = { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: token };
      assert.match((await shell.run(['whoami'], { env })).stdout, new RegExp(`^User +${user}$`, 'm'));
      const [json] = (await shell.run(['whoami', '--json'], { env })).json();
      assert.deepEqual(json?.['users'], users);
    }
    for (const user of ['ada', 'bob']) {
      await put(shell.folder, `of-${user}.png`, picture(user));
      const env = { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: both };
      await shell.run(['upload', `of-${user}.png`, '--user', user], { env });
    }
    const listed = async (token: string) =>
      (await shell.run(['ls'], { env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: token } })).stdout;
    assert.match(await listed(admin), /\tbob\tof-bob\.png\n.*\tada\tof-ada\.png\n/);
    assert.match(await listed(key), /8x8\tof-ada\.png\n/);
  });

  it('a view token lists the pictures of its user, and downloads them only if it has originals', async () => {
    const mint = async (fields: object): Promise<string> => {
      const answer = await fetch(`${service.origin}/view-tokens`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(fields),
      });
      return ((await answer.json()) as { readonly token: string }).token;
    };
    const as = (token: string) => ({ env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: token } });
    await put(shell.folder, 'viewed.png', picture('viewed'));
    const [uploaded] = (await shell.run(['upload', 'viewed.png', '--tag', 'viewed', '--json'], as(key))).json();
    const id = String(uploaded?.image?.['image_id']);
    const [plain, tagged, full] = [
      await mint({}),
      await mint({ only_tags: ['viewed'] }),
      await mint({ originals: true, upload: {} }),
    ];

    assert.match((await shell.run(['whoami'], as(plain))).stdout, /^Credential +view token, accepted$/m);
    assert.match((await shell.run(['ls'], as(plain))).stdout, /\tviewed\.png {2}#viewed\n/);
    const listed = (await shell.run(['ls', '--json'], as(tagged))).json();
    assert.deepEqual(
      listed.flatMap(({ image_id }) => image_id ?? []),
      [id],
    );
    const refused = await shell.run(['get', id, '-o', 'refused.png'], as(plain));
    assert.deepEqual([refused.exitCode, refused.stdout], [3, '']);
    assert.match(refused.stderr, /expected a view token with originals; got one without/i);
    await assert.rejects(stat(join(shell.folder, 'refused.png')), { code: 'ENOENT' });
    for (const args of [
      ['trash', id],
      ['upload', 'viewed.png'],
      ['ls', '--user', 'eve'],
    ])
      assert.equal((await shell.run(args, as(plain))).exitCode, 3, args.join(' '));

    const saved = await shell.run(['get', id, '-o', 'saved.png'], as(full));
    assert.equal(saved.exitCode, 0, saved.stderr);
    assert.deepEqual(await readFile(join(shell.folder, 'saved.png')), picture('viewed'));
    await put(shell.folder, 'by-viewer.png', picture('by a viewer'));
    assert.equal((await shell.run(['upload', 'by-viewer.png'], as(full))).exitCode, 0);
    for (const token of [plain, tagged, full])
      assert.ok(!`${refused.stderr}${saved.stdout}${saved.stderr}`.includes(token));
  });

  it('an admin makes, lists, rotates and revokes keys; others may not', async () => {
    const as = { env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: admin } };
    const made = await shell.run(['keys', 'create', '--name', 'bob', '--owner', 'bob', '--scopes', 'images:read'], as);
    assert.match(made.stdout, /^safelight_\w+\n$/);
    const [listed] = (await shell.run(['keys', 'list', '--owner', 'bob', '--json'], as)).json();
    const id = String(listed?.['key_id']);
    assert.ok(made.stdout.includes(id));
    const rotated = await shell.run(['keys', 'rotate', id, '--overlap', '1h'], as);
    assert.match(rotated.stdout, /^safelight_\w+\n$/);
    const [, successor = ''] = rotated.stdout.trim().split('_');
    const asSuccessor = { env: { ...as.env, SAFELIGHT_TOKEN: rotated.stdout.trim() } };
    assert.equal((await shell.run(['whoami'], asSuccessor)).exitCode, 0);
    const again = await shell.run(['keys', 'rotate', id], as);
    assert.deepEqual([again.exitCode, again.stdout], [1, '']);
    assert.match(again.stderr, new RegExp(`the key ${successor} replaced: rotate that one\\. .*keys revoke`));
    assert.equal((await shell.run(['keys', 'revoke', id], as)).exitCode, 0);
    assert.equal((await shell.run(['keys'])).exitCode, 3);
  });

  it('an admin makes a key by prefix, which names its user', async () => {
    const as = (token: string) => ({ env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: token } });
    const create = ['keys', 'create', '--name', 'acme', '--scopes', 'images:read,images:write'];
    const made = await shell.run([...create, '--acts-as-prefix', 'acme:,a2:'], as(admin));
    const tenant = as(made.stdout.trim());
    assert.match((await shell.run(['keys'], as(admin))).stdout, /for acme:\.\.\.,a2:\.\.\./);
    const { stdout } = await shell.run(['whoami'], tenant);
    assert.match(stdout, /^User +several, those that begin with acme: or a2:: add --user NAME$/m);
    const [json] = (await shell.run(['whoami', '--json'], tenant)).json();
    assert.deepEqual([json?.['users'], json?.['user_prefixes']], [[], ['acme:', 'a2:']]);
    await put(shell.folder, 'of-tenant.png', picture('tenant'));
    const upload = async (user: string) =>
      (await shell.run(['upload', 'of-tenant.png', '--user', user], tenant)).exitCode;
    assert.deepEqual([await upload('acme:ada'), await upload('acme')], [0, 3]);
    const both = await shell.run([...create, '--acts-as-prefix', 'acme:', '--acts-as', 'ada'], as(admin));
    assert.deepEqual([both.exitCode, both.stdout], [2, '']);
  });

  it('an admin lists gates, and drops one that no process has; others may not', async () => {
    const as = { env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: admin } };
    assert.match((await shell.run(['gates'], as)).stderr, /^No gates\.$/m);
    const dropped = await shell.run(['gates', 'drop', 'clamd'], as);
    assert.deepEqual([dropped.exitCode, dropped.stdout], [0, '0 images released from the gate clamd.\n']);
    const [told] = (await shell.run(['gates', 'drop', 'clamd', '--json'], as)).json();
    assert.deepEqual(told, { gate: 'clamd', released: 0 });
    const rescan = await shell.run(['gates', 'rescan', 'clamd', '--since', '2026-01-31'], as);
    assert.match(rescan.stderr, /Expected a service with gates; got "clamd"/i);
    assert.equal((await shell.run(['gates', 'drop', 'clamd'])).exitCode, 3);
  });

  it("an admin's key needs a user who is named, and the run ends before every file has said so", async () => {
    const as = { env: { SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: admin } };
    for (let index = 0; index < 20; index += 1)
      await put(shell.folder, `whose/${index}.png`, picture(`whose ${index}`));
    const { exitCode, stderr } = await shell.run(['upload', 'whose', '-c', '1'], as);
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^(?:whose\/\d+\.png: The credential is for several users[^\n]+--user NAME[^\n]+\n){3}0 images/,
    );
  });

  it('a user who is named but not permitted is exit code 3', async () => {
    const { exitCode, stderr } = await shell.run(['ls', '--user', 'eve']);
    assert.equal(exitCode, 3);
    assert.match(stderr, /Check --user/);
  });
});
