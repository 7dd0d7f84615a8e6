import assert from 'node:assert/strict';
import { Webhook as Signer } from 'standardwebhooks';
import { testImage } from '../../../../../test/pictures/test-images.ts';
import { type Received, startReceiver } from '../../../../../test/servers/webhook-receiver.ts';
import { sweepOnce } from '../../../src/run/worker.ts';
import { json } from '../../services/service.ts';
import { requireLink } from './answers.ts';
import type { Expected, Fields } from './expected.ts';
import type { RestoredService } from './restored.ts';

const imageIn = ({ images }: Expected, what: string) => images[what]?.shown ?? assert.fail(`expected an image ${what}`);

/**
 * Requires that decisions of persons stand, and that held images, once decided, are what they were before, with their
 * links.
 */
export async function requireDecisions(service: RestoredService, expected: Expected): Promise<void> {
  const decide = async (what: string, gate: string, verdict = 'pass'): Promise<unknown> => {
    const { image_id: id, sha256 } = imageIn(expected, what);
    const answer = await service.as('moderator', `/images/${id}/decision`, json({ gate, verdict, sha256 }));
    const { status, code } = (await answer.json()) as Fields;
    return answer.status === 200 ? status : code;
  };
  for (const [what, gate, verdict, outcome] of [
    ['passed by a person', 'review', 'pass', 'ready'],
    ['passed by a person', 'review', 'refuse', 'already-decided'],
    ['passed early', 'review', 'refuse', 'already-decided'],
    ['held', 'review', 'pass', 'ready'],
    ['held, sent directly', 'review', 'refuse', 'rejected'],
    ['held, its gate fails', 'scan', 'pass', 'held'],
    ['held, its gate fails', 'review', 'pass', 'ready'],
    ['held again', 'scan', 'pass', 'ready'],
    ['held again in the trash', 'scan', 'pass', 'trashed'],
  ] as const)
    assert.equal(await decide(what, gate, verdict), outcome, `${what}: ${verdict}`);

  const trashed = imageIn(expected, 'held again in the trash');
  await service.ask(`/images/${trashed.image_id}/restore?user_id=ada`, { method: 'POST' });
  for (const [what, sha256] of [
    ['of the held one', imageIn(expected, 'held again').sha256],
    ['of a preset of the held one', undefined],
    ['of the one held in the trash', trashed.sha256],
  ] as const) {
    const { path } = expected.links[what] ?? assert.fail(`expected a link ${what}`);
    await requireLink(service, { path, status: 200, type: 'image/png', ...(sha256 && { sha256 }) }, what);
  }
}

/** Requires that each upload token permits as many uploads as it had left. */
export async function requireTokens(service: RestoredService, { tokens }: Expected): Promise<void> {
  const picture = new Uint8Array(await testImage({ type: 'image/png', width: 8, height: 6, seed: 1_000 }));
  for (const [name, outcome] of [
    ['of three, two used', 'ready'],
    ['of three, two used', 'upload-token-used-up'],
    ['used up', 'upload-token-used-up'],
    ['without a count', 'ready'],
  ] as const) {
    const body = new FormData();
    body.set('file', new File([picture], 'a.png', { type: 'image/png' }));
    const headers = { authorization: `Bearer ${tokens[name]?.token}` };
    const answer = await service.request('/images', { method: 'POST', body, headers });
    const { code, status } = (await answer.json()) as { readonly code?: string; readonly status?: string };
    assert.equal(code ?? status, outcome, name);
  }
}

/** Requires that the service still refuses the erased user. */
export async function requireErased(service: RestoredService, { erasedUser }: Expected): Promise<void> {
  const asked = json({ user_id: erasedUser, content_type: 'image/png' });
  for (const [path, init] of [
    ['/uploads', asked],
    [`/images?user_id=${erasedUser}`, {}],
  ] as const)
    assert.equal((await service.ask(path, init, 403))['code'], 'user-erased');
}

/** A message is delivered by the sweep after its event. */
const MAX_SWEEPS = 5;

/** Requires that webhooks are paused, and that each signs with all of its secrets once it is resumed. */
export async function requireWebhooks(service: RestoredService, expected: Expected): Promise<void> {
  await using receiver = await startReceiver();
  const change = (body: object): RequestInit => ({ ...json(body), method: 'PATCH' });
  /** Secrets by the path and query of a webhook's URL. */
  const secretsOf = new Map<string, readonly string[]>();
  for (const { shown, secrets } of Object.values(expected.webhooks)) {
    const path = `/webhooks/${shown.webhook_id}`;
    if (shown['user_id'] === expected.erasedUser) {
      await service.ask(path, {}, 404);
      continue;
    }
    const { paused, ...others } = await service.ask<Fields & { readonly paused: Fields }>(path);
    const { paused: _, ...before } = shown;
    assert.deepEqual([paused['why'], others], ['restored', before]);
    if (shown.types && !shown.types.includes('image.deleted')) continue;
    const url = `${receiver.url}&for=${shown.webhook_id}`;
    await service.ask(path, change({ url, paused: false }));
    secretsOf.set(url.slice(new URL(url).origin.length), secrets);
  }
  assert.deepEqual(
    [...secretsOf.values()].map(({ length }) => length),
    [1, 2],
  );

  const { image_id: id } = imageIn(expected, 'from the trash');
  await service.ask(`/images/${id}?user_id=ada`, { method: 'DELETE' });
  const told = new Set<string>();
  receiver.answering = (message, response, { url = '' }) => {
    const isSigned = message.headers['webhook-signature'] === signaturesOf(message, secretsOf.get(url) ?? []);
    if (isSigned && message.type === 'image.deleted' && message.imageId === id) told.add(url);
    response.writeHead(isSigned ? 204 : 401).end();
  };
  for (let sweeps = 0; told.size < secretsOf.size; sweeps += 1) {
    assert.ok(sweeps < MAX_SWEEPS, `expected signed messages to ${[...secretsOf.keys()]}; got those to ${[...told]}`);
    await sweepOnce(service.services, { holder: 'worker', signal: new AbortController().signal });
  }
}

function signaturesOf({ id, body, headers }: Received, secrets: readonly string[]): string {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
  return secrets.map((secret) => new Signer(secret).sign(id, at, body)).join(' ');
}
