import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { it } from 'node:test';
import sharp from 'sharp';
import { type Api, json, newUser, put } from '../../../../../test/acceptance/api.ts';
import { eventually } from '../../../../../test/acceptance/eventually.ts';
import { picture } from '../../../../../test/acceptance/pictures.ts';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { PROBLEMS } from '../../../src/http/problem.ts';
import { REFUSED } from '../../http/refused-by-node.ts';
import type { CountingFront } from '../../telemetry/counting-front.ts';
import { sumOf } from '../../telemetry/prometheus-text.ts';
import type { AbortOptions } from './aborts.ts';
import { scrapeAll } from './counts.ts';
import { type Answer, answerOf, beginTo } from './requests.ts';

/** Codes that no request causes, each with its cause. */
const NOT_BY_CLIENTS = {
  'processing-failed':
    'a decoder crashes at an upload again and again: a fault of the decoder, and no file is known that has it',
  'decoder-failed': 'a decoder crashes or is killed from outside',
  'original-lost': 'the store has lost or replaced the bytes of an image',
  internal: 'a bug of the service',
  unavailable: 'a store, an issuer or a gate is away, or the process has too little memory or CPU time',
  'user-erased': 'an operator deletes all data of a user, by a command',
  'cursor-expired': 'EVENTS_DAYS pass, or an operator begins another log',
  'insufficient-storage': "the operator's disk has less space than MIN_FREE_BYTES",
} as const satisfies Partial<Record<ErrorCode, string>>;

export const CAUSED_BY_CLIENTS = Object.keys(PROBLEMS).filter((code) => !(code in NOT_BY_CLIENTS));

/** The service receives so many bodies at once. */
const BODIES = 256;
/** So many requests wait for another one with their Idempotency-Key. */
const KEY_WAITS = 64;

/** Fewer than may wait for a decoder. */
const SLOW_UPLOADS = 12;

interface Webhook {
  readonly webhook_id: string;
}

export function describeWebhooks(admin: Api): void {
  it('are listed, read and changed', async () => {
    const { webhook_id } = await admin.ask<Webhook>('/webhooks', json({ url: 'https://receiver.example.org/' }));
    const { webhooks } = await admin.ask<{ readonly webhooks: readonly Webhook[] }>('/webhooks');
    assert.ok(webhooks.some((one) => one.webhook_id === webhook_id));
    await admin.ask(`/webhooks/${webhook_id}`);
    await admin.ask(`/webhooks/${webhook_id}`, json({ paused: true }, {}, 'PATCH'));
  });

  it('are as many as a service may have, and none of another id', async () => {
    const create = () => admin.send('/webhooks', json({ url: 'https://receiver.example.org/' }));
    const statuses: number[] = [];
    while (!statuses.includes(409) && statuses.length < 30) statuses.push((await create()).status);
    assert.equal(statuses.at(-1), 409);
    assert.equal((await admin.send('/webhooks/019a0000-0000-7000-8000-000000000000')).status, 404);
  });
}

/**
 * Not beside other requests with bodies: the service would answer one of these to make room for it, and whether its
 * client, which leaves, still gets that answer goes by chance.
 */
export function describeCrowd(front: CountingFront): void {
  it('more bodies at once than the service receives, of which one never ends', async () => {
    const user_id = newUser();
    const begin = (): ClientRequest => {
      const headers = { 'Content-Length': '5000', 'Content-Type': 'image/png', Expect: '100-continue' };
      const asked = beginTo(front.url, { path: `/images/upload?user_id=${user_id}`, method: 'POST', headers });
      asked.flushHeaders();
      return asked;
    };
    const sending = Array.from({ length: BODIES }, begin);
    await Promise.all(sending.map((one) => once(one, 'continue')));
    assert.deepEqual(await answerOf(begin()), { status: 429, code: 'overloaded' });
    const [endless, ...others] = sending;
    for (const one of others) one.destroy();
    assert.deepEqual(await answerOf(endless ?? assert.fail()), { status: 400, code: 'body-interrupted' });
  });
}

/** What takes two requests at once, time, or bytes that no proxy passes on. */
export function describeCauses(api: Api, { front, metrics }: Pick<AbortOptions, 'front' | 'metrics'>): void {
  it('more repetitions of a request that still runs than may wait for it', async () => {
    const user_id = newUser();
    const upload = (bytes: Uint8Array, own: Record<string, string> = {}): Promise<Answer> => {
      const headers = { 'Content-Type': 'image/png', ...own };
      const asked = beginTo(front.url, { path: `/images/upload?user_id=${user_id}`, method: 'POST', headers });
      asked.end(bytes);
      return answerOf(asked);
    };
    const shape = { width: 7_000, height: 7_000, channels: 3, background: '#456' } as const; // most of a second to decode
    const slow = await sharp({ create: shape }).png().toBuffer();
    const before = Array.from({ length: SLOW_UPLOADS }, () => upload(slow));
    const jobs = async () => sumOf(await scrapeAll(metrics), 'safelight_decoder_jobs', { state: 'waiting' });
    await eventually(async () => assert.ok((await jobs()) > SLOW_UPLOADS / 2));
    const small = await picture();
    const repeat = () => upload(small, { 'Idempotency-Key': 'the same' });
    const answers = await Promise.all(Array.from({ length: KEY_WAITS + 10 }, repeat));
    assert.ok(answers.some(({ code }) => code === 'idempotency-in-progress'));
    for (const { status } of await Promise.all(before)) assert.equal(status, 200);
  });

  it('a URL that has expired, and a Host that is none of ours', async () => {
    const user = newUser();
    const { image_id } = await api.upload(user, await picture());
    const { url } = await api.link(image_id, { w: 8, expires_in: 1 });
    const { pathname, search } = new URL(url, front.url);
    const ask = (path: string, headers: Record<string, string> = {}) => {
      const asked = beginTo(front.url, { path, headers });
      asked.end();
      return answerOf(asked);
    };
    await eventually(async () => assert.equal((await ask(`${pathname}${search}`)).code, 'link-expired'));
    assert.equal((await ask('/images', { Host: 'elsewhere.example' })).code, 'misdirected-host');
  });
}

/** What Node's server would answer itself. */
export function describeRefusedByNode(front: CountingFront): void {
  it('bytes that are no HTTP, and requests that no proxy passes on', async () => {
    const all = Object.values(REFUSED).map(({ sent, line }) => front.sendRaw(sent, line.method));
    await Promise.all([...all, front.sendRaw('GET /images HTTP/1.1\r\nHost: loc', '-')]);
    assert.ok(
      front.told.some(({ status }) => status === 408),
      'half a head',
    );
  });
}

/** On a store that compares no checksums. */
export function describeOtherBytes(api: Api): void {
  it('other bytes than those of the grant', async () => {
    assert.ok(api.lacks('checksums'));
    const sha256 = createHash('sha256')
      .update(await picture())
      .digest('hex');
    const grant = await api.grant({ user_id: newUser(), sha256 });
    await put(grant, await picture());
    await api.refused('content-mismatch', `/images/${grant.image_id}/complete`, { method: 'POST' });
  });
}
