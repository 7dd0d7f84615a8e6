import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';
import { serve } from './serving.ts';

const HEIC = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic');
const TOLD = { name: 'safelight', version: '1.0.0', limits: { max_upload_bytes: 1e6 }, presets: {}, trash_days: 0 };
const typesOf = (...types: string[]) =>
  types.map((content_type) => ({ content_type, extensions: ['x'], max_pixels: 1_000_000 }));

/** A service of another version, which answers a dry run. */
async function startOther(told: object) {
  const requests: string[] = [];
  const listener: RequestListener = ({ method, url }, response) => {
    requests.push(`${method} ${url?.split('?')[0]}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url === '/' ? told : { count: 0, images: [], next_cursor: null }));
  };
  return { requests, server: await serve(listener) };
}

describe('the types that a command sends', () => {
  let shell: Shell;
  before(async () => {
    shell = await openShell({ SAFELIGHT_USER: 'ada' });
    await put(shell.folder, 'photos/a.heic', HEIC);
    await put(shell.folder, 'photos/b.heic', Buffer.concat([HEIC, Buffer.alloc(8)]));
    await put(shell.folder, 'photos/c.png', picture('types'));
  });
  after(() => shell?.[Symbol.asyncDispose]());

  for (const command of ['upload', 'sync'])
    it(`are those that the service names, which ${command} asks for once`, async () => {
      const { server, requests } = await startOther({ ...TOLD, image_types: typesOf('image/png', 'image/heic') });
      await using _server = server;
      const { stdout, stderr, exitCode } = await shell.run([command, 'photos', '--dry-run', '--url', server.url]);
      assert.equal(stdout.match(/^Would send /gm)?.length, 3, `${stdout}${stderr}`);
      assert.equal(exitCode, 0);
      assert.equal(requests.filter((one) => one === 'GET /').length, 1, requests.join());
    });

  it('are those of every version at an older service, and HEIC files of a folder are left out', async () => {
    const { server, requests } = await startOther(TOLD);
    await using _server = server;
    const { stdout, stderr } = await shell.run(['upload', 'photos', '--dry-run', '--url', server.url]);
    assert.match(stdout, /^Would send photos\/c\.png$/m);
    assert.equal(
      stderr.match(/skipped: HEIC, which this service doesn't accept: export it as JPEG/g)?.length,
      2,
      stderr,
    );
    assert.deepEqual(requests, ['GET /']);
  });
});
