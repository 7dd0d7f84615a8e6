import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { READER } from '../../domain/facts/facts.ts';
import {
  begunReading,
  type FactsReading,
  type FactsRequest,
  type FactsWalk,
  type Placing,
  steppedReading,
  withoutRoom,
  withPlaced,
  withPlacing,
  withRead,
} from '../../domain/facts/reading.ts';
import { lacksFacts } from '../../domain/facts/reread.ts';
import type { PublishedImage } from '../../domain/image/image.ts';
import { backedOff, isWalkDue } from '../../domain/walk.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import { readReading, writeFactsWalk } from '../../records/coordination/facts-bookmarks.ts';
import type { Places, PublishedPage } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { observedRound } from './observed-round.ts';
import { type RereadServices, rereadImage } from './reread-facts.ts';
import type { SweepOptions } from './sweep.ts';
import { walkPublished } from './walk-published.ts';

type FactsServices = RereadServices & Pick<Services, 'coordination' | 'clock'>;

/** Originals that are fetched and read at once: few, because nobody waits for them. */
const AT_ONCE = 4;
/** Writes of a table at once. */
const PLACED_AT_ONCE = 16;
/** An original that the store, which is there, doesn't give in so many rounds is skipped. */
const ATTEMPTS = 3;
/** One for which this machine has no room in so many rounds, an hour with their backoff, is skipped. */
const ROOM_ATTEMPTS = 24;

/**
 * Reads the facts of published images that an operator has asked for, and gives all images their places in lists by
 * capture. Does nothing while another holder does it.
 * Errors: those of coordination; a page that fails is repeated, with a backoff.
 */
export async function fillFacts(services: FactsServices, options: SweepOptions): Promise<void> {
  if (await dueReading(services)) await fill(services, options);
}

async function dueReading({ coordination, clock }: FactsServices): Promise<FactsReading | undefined> {
  const reading = await readReading(coordination);
  if (!reading || reading.request.reader > READER) return undefined;
  const from = new Date(reading.walk?.placing?.fromMs ?? 0);
  return isWalkDue(reading.walk, clock.now(), from) ? reading : undefined;
}

const fill = observedRound('facts', (services: FactsServices, options: SweepOptions) =>
  walkPublished<FactsRequest, FactsWalk>(services, options, {
    lease: 'facts',
    pageSize: 100,
    due: () => dueReading(services),
    begun: begunReading,
    after: (page, walk) => walkAfterPage(services, { page, walk, signal: options.signal }),
    write: (walk) => writeFactsWalk(services.coordination, walk),
    tellPostponed: (error) => services.observe({ event: 'facts-postponed', error }),
    tellDone: ({ images, read, skipped }) => services.observe({ event: 'facts-filled', images, read, skipped }),
  }),
);

interface Page {
  readonly page: PublishedPage;
  readonly walk: FactsWalk;
  readonly signal: AbortSignal;
}

async function walkAfterPage(services: FactsServices, { page, walk: before, signal }: Page): Promise<FactsWalk> {
  const { images, next } = page;
  const { places } = services.images;
  if (places && !before.placing) return withPlacing(before, await begunPlacing(services, places));
  const attempt = before.failures + 1;
  const isLastAttempt = attempt >= ATTEMPTS && (await isThere(services));
  const { noRoomBytes } = before;
  const lacking = images.filter(lacksFacts);
  const { read, skipped, failed } = await readAll(services, lacking, { signal, isLastAttempt, noRoomBytes });
  const now = services.clock.now();
  const walk = withRead(before, read);
  if (signal.aborted) return walk;
  const isGivenUp = ({ error }: Failure): boolean =>
    isLastAttempt && (attempt >= ROOM_ATTEMPTS || !isOfThisMachine(error));
  const [failure] = failed.filter((one) => !isGivenUp(one));
  if (failure) {
    services.observe({ event: 'facts-postponed', error: failure.error });
    return { ...backedOff(walk, now), failures: attempt };
  }
  const left = [...skipped, ...failed];
  for (const one of left) tellSkipped(services, one);
  const sizes = left.flatMap(({ image, error }) => (isOfThisMachine(error) ? image.sizeBytes : []));
  const seen = withoutRoom(walk, sizes);
  const placed = places ? withPlaced(seen, await placeAll(places, page, signal)) : seen;
  if (signal.aborted) return placed;
  const stepped = steppedReading(placed, { images: images.length, skipped: left.length, next }, now);
  if (stepped.doneAt && stepped.placing) await places?.finish(stepped.placing.begun);
  return stepped;
}

async function begunPlacing({ clock }: Pick<Services, 'clock'>, places: Places): Promise<Placing> {
  const begun = await places.begin();
  return { begun, fromMs: clock.now().getTime() + places.noticedMs };
}

/** How many of the images lacked something. */
async function placeAll(places: Places, { images, left }: PublishedPage, signal: AbortSignal): Promise<number> {
  let placed = 0;
  await workAtMost(PLACED_AT_ONCE, [...images.map(({ id }) => id), ...left], async (id) => {
    if (!signal.aborted && (await places.place(id))) placed += 1;
  });
  return placed;
}

interface Failure {
  readonly image: PublishedImage;
  readonly error: unknown;
}

interface ReadOptions {
  readonly signal: AbortSignal;
  readonly isLastAttempt: boolean;
  /** For originals from this size on there was no room before. */
  readonly noRoomBytes: number | undefined;
}

/**
 * A picture that can't be read is `skipped`; one that may be readable later has `failed`. `isLastAttempt`: each is
 * tried, because those that fail are skipped.
 */
async function readAll(
  services: FactsServices,
  images: readonly PublishedImage[],
  { signal, isLastAttempt, noRoomBytes = Number.POSITIVE_INFINITY }: ReadOptions,
) {
  let read = 0;
  const [skipped, failed]: [Failure[], Failure[]] = [[], []];
  await workAtMost(AT_ONCE, images, async (image) => {
    const isAway = !isLastAttempt && failed.length >= AT_ONCE && read === 0; // a store that is away needs its whole timeout to say so
    if (signal.aborted || isAway) return;
    try {
      if (await rereadImage(services, image)) read += 1;
    } catch (error) {
      const hasNoRoom = isOfThisMachine(error) && image.sizeBytes >= noRoomBytes;
      (isLasting(error) || hasNoRoom ? skipped : failed).push({ image, error });
    }
  });
  return { read, skipped, failed };
}

/** The bytes, or the record, are the cause. */
const LASTING: readonly ErrorCode[] = ['original-lost', 'decoder-failed', 'internal'];
/** This machine is the cause. */
const OF_THIS_MACHINE: readonly ErrorCode[] = ['overloaded', 'insufficient-storage'];

const isLasting = (error: unknown): boolean =>
  error instanceof AppError && (error.isOfNewerVersion || LASTING.includes(error.code));

const isOfThisMachine = (error: unknown): boolean => error instanceof AppError && OF_THIS_MACHINE.includes(error.code);

/** Unreadable files must not hold up the walk, and a store that is away must not be taken for some. */
const isThere = ({ objects }: FactsServices): Promise<boolean> =>
  objects.check().then(
    () => true,
    () => false,
  );

const tellSkipped = ({ observe }: FactsServices, { image, error }: Failure): void =>
  observe({ event: 'facts-skipped', imageId: image.id, error });
