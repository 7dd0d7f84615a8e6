import { setTimeout as delay } from 'node:timers/promises';
import { createRandom } from './random.ts';
import { type Album, type Caller, createAlbum, createPictures } from './soak-album.ts';
import { askArbitrarily, createLeftBehind, pipeline, sendMalformed } from './soak-misuse.ts';
import { changeImage, describeImage, listImages, readByPresignedUrl, readImage } from './soak-reads.ts';
import {
  abuseGrant,
  breakOffDirectUpload,
  grantAgain,
  uploadAgain,
  uploadByGrant,
  uploadDirectly,
  uploadInTwoAttempts,
  uploadMany,
  uploadNoImage,
} from './soak-uploads.ts';
import { BusyError, createWire, type Wire } from './soak-wire.ts';

export interface Traffic {
  /** Runs all clients concurrently until each has finished its current action; then all disconnect. */
  run(seconds: number): Promise<void>;
  readonly album: Album;
  readonly wire: Wire;
}

type Action = (caller: Caller) => Promise<void>;

/** The number of clients per action. */
const CLIENTS: readonly { readonly clients: number; readonly actions: readonly Action[] }[] = [
  { clients: 3, actions: [uploadByGrant, uploadDirectly, uploadInTwoAttempts] },
  { clients: 2, actions: [uploadMany, uploadAgain, grantAgain, breakOffDirectUpload] },
  { clients: 2, actions: [readImage, readByPresignedUrl, describeImage] },
  { clients: 1, actions: [listImages, changeImage] },
  { clients: 1, actions: [uploadNoImage, abuseGrant] },
  { clients: 1, actions: [askArbitrarily] },
  { clients: 1, actions: [sendMalformed, pipeline] },
];

/** The share of dropped connections. */
const LEAVE_MS = 200;
/** The pause of a client that got Retry-After. */
const PAUSE_MS = 1_000;

export async function createTraffic(origin: string, seed: number): Promise<Traffic> {
  const wire = createWire(origin);
  const album = createAlbum();
  const pictures = await createPictures();
  let callers = 0;
  const newCaller = (): Caller => {
    callers += 1;
    return { origin, wire, album, pictures, random: createRandom(seed + callers) };
  };

  return {
    wire,
    album,
    async run(seconds) {
      if (album.all().length === 0) await uploadMany(newCaller()); // for the readers
      await using leftBehind = createLeftBehind();
      const stopping = new AbortController();
      const { signal } = stopping;

      const repeat = async (round: (caller: Caller) => Promise<void>): Promise<void> => {
        const caller = newCaller();
        try {
          while (!signal.aborted) {
            await round(caller).catch(async (error: unknown) => {
              if (!(error instanceof BusyError)) throw error;
              await delay(PAUSE_MS);
            });
          }
        } finally {
          stopping.abort(); // a failed client ends the others
        }
      };
      const clients = CLIENTS.flatMap(({ clients, actions }) =>
        Array.from({ length: clients }, () => repeat((caller) => caller.random.pick(actions)(caller))),
      );
      clients.push(
        repeat(async (caller) => {
          await leftBehind.leave(caller);
          await delay(LEAVE_MS);
        }),
      );
      const timer = setTimeout(() => stopping.abort(), seconds * 1000);
      try {
        await Promise.all(clients);
      } finally {
        clearTimeout(timer);
        await Promise.allSettled(clients);
        wire.hangUp();
      }
    },
  };
}
