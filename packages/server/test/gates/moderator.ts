import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { MortalService } from '../services/mortal-service.ts';
import { jsonRequest } from '../uploads/upload-requests.ts';
import type { MoodyGate, Unsent } from './moody-gate.ts';

/** Sends what a gate decides otherwise than by its answers. */
export interface Moderator {
  workUntilGone(service: MortalService): Promise<void>;
  /** What is left, to a service that stays. */
  sendAll(service: MortalService): Promise<void>;
}

const PAUSE_MS = 200;
const BUSY = [429, 503];

export function createModerator({ unsent, may }: MoodyGate): Moderator {
  async function send(service: MortalService, one: Unsent): Promise<void> {
    const { id, ...decision } = one;
    const answer = await service.send(`/images/${id}/decision`, jsonRequest(decision));
    if (!answer || BUSY.includes(answer.status)) return;
    if (answer.status === 404) return; // deleted, or a direct upload: there is no record yet
    unsent.delete(one);
    if (answer.text.includes('"already-decided"'))
      return assert.ok(may(one.sha256, 'ready') && may(one.sha256, 'rejected'), answer.text);
    assert.ok(answer.status === 200 || answer.text.includes('"not-awaited"'), `${answer.status} ${answer.text}`);
  }

  async function sendAll(service: MortalService): Promise<void> {
    for (const one of unsent) if (!service.isGone()) await send(service, one);
  }

  return {
    sendAll,
    async workUntilGone(service) {
      for (; !service.isGone(); await delay(PAUSE_MS)) await sendAll(service);
    },
  };
}
