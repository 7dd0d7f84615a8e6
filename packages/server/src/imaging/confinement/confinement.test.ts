import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { skipWithout } from '../../../../../test/servers/installed.ts';
import { NO_NOBODY } from '../../../test/services/nobody.ts';
import type { Confinement } from '../imaging.ts';
import { type DecodeProcess, startDecodeProcess } from '../processes/decode-process.ts';
import type { JobTerms } from '../processes/job-files.ts';
import { packageFolders } from './plan.ts';
import { ATTACK_NAMES, type Attack, type AttackName } from './planted-child.fixture.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'decoders are confined on Linux only' };

const NO_NAMESPACES = skipWithout('unshare', 'mount', 'setpriv');

/** Attacks that the kernel may refuse by itself, as Yama does, at any level of confinement. */
const UNSURE: readonly AttackName[] = [
  'traces the service',
  'sets up io_uring',
  'opens an IPv6 socket',
  'opens the process at the end of its channel', // since Linux 6.5
];

const TERMS: JobTerms<Attack, unknown> = {
  maxMemoryBytes: () => Number.POSITIVE_INFINITY,
  inputsOf: ({ input }) => [input],
  outputsOf: ({ output }) => [output],
  placed: (attack, inputAt, outputAt) => ({ ...attack, input: inputAt(0), output: outputAt(0) }),
  parse: (value) => value,
  isMade: () => false,
};

describe('a compromised decoder', ON_LINUX, () => {
  let dataDir: string;
  let outside: string;
  const memory = Buffer.from('a secret');
  const sockets = [createServer(), createServer()] as const;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'confinement-'));
    outside = await mkdtemp(join(tmpdir(), 'confinement-outside-'));
    await mkdir(join(dataDir, 'objects'));
    sockets[0].listen(0, '127.0.0.1');
    sockets[1].listen(join(outside, 'socket'));
    await Promise.all(sockets.map((socket) => once(socket, 'listening')));
  });
  after(async () => {
    for (const socket of sockets) socket.close();
    await Promise.all([dataDir, outside].map((folder) => rm(folder, { recursive: true })));
  });

  /** Runs each attack in a new process with new files. */
  async function attackAt(level: Confinement): Promise<Map<AttackName, string>> {
    const outcomes = new Map<AttackName, string>();
    let decoder: DecodeProcess<Attack, unknown> | undefined;
    for (const name of ATTACK_NAMES) {
      for (const file of ['secret', 'safelight.db', 'objects/image', 'input'])
        await writeFile(join(dataDir, file), 'mine');
      memory.write('a secret');
      if (!decoder || decoder.isEnding()) decoder = await start(level);
      const { port } = sockets[0].address() as { port: number };
      const attack = { name, input: join(dataDir, 'input'), output: '', service: process.pid, dataDir, outside, port };
      const address = String(koffi.address(memory));
      const outcome = await decoder.run({ ...attack, address, socketPath: join(outside, 'socket') }).then(
        (ended) => (ended.kind === 'done' ? 'had it' : ended.kind === 'failed' ? String(ended.error.cause) : 'died'),
        (error) => String(error.cause),
      );
      outcomes.set(name, outcome);
    }
    decoder?.kill();
    await decoder?.exited;
    return outcomes;
  }

  async function start(level: Confinement): Promise<DecodeProcess<Attack, unknown>> {
    let found: Confinement | undefined;
    const decoder = startDecodeProcess<Attack, unknown>({
      childFile: new URL('planted-child.fixture.ts', import.meta.url),
      timeoutSeconds: 20,
      maxMemoryBytes: Number.POSITIVE_INFINITY,
      maxRestingBytes: Number.POSITIVE_INFINITY,
      confinement: {
        levels: [level],
        folder: join(dataDir, 'decoders'),
        terms: TERMS,
        readable: [...packageFolders('koffi')],
        onStarted: (started) => {
          found = started;
        },
      },
    });
    await decoder.ready;
    assert.equal(found, level);
    return decoder;
  }

  it('would succeed with every attack without confinement', async () => {
    const outcomes = await attackAt('unconfined');
    const kept = [...outcomes].filter(([name, outcome]) => outcome !== 'had it' && !UNSURE.includes(name));
    assert.deepEqual(kept, []);
  });

  for (const [level, skip] of [
    ['landlock', false],
    ['namespaces', NO_NAMESPACES],
  ] as const)
    it(`is stopped from every attack by ${level}`, { skip }, async () => {
      const before = await stat(join(dataDir, 'objects'));
      const outcomes = await attackAt(level);
      assert.deepEqual(
        [...outcomes].filter(([, outcome]) => outcome === 'had it'),
        [],
      );
      assert.equal(memory.toString(), 'a secret');
      assert.equal(await readFile(join(dataDir, 'input'), 'utf8'), 'mine');
      assert.equal((await stat(join(dataDir, 'objects'))).mtimeMs, before.mtimeMs);
    });

  it('is stopped as another user too', {
    skip: process.getuid?.() === 0 ? NO_NOBODY : 'this is another user',
  }, () => {
    const NOBODY = '65534';
    const file = fileURLToPath(import.meta.url);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync(
      'setpriv',
      [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath, '--test', file],
      { env, encoding: 'utf8', cwd: dirname(file) },
    );
    assert.equal(status, 0, stdout + stderr);
  });
});
