import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../test/pictures/test-images.ts';
import { addAsGuest, guestSecret } from '../../client/test/add-as-guest.ts';
import { typeBySignature } from '../../server/src/domain/image/file-signature.ts';
import { keyFrom } from '../../server/test/services/keys-command.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { startHostileServer } from './hostile-server.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';
import { serve } from './serving.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const REASON = 'expected a picture of the product; got another';

/** A gate that leaves everything to people. */
const later = (_request: IncomingMessage, response: ServerResponse): void => void response.writeHead(202).end();

describe('moderators', () => {
  let gate: Awaited<ReturnType<typeof serve>>;
  let service: RunningService;
  let uploader: Shell;
  let moderator: Shell;
  let uploaderKey: string;

  before(async () => {
    gate = await serve(later);
    const { host } = new URL(gate.url);
    service = await startService({
      AUTH: 'api-key',
      LOG_LEVEL: 'warn',
      OUTBOUND_ALLOW: host.replace(':', '/32:'),
      GATE_HTTP_PEOPLE: `${gate.url}/`,
      GATE_HTTP_PEOPLE_SECRET: SECRET,
    });
    const key = async (...args: readonly string[]) => (await keyFrom(service.folder, ['create', ...args])).key;
    const shellOf = (token: string) => openShell({ SAFELIGHT_URL: service.origin, SAFELIGHT_TOKEN: token });
    const own = ['--name', 'ada', '--owner', 'ada', '--scopes', 'images:read,images:write'];
    uploaderKey = await key(...own);
    uploader = await shellOf(uploaderKey);
    moderator = await shellOf(await key('--name', 'moderator', '--acts-as', '*', '--scopes', 'images:moderate'));
  });
  after(async () => {
    await uploader?.[Symbol.asyncDispose]();
    await moderator?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
    await gate?.[Symbol.asyncDispose]();
  });

  /** The id of a held image. */
  async function heldImage(name: string): Promise<string> {
    await put(uploader.folder, name, picture(name));
    const { stdout, stderr } = await uploader.run(['upload', name]);
    const [id = ''] = stdout.split('\t', 1);
    assert.match(id, /^[0-9a-f-]{36}$/, stderr);
    return id;
  }

  const statusOf = async (id: string): Promise<unknown> =>
    (await uploader.run(['ls', '--json', '--status', 'ready'])).json().find(({ image_id: one }) => one === id)?.[
      'status'
    ];

  it('list what waits, with its gate, and save a JPEG of each, once', async () => {
    const id = await heldImage('listed.png');
    const args = ['held', '--save', 'look'];
    const { exitCode, stdout, stderr } = await moderator.run(args);
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, new RegExp(`^${id}\tpeople\tuntil \\S+Z\t *[0-9.]+ K?B\t *8x8\tada/listed.png$`, 'm'));
    const file = join(moderator.folder, 'look', `${id}.jpg`);
    const bytes = await readFile(file);
    assert.equal(typeBySignature(bytes), 'image/jpeg');
    await moderator.run(args);
    assert.deepEqual(await readFile(file), bytes);
    assert.equal((await moderator.run(['held', '--gate', 'other'])).stdout, '');
  });

  it('approve images, by the ids that held prints, and then they are ready', async () => {
    const [one, two] = [await heldImage('one.png'), await heldImage('two.png')];
    const planned = await moderator.run(['approve', one, '--dry-run']);
    assert.deepEqual([planned.exitCode, planned.stdout], [0, `Would be approved at people: ${one}\n`]);
    assert.equal(await statusOf(one), undefined);
    const { stdout: ids } = await moderator.run(['held', '-q']);
    assert.ok(
      [one, two].every((id) => ids.includes(id)),
      ids,
    );
    const { exitCode, stderr } = await moderator.run(['approve', '-'], { stdin: ids });
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual([await statusOf(one), await statusOf(two)], ['ready', 'ready']);
    assert.equal((await moderator.run(['held'])).stderr, 'No image waits.\n');
    const again = await moderator.run(['approve', one]);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /It is ready: only an image that is held can be approved/);
  });

  it('refuse images, and the uploader is told why', async () => {
    const id = await heldImage('refused.png');
    const { exitCode, stdout, stderr } = await moderator.run([
      ...['refuse', id, '--reason', REASON, '--private-reason', 'case 7', '--json'],
    ]);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(JSON.parse(stdout.split('\n', 1)[0] ?? ''), {
      event: 'refused',
      image_id: id,
      gate: 'people',
      status: 'rejected',
    });
    const told = (await uploader.run(['ls', '--status', 'rejected'])).stdout;
    assert.ok(told.includes(id) && told.includes(REASON) && !told.includes('case 7'), told);
  });

  it("aren't offered what waits for the owner of an album", async () => {
    const album = (await uploader.run(['albums', 'create', 'Guests'])).stdout.split('\t', 1)[0];
    const made = await fetch(`${service.origin}/albums/${album}/links`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${uploaderKey}` },
      body: JSON.stringify({ allow: ['contribute'], approve: true }),
    });
    const link = (await made.json()) as { readonly url: string };
    const bytes = await testImage({ type: 'image/jpeg', width: 32, height: 24, seed: 5 });
    const { image_id: id, status } = await addAsGuest(link, guestSecret(), { bytes, filename: 'guest.jpg' });
    assert.equal(status, 'held');
    assert.match((await moderator.run(['held', '-q'])).stdout, new RegExp(id), 'first it waits for moderators');
    assert.equal((await moderator.run(['approve', id])).exitCode, 0);
    assert.doesNotMatch((await moderator.run(['held', '-q'])).stdout, new RegExp(id));
    assert.equal((await moderator.run(['held', '-q', '--gate', 'owner'])).stdout, `${id}\n`);
    assert.notEqual((await moderator.run(['approve', id])).exitCode, 0);
  });

  it('are nobody without the scope', async () => {
    const id = await heldImage('mine.png');
    for (const command of ['approve', 'refuse']) {
      const { exitCode, stderr } = await uploader.run([command, id]);
      assert.equal(exitCode, 3);
      assert.match(stderr, /images:moderate/);
    }
  });

  it('write no file where the service wants it', async () => {
    await using server = await startHostileServer((request, response) => {
      if (!request.includes('/decisions')) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'held', waits_for: 'people', sha256: null, gates: [], decisions: [] }));
      return true;
    });
    await using shell = await openShell({ SAFELIGHT_URL: server.url });
    const { exitCode, stdout } = await shell.run(['held', '--save', 'look', '--json']);
    assert.equal(exitCode, 4);
    assert.match(stdout, /Expected the id of an image/);
    assert.deepEqual(await readdir(join(shell.folder, 'look')), []);
  });
});
