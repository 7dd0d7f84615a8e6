import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { signalProcess } from '../../src/imaging/processes/process-list.fixture.ts';
import { lockFolder } from '../../src/records/sqlite/service-lock.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { oldNode } from '../services/old-node.ts';
import { PATIENT } from '../services/patience.ts';
import { type Spawned, untilPrinted } from '../services/running-service.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const NOT_HERE = { skip: process.platform === 'win32' && 'Windows keeps the id of a parent that has ended' };
const temporaryFolder = () => mkdtempDisposable(join(tmpdir(), 'safelight-'));

/**
 * npm with these arguments, in a process group of its own, which is killed at the end. `node` is the first in its path.
 */
function spawnNpm(
  args: readonly string[],
  { node = process.execPath, ...environment }: Record<string, string>,
): Spawned & Disposable {
  const child = spawn('npm', [...args, '--prefix', ROOT], {
    cwd: tmpdir(),
    env: {
      ...PATIENT,
      ...environment,
      HOME: tmpdir(),
      PATH: [dirname(node), process.env['PATH']].join(delimiter),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return {
    child,
    output: () => output,
    ended: once(child, 'close').then(([exitCode]) => ({ exitCode, output })),
    [Symbol.dispose]() {
      assert.ok(child.pid);
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // all of them have ended, as they should
      }
    },
  };
}

/** Begins an upload; resolves with the rest of it to send once the service has the request. */
async function beginUpload(origin: string) {
  const jpeg = await testImage({ type: 'image/jpeg', width: 640, height: 480 });
  const upload = request(`${origin}/images/upload?user_id=me`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg', 'Content-Length': jpeg.length, Expect: '100-continue' },
  });
  await once(upload, 'continue');
  return async (): Promise<number> => {
    upload.end(jpeg);
    const [response] = await once(upload, 'response');
    response.resume();
    return response.statusCode;
  };
}

describe('a service whose npm has ended', NOT_HERE, () => {
  for (const [name, signal, environment] of [
    ['by SIGTERM', 'SIGTERM', async () => ({})],
    ['by SIGKILL', 'SIGKILL', async () => ({})],
    ['by SIGKILL, without a shell in between', 'SIGKILL', async () => ({ npm_config_script_shell: 'bash' })],
    ['by SIGTERM, with an old Node in the path', 'SIGTERM', async () => ({ node: (await oldNode()) ?? '' })],
    ['by SIGKILL, with an old Node in the path', 'SIGKILL', async () => ({ node: (await oldNode()) ?? '' })],
  ] as const) {
    it(`finishes the running request, ends, and leaves port and folder free: ${name}`, async (t) => {
      const own: Record<string, string> = await environment();
      if (own['node'] === '') return t.skip('needs a Node before 24 in the path');
      await using folder = await temporaryFolder();
      const data = join(folder.path, 'data');
      using npm = spawnNpm(['start'], { ...own, PORT: '0', DATA_DIR: data });
      const [, origin = ''] = await untilPrinted(npm, /listens on (\S+)/);
      const finish = await beginUpload(origin);
      signalProcess(npm.child.pid, signal);
      await untilPrinted(npm, /(npm has ended|SIGTERM): finishing open requests/);
      assert.equal(await finish(), 200);
      const { output } = await npm.ended; // once no process has its output open
      lockFolder(data)[Symbol.dispose]();
      await using server = createServer().listen(Number(new URL(origin).port), '127.0.0.1');
      await once(server, 'listening');
      assert.equal(output.match(/finishing open requests/g)?.length, 1, output);
    });
  }
});

describe('a worker whose npm has ended', { skip: NOT_HERE.skip || NO_CLOUD }, () => {
  it('ends', async () => {
    await using cloud = await createCloud();
    await using folder = await temporaryFolder();
    using npm = spawnNpm(['run', 'work'], { ...cloud.environment, DATA_DIR: folder.path });
    await untilPrinted(npm, /^Safelight works/m);
    signalProcess(npm.child.pid, 'SIGKILL');
    await untilPrinted(npm, /npm has ended: finishing running jobs/);
    await npm.ended;
  });
});

describe('a service that npm did not start', NOT_HERE, () => {
  it('stays when its parent ends', async () => {
    await using folder = await temporaryFolder();
    const start = join(ROOT, 'packages/server/src/bin/start.js');
    const nohup = spawn('sh', ['-c', `nohup '${process.execPath}' '${start}' & echo "id $!"; read line`], {
      cwd: folder.path,
      env: { ...PATIENT, PATH: process.env['PATH'], HOME: tmpdir(), PORT: '0', DATA_DIR: join(folder.path, 'data') },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [nohup.stdout, nohup.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const ended = once(nohup, 'close').then(([exitCode]) => ({ exitCode, output }));
    const [, origin = ''] = await untilPrinted({ child: nohup, output: () => output, ended }, /listens on (\S+)/);
    const id = Number(/^id (\d+)$/m.exec(output)?.[1]);
    signalProcess(nohup.pid, 'SIGKILL');
    await once(nohup, 'exit');
    try {
      const finish = await beginUpload(origin);
      assert.equal(await finish(), 200);
    } finally {
      signalProcess(id, 'SIGTERM');
    }
    await ended;
    assert.match(output, /SIGTERM: finishing open requests/);
    assert.doesNotMatch(output, /npm has ended/);
  });
});
