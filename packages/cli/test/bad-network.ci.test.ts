import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startCuttingProxy } from '../../client/test/cutting-proxy.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';
import { forward, serve } from './serving.ts';

describe('a bad network', () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_USER: 'ada' });
    for (let index = 0; index < 8; index += 1)
      await put(shell.folder, `many/${index}.png`, picture(`network ${index}`));
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  it('no service is exit code 4, with the reason and what to do on one line', async () => {
    const nobody = await serve(() => undefined);
    nobody.stop();
    for (const args of [['upload', 'many'], ['sync', 'many'], ['whoami']]) {
      const { exitCode, stderr } = await shell.run([...args, '--url', nobody.url]);
      assert.equal(exitCode, 4);
      assert.match(
        stderr,
        /^safelight: No connection to the service: nothing listens at 127\.0\.0\.1:\d+\. Check --url[^\n]*\n$/,
      );
    }
    const unknown = await shell.run(['whoami', '--url', 'http://nowhere.invalid']);
    assert.equal(unknown.exitCode, 4);
  });

  it("a proxy's page is exit code 4, also as JSON", async () => {
    await using proxy = await serve(
      (_incoming, response) => void response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>'),
    );
    const { exitCode, stderr } = await shell.run(['upload', 'many', '--url', proxy.url]);
    assert.equal(exitCode, 4);
    assert.match(stderr, /^safelight: [^\n]*text\/html[^\n]*proxy or a login page[^\n]*\n$/);
    const json = await shell.run(['upload', 'many', '--url', proxy.url, '--json']);
    assert.deepEqual([json.exitCode, json.stderr, json.json()[0]?.error?.code], [4, '', 'unexpected-answer']);
  });

  it('a service that vanishes in the middle ends the run with exit code 4; the same command completes it', async () => {
    const limit = 6;
    let seen = 0;
    await using proxy = await serve((incoming, response) => {
      seen += incoming.method === 'POST' && incoming.url === '/uploads' ? 1 : 0;
      if (seen > limit) return void response.setHeader('content-type', 'text/html').end('<h1>Sign in</h1>');
      void forward(service.origin, incoming).then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        () => response.destroy(),
      );
    });
    const first = await shell.run(['upload', 'many', '--url', proxy.url, '--json', '-c', '1']);
    assert.equal(first.exitCode, 4);
    assert.deepEqual(first.json().at(-1), {
      event: 'summary',
      uploaded: limit,
      present: 0,
      skipped: 0,
      failed: 2,
      interrupted: false,
    });
    seen = -100;
    const second = await shell.run(['upload', 'many', '--url', proxy.url, '--json']);
    assert.equal(second.exitCode, 0);
    const { stdout } = await shell.run(['ls', '-q', '--url', service.origin]);
    assert.equal(stdout.trim().split('\n').length, 8);
  });

  it('a third of all connections cut costs nothing but time: each file is one image', async () => {
    await using proxy = await startCuttingProxy(service.origin, { seed: 27, share: 0.33, withinBytes: 3_000 });
    const files = Array.from({ length: 20 }, (_, index) => `flaky/${index}.png`);
    for (const name of files) await put(shell.folder, name, picture(name));
    const args = ['sync', 'flaky', '--user', 'flaky', '--url', proxy.origin, '--json'];
    let last = await shell.run(args);
    for (let run = 2; run <= 5 && last.exitCode !== 0; run += 1) last = await shell.run(args);
    assert.equal(last.exitCode, 0, last.stdout);
    assert.ok(proxy.cuts() > 0);
    const { stdout } = await shell.run(['ls', '-q', '--user', 'flaky', '--url', service.origin]);
    assert.equal(stdout.trim().split('\n').length, files.length);
  });

  it('rm and trash whose first answer is lost do what was asked, and say so', async () => {
    const ids: string[] = [];
    for (const name of ['lost-a.png', 'lost-b.png']) {
      await put(shell.folder, name, picture(name));
      ids.push((await shell.run(['upload', name, '--url', service.origin])).stdout.split('\t', 1)[0] ?? '');
    }
    const lost: string[] = [];
    await using proxy = await serve((incoming, response) => {
      const path = incoming.url ?? '';
      void forward(service.origin, incoming).then(({ status, type, body }) => {
        const isLost = incoming.method === 'POST' && !lost.includes(path);
        if (!isLost) return void response.writeHead(status, { 'content-type': type }).end(body);
        lost.push(path);
        response.destroy();
      });
    });
    const [binned = '', deleted = ''] = ids;
    for (const args of [
      ['trash', binned],
      ['rm', '--yes', deleted],
    ]) {
      const { exitCode, stdout, stderr } = await shell.run([...args, '--url', proxy.url]);
      assert.deepEqual([args[0], exitCode, stdout], [args[0], 0, `${args.at(-1)}\n`], stderr);
    }
    assert.deepEqual(lost, ['/images/trash', '/images/delete']);
    const trash = await shell.run(['ls', '-q', '--status', 'trashed', '--url', service.origin]);
    assert.equal(trash.stdout, `${binned}\n`);
    const again = await shell.run(['rm', '--yes', deleted, '--url', proxy.url]);
    assert.equal(again.exitCode, 1, 'no answer was lost, so there is none');
  });

  it('open opens nothing but a web page, whatever the service says', async () => {
    await using liar = await serve((_incoming, response) => {
      response.setHeader('content-type', 'application/json').end('{"download_url":"file:///etc/passwd"}');
    });
    const id = '01a1f82b-80d8-703c-9c86-1b8ba42038d1';
    const { exitCode, stdout, stderr } = await shell.run(['open', id, '--print', '--url', liar.url]);
    assert.deepEqual([exitCode, stdout], [4, '']);
    assert.match(
      stderr,
      /^safelight: Expected a URL that begins with https:\/\/ or http:\/\/; got "file:[^\n]+Check --url[^\n]+\n$/,
    );
  });

  it('get continues a download that is cut, and ends with the very bytes', async () => {
    const bytes = Buffer.concat([picture('cut')]);
    await put(shell.folder, 'cut.png', bytes);
    const [id = ''] = (await shell.run(['upload', 'cut.png', '--url', service.origin])).stdout.split('\t');
    let cuts = 0;
    await using proxy = await serve((incoming, response) => {
      void forward(service.origin, incoming).then(({ status, type, body, range }) => {
        response.writeHead(status, {
          'content-type': type,
          'content-length': body.length,
          ...(range && { 'content-range': range }),
        });
        const isCut = incoming.url?.startsWith('/objects/') && cuts < 3;
        if (!isCut) response.end(body);
        else response.write(body.subarray(0, 20), () => response.destroy());
        cuts += isCut ? 1 : 0;
      });
    });
    await mkdir(join(shell.folder, 'got'));
    const { exitCode, stderr } = await shell.run(['get', id, '-o', 'got', '--url', proxy.url]);
    assert.equal(exitCode, 0, stderr);
    assert.equal(cuts, 3);
    assert.deepEqual(await readFile(join(shell.folder, 'got/cut.png')), bytes);
  });
});
