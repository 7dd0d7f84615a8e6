import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { createKey } from '../../src/operations/keys/create-key.ts';
import { composeBeside } from '../../src/run/compose/beside.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { connectTo, lines, statuses } from '../http/raw-connection.ts';
import { createProvisionedTable, environmentOf } from '../services/dynamo-service.ts';
import { keyFrom, keysFrom, runKeys } from '../services/keys-command.ts';
import { runService, spawnProgram, startService, untilPrinted } from '../services/running-service.ts';

const CLOSED = { AUTH: 'api-key', LOG_LEVEL: 'silent' };
const START = join(import.meta.dirname, '../../src/bin/start.js');
/** Runs a command in a terminal of its own. */
const SCRIPT = '/usr/bin/script';

const KEY = /safelight_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}/;
/** The longest time until a revocation counts. */
const REVOKED_MS = 5_000;

const statusOf = async (origin: string, key: string, path = '/images'): Promise<number> =>
  (await fetch(`${origin}${path}`, { headers: { Authorization: `Bearer ${key}` } })).status;

describe('a start with a key of a user whom no request can name', () => {
  it('warns of it', async () => {
    await using place = await temporaryFolder();
    const { config, secrets } = loadConfig({ DATA_DIR: join(place.path, 'data'), AUTH: 'api-key' });
    await startService(CLOSED, place.path).then((service) => service[Symbol.asyncDispose]());
    {
      await using earlier = await composeBeside(config, secrets, { observe: () => undefined });
      const terms = { name: 'earlier', owner: 'ada ', actsAs: null, scopes: ['images:read'], expiresAt: null } as const;
      await createKey(earlier.services, terms);
    }
    await using service = await startService({ AUTH: 'api-key' }, place.path);
    assert.match(service.output(), /The API key \w{16} is refused: expected a user id without white space at its ends/);
  });
});

describe('the first start with AUTH=api-key', () => {
  it('writes the key of an admin to a private file, once', async () => {
    await using place = await temporaryFolder();
    const path = join(place.path, 'data/admin-key');
    let key: string;
    {
      await using service = await startService(CLOSED, place.path);
      key = (await readFile(path, 'utf8')).trim();
      assert.match(key, KEY);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      assert.ok(service.output().includes(join('data', 'admin-key')));
      assert.doesNotMatch(service.output(), KEY);
      assert.equal(await statusOf(service.origin, key, '/keys'), 200);
      assert.equal(await statusOf(service.origin, ''), 401);
    }
    await rm(path);
    await using again = await startService(CLOSED, place.path);
    assert.ok(!existsSync(path), 'expected no second key');
    assert.doesNotMatch(again.output(), /admin/);
    assert.equal(await statusOf(again.origin, key, '/keys'), 200);
  });

  it('never overwrites that file: without a key it refuses to start', async () => {
    await using place = await temporaryFolder();
    await mkdir(join(place.path, 'data'));
    const path = join(place.path, 'data/admin-key');
    await writeFile(path, 'of another service');
    const { exitCode, output } = await runService(place.path, CLOSED);
    assert.equal(exitCode, 1);
    assert.match(output, /AUTH: expected no file \S+admin-key, since no key exists; got one: remove it/);
    assert.equal(await readFile(path, 'utf8'), 'of another service');
    assert.deepEqual(await keysFrom(place.path, ['list']), []);
  });

  it('prints the key once to a terminal, and writes no file', {
    skip: !existsSync(SCRIPT) && 'needs script of util-linux',
  }, async () => {
    await using place = await temporaryFolder();
    const inTerminal = [SCRIPT, '-qec', `"${process.execPath}" "${START}"`, '/dev/null'];
    const start = async (): Promise<string> => {
      const spawned = spawnProgram(place.path, CLOSED, inTerminal);
      const [, origin = ''] = await untilPrinted(spawned, /listens on (\S+)/);
      const [key] = KEY.exec(spawned.output()) ?? [];
      if (key !== undefined) assert.equal(await statusOf(origin, key, '/keys'), 200);
      spawned.child.kill('SIGTERM');
      await spawned.ended;
      return spawned.output();
    };
    assert.match(await start(), KEY);
    assert.ok(!existsSync(join(place.path, 'data/admin-key')));
    assert.doesNotMatch(await start(), KEY);
  });

  it('refuses two Authorization headers, also with the same key', async () => {
    await using service = await startService(CLOSED);
    const key = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const authorization = `Authorization: Bearer ${key}`;
    for (const [headers, status] of [
      [[authorization], 200],
      [[authorization, authorization], 401],
      [[authorization, 'Authorization: Basic x'], 401],
    ] as const) {
      await using connection = await connectTo(service.origin);
      connection.socket.end(lines('GET /images HTTP/1.1', 'Host: localhost', ...headers));
      await connection.ended;
      assert.deepEqual(statuses(connection.received()), [status]);
    }
  });

  it('makes no key in open mode', async () => {
    await using place = await temporaryFolder();
    await using service = await startService({ LOG_LEVEL: 'silent' }, place.path);
    assert.ok(!(await readdir(join(place.path, 'data'))).includes('admin-key'));
    assert.equal(await statusOf(service.origin, ''), 200);
  });

  it('refuses with a table without keys, and names the command', { skip: NO_DYNOXIDE }, async () => {
    await using place = await temporaryFolder();
    await using table = await createProvisionedTable();
    const environment = { ...CLOSED, ...environmentOf(table) };
    const { exitCode, output } = await runService(place.path, environment);
    assert.equal(exitCode, 1);
    assert.ok(
      output.includes(
        `AUTH: expected a key in the table ${table.name}; got none: run npm run admin -- keys create --admin`,
      ),
      output,
    );
    assert.ok(!existsSync(join(place.path, 'data/admin-key')));
    const { key } = await keyFrom(place.path, ['create', '--admin'], environment);
    await using service = await startService(environment, place.path);
    assert.equal(await statusOf(service.origin, key, '/keys'), 200);
  });
});

describe('npm run admin -- keys', () => {
  it('works before the first start, which then makes no key of its own', async () => {
    await using place = await temporaryFolder();
    const { key, scopes, name } = await keyFrom(place.path, ['create', '--admin']);
    assert.deepEqual([scopes, name], [['images:admin'], 'admin']);
    await using service = await startService(CLOSED, place.path);
    assert.equal(await statusOf(service.origin, key, '/keys'), 200);
    assert.ok(!existsSync(join(place.path, 'data/admin-key')));
  });

  it('creates, lists, rotates and revokes keys while the service runs', async () => {
    await using service = await startService(CLOSED);
    const { origin, folder } = service;
    const terms = ['--name', 'shop', '--acts-as', '*', '--scopes', 'images:read,images:write'];
    const shop = await keyFrom(folder, ['create', ...terms, '--expires-at', '2099-01-01T00:00:00Z']);
    assert.deepEqual([shop.name, shop.acts_as, shop.expires_at], ['shop', ['*'], '2099-01-01T00:00:00.000Z']);
    assert.equal(await statusOf(origin, shop.key), 200);

    const ada = await keyFrom(folder, ['create', '--name', 'laptop', '--owner', 'ada', '--scopes', 'images:read']);
    assert.equal(await statusOf(origin, ada.key, '/images?user_id=ada'), 200);
    const ofTenant = ['--name', 'acme', '--acts-as-prefix', 'acme:,zo\u00eb', '--scopes', 'images:read'];
    const acme = await keyFrom(folder, ['create', ...ofTenant]);
    assert.equal(await statusOf(origin, acme.key, '/images?user_id=acme:ada'), 200);
    assert.equal(await statusOf(origin, acme.key, '/images?user_id=ada'), 403);
    const listed = await keysFrom(folder, ['list']);
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['acme', 'laptop', 'shop', 'first admin'],
    );
    assert.ok(listed.every((one) => !('key' in one)));
    assert.deepEqual(
      (await keysFrom(folder, ['list', '--owner', 'ada'])).map(({ key_id }) => key_id),
      [ada.key_id],
    );

    const successor = await keyFrom(folder, ['rotate', shop.key_id, '--overlap-seconds', '3600']);
    assert.equal(successor.replaces, shop.key_id);
    assert.deepEqual([await statusOf(origin, shop.key), await statusOf(origin, successor.key)], [200, 200]);

    const revoked = await keyFrom(folder, ['revoke', shop.key_id]);
    assert.ok(revoked.revoked_at);
    await delay(REVOKED_MS);
    assert.deepEqual([await statusOf(origin, shop.key), await statusOf(origin, successor.key)], [401, 200]);
    assert.equal((await keyFrom(folder, ['revoke', shop.key_id])).revoked_at, revoked.revoked_at);
  });

  it('loses nothing beside a service that writes, nor beside others of its kind', async () => {
    await using service = await startService(CLOSED);
    const admin = (await readFile(join(service.folder, 'data/admin-key'), 'utf8')).trim();
    const headers = { Authorization: `Bearer ${admin}`, 'Content-Type': 'application/json' };
    const grant = async (n: number) => {
      const body = JSON.stringify({ user_id: `user-${n}`, content_type: 'image/jpeg' });
      return (await fetch(`${service.origin}/uploads`, { method: 'POST', headers, body })).status;
    };
    const names = Array.from({ length: 4 }, (_, n) => `key ${n}`);
    const [made, granted] = await Promise.all([
      Promise.all(names.map((name) => keyFrom(service.folder, ['create', '--admin', '--name', name]))),
      Promise.all(Array.from({ length: 200 }, (_, n) => grant(n))),
    ]);
    assert.deepEqual([...new Set(granted)], [201]);
    for (const { key } of made) assert.equal(await statusOf(service.origin, key, '/keys'), 200);
  });

  it('says so if the service with these settings uses no keys', async () => {
    await using place = await temporaryFolder();
    const { exitCode, output } = await runKeys(place.path, ['create', '--admin'], { AUTH: 'open' });
    assert.equal(exitCode, 0);
    assert.match(output, /AUTH lacks api-key here/);
  });

  for (const [args, says] of [
    [[], /^expected create, list, rotate, revoke, --help or --version; got nothing$/m],
    [['remove'], /; got "remove"$/m],
    [['create', '--bogus'], /--bogus/],
    [['create', '--admin', '--scopes', 'images:read'], /^expected --admin or --scopes; got both$/m],
    [['list', 'all'], /^expected options only; got other arguments$/m],
    [['rotate'], /^expected one KEY_ID$/m],
    [['revoke', 'a', 'b'], /^expected one KEY_ID$/m],
  ] as const)
    it(`ends with 2 and the usage: ${args.join(' ')}`, async () => {
      await using place = await temporaryFolder();
      const { exitCode, output } = await runKeys(place.path, args);
      assert.equal(exitCode, 2, output);
      assert.match(output, says);
      assert.match(output, /^Usage: npm run admin -- keys \[create/m);
      assert.deepEqual(await readdir(place.path), []);
    });

  for (const [args, says] of [
    [['create', '--scopes', 'images:read', '--owner', 'ada'], /^name: expected a name as text; got nothing$/m],
    [
      ['create', '--name', 'x', '--scopes', 'all', '--owner', 'ada'],
      /^scopes: expected one of images:read, .*; got "all"$/m,
    ],
    [
      ['create', '--name', 'x', '--scopes', 'images:read'],
      /owner: expected an owner, acts_as, acts_as_prefixes or the scope images:admin; got none/,
    ],
    [
      ['create', '--name', 'x', '--scopes', 'images:read', '--acts-as', 'ada', '--acts-as-prefix', 'acme:'],
      /^acts_as_prefixes: expected acts_as or acts_as_prefixes; got both$/m,
    ],
    [
      ['create', '--name', 'x', '--scopes', 'images:read', '--acts-as-prefix', 'acme:,'],
      /^acts_as_prefixes: expected a prefix of at least 1 character; got none/m,
    ],
    [['rotate', '0000000000000000'], /^API key not found$/m],
    [
      ['rotate', '0000000000000000', '--overlap-seconds', 'soon'],
      /^overlap_seconds: expected a whole number of seconds/m,
    ],
    [['revoke', 'nobody'], /^API key not found$/m],
  ] as const)
    it(`ends with 1 and a sentence: ${args.join(' ')}`, async () => {
      await using place = await temporaryFolder();
      const { exitCode, output } = await runKeys(place.path, args);
      assert.equal(exitCode, 1, output);
      assert.match(output, says);
    });

  it('--help describes every command, --version prints the version', async () => {
    await using place = await temporaryFolder();
    const help = await runKeys(place.path, ['--help']);
    for (const name of ['create --admin', 'create --name', 'list', 'rotate KEY_ID', 'revoke KEY_ID'])
      assert.ok(help.output.includes(`\n  ${name}`), name);
    assert.match((await runKeys(place.path, ['create', '--version'])).output, /^safelight \d/);
  });
});
