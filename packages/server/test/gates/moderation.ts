import { createHash } from 'node:crypto';
import { sweepOnce } from '../../src/run/worker.ts';
import type { ClosedService } from '../services/closed-service.ts';
import { PICTURE } from './gated-service.ts';
import { always, createTestGate, LATER, type TestGate } from './test-gate.ts';

/** The SHA-256 of `PICTURE`, which all uploads here send. */
export const SHA256 = createHash('sha256').update(PICTURE).digest('hex');

export interface Told {
  readonly status: string;
  readonly sha256: string | null;
  readonly waits_for: string | null;
  readonly decisions: readonly { readonly [name: string]: unknown }[];
}

export function later(name: string): TestGate {
  const gate = createTestGate(name);
  gate.answer = always(LATER);
  return gate;
}

export const moderatorOf = (service: ClosedService): Promise<string> =>
  service.keyOf({ actsAs: 'everyone', scopes: ['images:moderate'] });

export const decide = (service: ClosedService, key: string, id: string, input: object): Promise<Response> =>
  service.as(key, `/images/${id}/decision`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ gate: 'review', sha256: SHA256, ...input }),
  });

export const codeOf = async (answer: Promise<Response>): Promise<string> =>
  ((await (await answer).json()) as { code: string }).code;

export async function grant(service: ClosedService): Promise<{ id: string; url: string }> {
  const granted = await service.as(service.admin, '/uploads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_id: 'ada', content_type: 'image/jpeg' }),
  });
  const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
  return { id, url };
}

export const put = (service: ClosedService, url: string): Promise<Response> =>
  service.send(url, { method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body: PICTURE });

export async function upload(service: ClosedService): Promise<{ id: string }> {
  const { id, url } = await grant(service);
  await put(service, url);
  return { id };
}

export const shownOf = async (service: ClosedService, id: string): Promise<Record<string, unknown>> =>
  (await (await service.as(service.admin, `/images/${id}/metadata`)).json()) as Record<string, unknown>;

export const statusOf = async (service: ClosedService, id: string): Promise<unknown> =>
  (await shownOf(service, id))['status'];

export const toldOf = async (service: ClosedService, id: string): Promise<Told> =>
  (await (await service.as(service.admin, `/images/${id}/decisions`)).json()) as Told;

export async function sweep({ services, clock }: ClosedService, minutes: number): Promise<void> {
  clock.offsetMs += minutes * 60_000;
  await sweepOnce(services, { holder: 'sweeper', signal: new AbortController().signal });
}
