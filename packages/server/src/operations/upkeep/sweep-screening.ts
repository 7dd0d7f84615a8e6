import { dueAt, type HeldImage, type Image } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { keepRenewing } from '../../flow/lease.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { Services } from '../../services.ts';
import { createGateTurns } from '../gates/gate-turns.ts';
import { gateToAsk, putOff, type ScreenedHeld, screenHeld } from '../gates/screen-held.ts';
import { objectsOf } from '../images/image-objects.ts';
import { endLease, holdLease, LEASE_SECONDS, renewLease } from './hold-lease.ts';
import type { SweepServices } from './sweep-image.ts';
import { attempt, CALLS_AT_ONCE, removeAll, WORKS_AT_ONCE } from './sweep-page.ts';

type ScreeningServices = SweepServices & Pick<Services, 'albums' | 'coordination' | 'dueAges'>;

const LANE = 'screening';
/**
 * Due images that a look reads in all shards together, so that a flood of one payer hides nobody; and the fewest of one
 * shard.
 */
const READ_AHEAD = 200;
const FEWEST_OF_SHARD = 20;
/** Images that are held while questions hang are asked about beside them. */
const LOOK_MS = 5_000;
/**
 * Other parts of the sweep wait for the end of a round where they have no loop of their own. It ends with the questions
 * that are then under way, beside which others' images are asked about.
 */
const ROUND_MS = 60_000;
/** A process without a free place leaves a shard to others for this time. */
const LEFT_MS = 10_000;

/**
 * Asks the gates about the held images that are due, in turn by payer, and ends waits at their deadlines, which wait
 * for no gate. Reads again while questions are under way, and ends when there is nothing left to begin. Errors: those
 * of the repository.
 */
export async function sweepScreening(
  services: ScreeningServices,
  { holder, signal }: { readonly holder: string; readonly signal: AbortSignal },
): Promise<void> {
  const { images, clock, dueAges } = services;
  const first = Math.floor(Math.random() * images.shards); // several processes rarely meet
  const shards = Array.from({ length: images.shards }, (_, nth) => (first + nth) % images.shards);
  const ahead = Math.max(FEWEST_OF_SHARD, Math.ceil(READ_AHEAD / images.shards));
  await using leases = createLeases(services, holder);
  await using asking = createAsking(services);
  /** Whether to look again. */
  const look = async (): Promise<boolean> => {
    let isEmpty = true;
    let isMore = false;
    for (const shard of shards) {
      for (let hidesOthers = true; hidesOthers; ) {
        if (signal.aborted) return false;
        const now = clock.now();
        const limit = ahead + asking.waitingIn(shard); // those are read again
        const page = await images.due(now, limit, { lane: LANE, shard });
        dueAges.found(LANE, page);
        const [first] = page;
        isEmpty &&= first === undefined;
        const isLeft = first && !asking.hasFreePlace() && now.getTime() - (dueAt(first)?.getTime() ?? 0) < LEFT_MS;
        if (first && !leases.has(shard) && (isLeft || !(await leases.hold(shard)))) break;
        const offered = await asking.offer(shard, page.filter(isHeld));
        isMore ||= offered.begun > 0 || (offered.waiting > 0 && page.length === limit);
        hidesOthers = offered.putOff > 0 && page.length === limit;
      }
    }
    if (isEmpty) dueAges.nothing(LANE);
    return isMore;
  };
  const endMs = clock.elapsedMs() + ROUND_MS;
  while ((await look()) || asking.isBusy()) {
    if (clock.elapsedMs() >= endMs && asking.close() === 'over') return;
    if (!(await asking.goOn(signal))) return;
  }
}

const isHeld = (image: Image): image is HeldImage => image.status === 'held';

/**
 * What one round asks, and has asked. Disposing waits for the questions under way. Errors of it: those of the
 * repository.
 */
interface Asking extends AsyncDisposable {
  /**
   * Ends the waits that are over, and lets the others of the shard wait for their turn, unless they had it in this
   * round.
   */
  offer(shard: number, due: readonly HeldImage[]): Promise<Offered>;
  /** Asks until it is time for the next look. False: the round was stopped. */
  goOn(signal: AbortSignal): Promise<boolean>;
  waitingIn(shard: number): number;
  hasFreePlace(): boolean;
  isBusy(): boolean;
  /** Payers with a question under way begin no more. `over`: those that were under way at the first call have ended. */
  close(): 'over' | 'running';
}

/** Numbers of images. */
interface Offered {
  readonly begun: number;
  readonly putOff: number;
  readonly waiting: number;
}

function createAsking(services: ScreeningServices): Asking {
  const { gates, clock } = services;
  // Each gate has places of its own, so that one that hangs takes none of the others. Together they are bounded by
  // decoders and disk.
  const mostOfGate = Math.max(2, Math.floor(WORKS_AT_ONCE / Math.max(gates.length, 1)));
  const turns = new Map(
    gates.map((gate) => [gate, createGateTurns(Math.min(gate.rules.concurrency, mostOfGate))] as const),
  );
  const waiting = new Map<number, readonly HeldImage[]>();
  /** Images of this round, so that one that stays due after its turn waits for the next round. */
  const ended = new Set<ImageId>();
  const asked = new Set<ImageId>();
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let last: ReadonlySet<Promise<void>> | undefined;

  const screen = (image: HeldImage): Promise<ScreenedHeld | undefined> =>
    attempt(services, image, async () => {
      const screened = await screenHeld(services, image);
      const { refused } = screened;
      if (refused) await removeAll(services, [{ image: refused, keys: await objectsOf(services, refused) }]);
      return screened;
    });
  const begin = (work: Promise<void>): void => {
    const one: Promise<void> = work
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(one));
    running.add(one);
  };
  /** The number of those begun. */
  const beginAll = (): number => {
    const before = asked.size;
    for (const ofGate of turns.values()) {
      for (let turn = ofGate.take(); turn; turn = ofGate.take()) {
        const { image, end } = turn;
        asked.add(image.id);
        let hung = false;
        const asking = screen(image).then((screened) => {
          hung = screened?.hung ?? false;
        });
        begin(asking.finally(() => end({ hung })));
      }
    }
    return asked.size - before;
  };
  /** They would come first in each look, and hide others. */
  const putOffVain = async (): Promise<number> => {
    const vain = [...turns.values()].flatMap((ofGate) => ofGate.giveUp());
    for (const { image } of vain) asked.add(image.id);
    await workAtMost(CALLS_AT_ONCE, vain, async ({ image, afterMs }) => {
      await attempt(services, image, () => putOff(services, image, afterMs));
    });
    return vain.length;
  };
  const queueAll = (): void => {
    const byGate = Map.groupBy([...waiting.values()].flat(), (image) => gateToAsk(services, image));
    for (const [gate, ofGate] of turns) ofGate.queue((byGate.get(gate) ?? []).filter(({ id }) => !asked.has(id)));
  };

  return {
    async offer(shard, due) {
      const over = due.filter((image) => !ended.has(image.id) && !gateToAsk(services, image));
      for (const { id } of over) ended.add(id);
      await workAtMost(CALLS_AT_ONCE, over, async (image) => void (await screen(image)));
      const toAsk = due.filter(({ id }) => !asked.has(id) && !over.some((one) => one.id === id));
      waiting.set(shard, toAsk);
      queueAll();
      const begun = over.length + beginAll();
      return { begun, putOff: await putOffVain(), waiting: toAsk.length };
    },

    async goOn(signal) {
      const nextLookMs = clock.elapsedMs() + LOOK_MS;
      for (;;) {
        await putOffVain();
        if (failures.length > 0) throw failures[0];
        if (signal.aborted) return false;
        beginAll();
        const leftMs = nextLookMs - clock.elapsedMs();
        if (running.size === 0 || leftMs <= 0) return true;
        await waitAtMost(leftMs, Promise.race(running));
      }
    },

    waitingIn: (shard) => (waiting.get(shard) ?? []).filter(({ id }) => !asked.has(id)).length,
    hasFreePlace: () => turns.size === 0 || [...turns.values()].some((ofGate) => ofGate.hasFreePlace()),
    isBusy: () => running.size > 0,

    close() {
      if (!last) for (const ofGate of turns.values()) ofGate.close();
      last ??= new Set(running);
      return last.isDisjointFrom(running) ? 'over' : 'running';
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(running);
    },
  };
}

/** The shards of the lane that this process works on. Disposing leaves them to others. */
interface Leases extends AsyncDisposable {
  has(shard: number): boolean;
  /** False: another process works on it. */
  hold(shard: number): Promise<boolean>;
}

function createLeases(services: ScreeningServices, holder: string): Leases {
  const held = new Set<number>();
  const leaseOf = (shard: number) => ({ name: `sweep-${LANE}-${shard}`, holder }) as const;
  const renewing = keepRenewing(LEASE_SECONDS, async () => {
    // A process that was frozen leaves the shard to its successor.
    for (const shard of held) if (!(await renewLease(services, leaseOf(shard)))) held.delete(shard);
  });
  return {
    has: (shard) => held.has(shard),
    async hold(shard) {
      if (!held.has(shard) && (await holdLease(services, leaseOf(shard)))) held.add(shard);
      return held.has(shard);
    },
    async [Symbol.asyncDispose]() {
      await renewing[Symbol.asyncDispose]();
      await Promise.all([...held].map((shard) => endLease(services, leaseOf(shard))));
    },
  };
}
