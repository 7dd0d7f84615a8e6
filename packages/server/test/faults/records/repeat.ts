import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario, ServiceOnStore } from './scenario.ts';

/** Slightly longer than the longest lease: after it work with an unknown outcome can be repeated. */
const LEASE_MS = 61_000;
/** Between two looks at work that continues in the background. */
const LOOK_AGAIN_MS = 50;

/** What was told to try again succeeds, once the store is well and every lease is over. */
export async function repeat<Service extends ServiceOnStore>(
  service: Service,
  scenario: Scenario<Service>,
  id: string,
): Promise<void> {
  const { act, again = act } = scenario;
  service.clock.offsetMs += LEASE_MS;
  let outcome = await again(service, id);
  while (scenario.isAnsweredEarly && outcome === 'stale') {
    await delay(LOOK_AGAIN_MS);
    outcome = await again(service, id);
  }
  assert.equal(outcome, 'done', 'expected the next attempt to succeed');
}
