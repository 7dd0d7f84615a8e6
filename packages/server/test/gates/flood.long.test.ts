import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { temporaryFolder } from '../faults/file-systems.ts';
import { createCloud, NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { type GateReceiver, PASSES, startReceiver } from './gate-receiver.ts';

/** The default of a gate, and what a busy machine adds to an upload and an answer. */
const TIMEOUT_MS = 30_000;
const ANSWER_MS = 15_000;
const FLOOD = 192;
const OWN = 19;
/** The number of eve's uploads after the flood: they last longer than a round of the sweep and a time-out. */
const AFTER = 24;
const PAUSE_MS = 5_000;
const PICTURE = await testImage({ type: 'image/png', width: 8, height: 6 });

describe('a flood of images for which a gate hangs', () => {
  for (const connections of [8, 80])
    it(`by ${connections} connections holds no image of another user for longer than the time-out: one process on SQLite`, async () => {
      await using receiver = await startReceiver(HANGS_FOR_ADA);
      await using folder = await temporaryFolder();
      const settings = settingsOf(receiver);
      const keys = await keysIn(folder.path, settings);
      await using service = await startService(settings, folder.path);
      await attack([service], { ...keys, connections });
    });

  for (const connections of [8, 80])
    it(`by ${connections} connections holds no image of another user for longer than the time-out: two processes on DynamoDB`, {
      skip: NO_CLOUD,
    }, async () => {
      await using receiver = await startReceiver(HANGS_FOR_ADA);
      await using cloud = await createCloud();
      const settings = { ...cloud.environment, SECRET_KEY: 's'.repeat(32), ...settingsOf(receiver) };
      await using folder = await temporaryFolder();
      const keys = await keysIn(folder.path, settings);
      await using one = await startService(settings);
      await using other = await startService(settings);
      await attack([one, other], { ...keys, connections });
    });
});

const HANGS_FOR_ADA: GateReceiver['answering'] = (question, response, request) =>
  question.image.user_id === 'ada' ? undefined : PASSES(question, response, request);

const settingsOf = ({ environment }: GateReceiver): Record<string, string> => ({
  ...environment,
  AUTH: 'api-key',
  RATE_LIMITS: 'off',
});

interface Keys {
  readonly ada: string;
  readonly eve: string;
}

async function keysIn(folder: string, settings: Record<string, string>): Promise<Keys> {
  await keyFrom(folder, ['create', '--admin'], settings);
  const keyOf = async (owner: string): Promise<string> => {
    const terms = ['--name', owner, '--owner', owner, '--scopes', 'images:read,images:write'];
    return (await keyFrom(folder, ['create', ...terms], settings)).key;
  };
  return { ada: await keyOf('ada'), eve: await keyOf('eve') };
}

interface Attack extends Keys {
  readonly connections: number;
}

/** Ada's uploads, with eve's among them, and more of eve's while the sweeper asks about ada's. */
async function attack(services: readonly RunningService[], { ada, eve, connections }: Attack): Promise<void> {
  const [first] = services;
  assert.ok(first);
  let uploads = 0;
  const next = (): RunningService => services[uploads++ % services.length] ?? first;
  const own: Promise<number>[] = [];

  let started = 0;
  const flood = async (): Promise<void> => {
    for (; started < FLOOD; ) {
      started += 1;
      if (own.length < OWN && started % Math.floor(FLOOD / OWN) === 1) own.push(readyAfterMs(next(), eve));
      assert.equal((await upload(next(), ada)).status, 'held');
    }
  };
  await Promise.all(Array.from({ length: connections }, flood));
  for (let nth = 0; nth < AFTER; nth += 1) {
    own.push(readyAfterMs(next(), eve));
    await delay(PAUSE_MS);
  }
  const times = await Promise.all(own);
  assert.ok(
    times.every((ms) => ms <= TIMEOUT_MS + ANSWER_MS),
    `expected each to be ready within the time-out; got ${times} ms`,
  );
}

interface Shown {
  readonly image_id: string;
  readonly status: string;
}

/** Tries again while too many uploads wait for a decoder, or none could be started in time. */
async function upload(service: RunningService, key: string): Promise<Shown> {
  const body = new FormData();
  body.set('file', new File([new Uint8Array(PICTURE)], 'a.png', { type: 'image/png' }));
  return ask(service, key, '/images', { method: 'POST', body });
}

async function readyAfterMs(service: RunningService, key: string): Promise<number> {
  const startMs = performance.now();
  const { image_id: id, ...uploaded } = await upload(service, key);
  for (let { status } = uploaded; status !== 'ready'; ) {
    assert.equal(status, 'held');
    assert.ok(performance.now() - startMs < 600_000, 'it is held for ten minutes');
    await delay(100);
    ({ status } = await ask(service, key, `/images/${id}/metadata`));
  }
  return Math.round(performance.now() - startMs);
}

async function ask(service: RunningService, key: string, path: string, init: RequestInit = {}): Promise<Shown> {
  for (;;) {
    const answer = await fetch(new URL(path, service.origin), { ...init, headers: { authorization: `Bearer ${key}` } });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as Shown;
    assert.ok(answer.status === 429 || answer.status === 503, text);
    await delay(1_000);
  }
}
