import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { judge, type Measurement, milliseconds } from './measurement.ts';
import { processTree } from './memory.ts';
import { type RunningProgram, startService } from './program.ts';
import { percentile } from './rounds.ts';
import { type Flood, SCENES, type Scene } from './siege-scenes.ts';
import { healthTimes, LONGEST_MS, uploadTimes } from './siege-victim.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ROUNDS = 3;
/** Until the attack has reached its steady state. */
const WARM_UP_SECONDS = 3;
const SECONDS = 20;
const HEALTH_GOAL = { atMost: 100 };
const UPLOAD_GOAL = { atMost: 6_000 };

const ATTACKER = join(import.meta.dirname, 'siege-attacker.ts');
const ATTACKERS_ADDRESS = '127.0.0.1';
const OTHER_ADDRESS = '127.0.0.2';

const ABOUT: Record<Scene, string> = {
  bombs: '12 connections with bombs',
  'slow bodies': '200 bodies of a byte a second',
  'idle sockets': '1,000 idle connections, half of them with half a request',
  texts: '500 requests a second with texts of combining marks',
};

interface Round {
  readonly healthP99Ms: number;
  /** The slowest small upload of another user, from another address and from the attacker's. */
  readonly elsewhereMs: number;
  readonly sameAddressMs: number;
}

/** The service's quality for others during each attack. */
export async function siege(rounds = ROUNDS): Promise<readonly Measurement[]> {
  const picture = await sharp({ create: { width: 100, height: 100, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  const measurements: Measurement[] = [];
  for (const scene of SCENES) {
    const all: Round[] = [];
    for (let round = 0; round < rounds; round += 1) all.push(await besiege(scene, picture));
    const row = (what: string, values: readonly number[], goal: { atMost: number }) =>
      judge(`siege, ${ABOUT[scene]}: ${what}`, values, { unit: atMostLongest, goal });
    measurements.push(
      row(
        'p99 of /health',
        all.map(({ healthP99Ms }) => healthP99Ms),
        HEALTH_GOAL,
      ),
      row(
        'slowest small upload',
        all.map(({ elsewhereMs }) => elsewhereMs),
        UPLOAD_GOAL,
      ),
      row(
        'the same, from the address of the attacker',
        all.map(({ sameAddressMs }) => sameAddressMs),
        UPLOAD_GOAL,
      ),
    );
  }
  return measurements;
}

const atMostLongest = (ms: number): string => (ms >= LONGEST_MS ? 'never' : milliseconds(ms));

async function besiege(scene: Scene, picture: Buffer): Promise<Round> {
  await using folder = await temporaryFolder();
  await using service = await startService({ folder: folder.path });
  await using _end = { [Symbol.asyncDispose]: () => killAll(service) }; // running work would take long to finish
  await using _attacker = await startAttacker(scene, service.origin);
  await delay(WARM_UP_SECONDS * 1000);

  const done = new AbortController();
  const health = healthTimes(service.origin, done.signal);
  const upload = (owner: string, localAddress: string) =>
    uploadTimes(service.origin, { picture, owner, localAddress, seconds: SECONDS });
  const [elsewhere, sameAddress] = await Promise.all([
    upload('elsewhere', OTHER_ADDRESS),
    upload('neighbour', ATTACKERS_ADDRESS),
  ]);
  done.abort();
  return {
    healthP99Ms: percentile(await health, 0.99),
    elsewhereMs: Math.max(...elsewhere),
    sameAddressMs: Math.max(...sameAddress),
  };
}

/** Already attacking, in its own process, with the CPU time that the service and the measuring process leave. */
export async function startAttacker(scene: Scene | Flood, origin: string): Promise<AsyncDisposable> {
  const child = spawn(process.execPath, [ATTACKER, scene, origin], { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const isAttacking = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'exit').then(() => false),
  ]);
  if (!isAttacking) throw new Error(`expected the attacker of ${scene} to attack; it ended`);
  return { [Symbol.asyncDispose]: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** With its decoders, which would run for some seconds and disturb the next scene. */
export async function killAll({ id }: RunningProgram): Promise<void> {
  for (const one of (await processTree(id)).toReversed()) {
    try {
      process.kill(one, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
