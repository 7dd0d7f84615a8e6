import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import type { HeldImage } from '../../domain/image/image.ts';
import { type Costly, createFairLine } from '../../flow/fair-line.ts';

/** Which due images one round of the sweep asks a gate about, in turn by payer, and several at once. */
export interface GateTurns {
  /** Replaces those that wait, which are in order of their due time. */
  queue(images: readonly HeldImage[]): void;
  /** The next image, if one may be asked about now. */
  take(): GateTurn | undefined;
  /**
   * Those that don't wait any more: the gate hangs for the images of their payer, or it has so many that they would
   * hide others. `afterMs`: when each is due again, so that a flood comes back bit by bit.
   */
  giveUp(): readonly { readonly image: HeldImage; readonly afterMs: number }[];
  hasFreePlace(): boolean;
  /** Payers with a question under way begin no more of them. */
  close(): void;
}

export interface GateTurn {
  readonly image: HeldImage;
  /** `hung`: the question took the whole time-out. */
  end(outcome: { readonly hung: boolean }): void;
}

/**
 * How many images of a payer are asked about at a time: one at first, one more after each answer, and half as many
 * after a question that hung. None: the payer's others aren't asked about in this round, which would only wait for
 * time-outs.
 */
interface Window {
  size: number;
  running: number;
  /** Those that were given up in this round. */
  given: number;
  isClosed: boolean;
}

/**
 * A payer without a question begins one beside as many again: then the line at the gate, which also has the requests,
 * tells who is next.
 */
const BESIDE = 2;
/** Images of one payer that wait in a round. */
const MOST_WAITING = 50;
/** Images of one payer that come back in a minute. */
const BACK_IN_A_MINUTE = 200;

interface Waiting extends Costly {
  readonly image: HeldImage;
}

export function createGateTurns(places: number): GateTurns {
  const line = createFairLine<Waiting>();
  const windows = new Map<string, Window>();
  /** As in `guardGate`: a payer leaves one place to others. */
  const largest = Math.max(1, places - 1);
  let running = 0;

  const windowOf = ({ payer }: Waiting): Window => {
    const name = JSON.stringify([payer.account, payer.member]);
    const window = windows.get(name) ?? { size: 1, running: 0, given: 0, isClosed: false };
    windows.set(name, window);
    return window;
  };
  const mayBegin = (one: Waiting): boolean => {
    const window = windowOf(one);
    if (window.isClosed) return false;
    return window.running < window.size && running < (window.running === 0 ? places * BESIDE : places);
  };
  const end = (one: Waiting, hung: boolean): void => {
    const window = windowOf(one);
    line.finish(one, one.estimate);
    running -= 1;
    window.running -= 1;
    window.size = hung ? Math.floor(window.size / 2) : Math.min(window.size + 1, largest);
  };

  return {
    queue(images) {
      for (const one of line.all()) line.remove(one);
      const isAsked = ({ screening }: HeldImage): boolean => screening.failures > 0;
      for (const image of [...images.filter((one) => !isAsked(one)), ...images.filter(isAsked)])
        line.add({ image, payer: payerOfUpload(image, UNKNOWN_PAYER), estimate: 1 });
    },

    take() {
      const one = line.take(mayBegin);
      if (!one) return undefined;
      running += 1;
      windowOf(one).running += 1;
      return { image: one.image, end: ({ hung }) => end(one, hung) };
    },

    giveUp() {
      const waiting = Map.groupBy(line.all(), windowOf);
      return [...waiting].flatMap(([window, ofPayer]) => {
        const isVain = window.size === 0 && window.running === 0;
        return ofPayer.slice(isVain ? 0 : MOST_WAITING).map((one) => {
          line.remove(one);
          window.given += 1;
          return { image: one.image, afterMs: 60_000 * (1 + Math.floor(window.given / BACK_IN_A_MINUTE)) };
        });
      });
    },

    hasFreePlace: () => running < places,

    close() {
      for (const window of windows.values()) if (window.running > 0) window.isClosed = true;
    },
  };
}
