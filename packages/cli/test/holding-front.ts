import { setTimeout as delay } from 'node:timers/promises';
import { type Front, startFront } from '../../../test/servers/front.ts';

export interface HoldingFront extends Front {
  /** How many more requests of its method pass. Others wait until it is more than 0. */
  left: number;
}

/** A service behind a proxy by which a run ends no earlier than its test wants, however slow the test is. */
export async function startHolding(origin: string, method: string, left: number): Promise<HoldingFront> {
  const front = await startFront(async (incoming, outgoing) => {
    if (incoming.method !== method) return origin;
    while (holding.left <= 0 && !outgoing.destroyed) await delay(10);
    if (!outgoing.destroyed) holding.left -= 1;
    return origin;
  });
  const holding: HoldingFront = { ...front, left };
  return holding;
}
