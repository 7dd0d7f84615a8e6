import type { Services, StoredEvents } from '../../services.ts';
import { endLease } from './hold-lease.ts';
import type { SweepOptions } from './sweep.ts';

type MoveServices = Pick<Services, 'coordination' | 'clock'> & { readonly events: StoredEvents | null };

/** A holder that died is succeeded after this. */
const LEASE_SECONDS = 60;
/** Each attempt at a lease costs a write. */
const RENEW_SECONDS = LEASE_SECONDS / 2;
/** A waiting change is published within this time; each look costs a read. */
const LOOK_SECONDS = 1;
const IDLE_LOOK_SECONDS = 5;
/** Rounds of one shard in a sweep without a long-lived process: the rest is left to the next one. */
const ROUNDS = 50;

/** Publishes the events of the shards whose leases this process holds. */
export interface EventMoving {
  readonly shards: readonly number[];
  /** One look at a shard. Returns the seconds until the next one. Errors: those of the repository. */
  look(shard: number): Promise<number>;
  /** Releases the leases. */
  end(): Promise<void>;
}

/** When this process must renew a shard's lease, and how soon it looks for events again. */
interface Held {
  renewAt: number;
  idleSeconds: number;
}

export function createEventMoving(services: MoveServices, { holder }: Pick<SweepOptions, 'holder'>): EventMoving {
  const { coordination, clock, events } = services;
  const mover = events?.log.mover;
  const shards = mover && events ? Array.from({ length: events.log.shards }, (_, shard) => shard) : [];
  const held = new Map<number, Held>();
  const leaseOf = (shard: number) => ({ name: `events-${shard}`, holder }) as const;

  /** undefined: another process moves the shard. */
  async function holding(shard: number): Promise<Held | undefined> {
    const now = clock.now();
    const known = held.get(shard);
    if (known && Math.abs(known.renewAt - now.getTime()) <= RENEW_SECONDS * 1000 && now.getTime() < known.renewAt)
      return known;
    const until = new Date(now.getTime() + LEASE_SECONDS * 1000);
    if (!(await coordination.holdLease({ ...leaseOf(shard), until }, now))) {
      held.delete(shard);
      return undefined;
    }
    const renewAt = now.getTime() + RENEW_SECONDS * 1000;
    const fresh = { idleSeconds: LOOK_SECONDS, ...known, renewAt };
    held.set(shard, fresh);
    return fresh;
  }

  return {
    shards,

    async look(shard) {
      const state = await holding(shard);
      if (!state || !mover) return RENEW_SECONDS;
      const { moved, isMore } = await mover.move(shard, clock.now());
      if (moved > 0 && isMore) return 0;
      const isIdle = moved === 0 && !isMore;
      state.idleSeconds = isIdle ? Math.min(state.idleSeconds + 1, IDLE_LOOK_SECONDS) : LOOK_SECONDS;
      return state.idleSeconds;
    },

    async end() {
      await Promise.all([...held.keys()].map((shard) => endLease(services, leaseOf(shard))));
      held.clear();
    },
  };
}

/**
 * All shards at once, for a sweeper without a long-lived process. Errors: those of the repository, after all shards.
 */
export async function moveEvents(services: MoveServices, { holder, signal }: SweepOptions): Promise<void> {
  const moving = createEventMoving(services, { holder });
  try {
    const outcomes = await Promise.allSettled(
      moving.shards.map(async (shard) => {
        for (let round = 0; round < ROUNDS && !signal.aborted && (await moving.look(shard)) === 0; round += 1);
      }),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  } finally {
    await moving.end();
  }
}
