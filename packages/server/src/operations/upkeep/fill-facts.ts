import { AppError, type ErrorCode } from '../../domain/errors.ts';
import { READER } from '../../domain/facts/facts.ts';
import {
  begunReading,
  type FactsReading,
  type FactsRequest,
  type FactsWalk,
  type Placing,
  steppedReading,
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

type FactsServices = RereadServices & Pick<Services, 'coordination' | 'clock' | 'settings'>;

/** Originals that are fetched and read at once: few, because nobody waits for them. */
const AT_ONCE = 4;
/** Writes of a table at once. */
const PLACED_AT_ONCE = 16;
/** An original that the store, which is there, doesn't give in so many rounds is skipped. */
const ATTEMPTS = 3;

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
  const isLastAttempt = before.failures + 1 >= ATTEMPTS && (await isThere(services));
  const { read, skipped, failed } = await readAll(services, images.filter(lacksFacts), { signal, isLastAttempt });
  const now = services.clock.now();
  const walk = withRead(before, read);
  if (signal.aborted) return walk;
  const [failure] = failed.filter(({ error }) => !isLastAttempt || isOfThisMachine(error));
  if (failure) {
    services.observe({ event: 'facts-postponed', error: failure.error });
    const isOfOriginals = failed.some(({ error }) => !isOfThisMachine(error)) && (await isThere(services));
    return { ...backedOff(walk, now), failures: before.failures + Number(isOfOriginals) };
  }
  const left = [...skipped, ...failed];
  for (const one of left) tellSkipped(services, one);
  const placed = places ? withPlaced(walk, await placeAll(places, page, signal)) : walk;
  if (signal.aborted) return placed;
  const noRoom = left.filter(({ image }) => hasNoRoom(services, image)).length;
  const stepped = steppedReading(placed, { images: images.length, skipped: left.length, noRoom, next }, now);
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

/**
 * A picture that can't be read is `skipped`; one that may be readable later has `failed`. `isLastAttempt`: each is
 * tried, because those that fail are skipped.
 */
async function readAll(
  services: FactsServices,
  images: readonly PublishedImage[],
  { signal, isLastAttempt }: { readonly signal: AbortSignal; readonly isLastAttempt: boolean },
) {
  let read = 0;
  const [skipped, failed]: [Failure[], Failure[]] = [[], []];
  await workAtMost(AT_ONCE, images, async (image) => {
    const isAway = !isLastAttempt && failed.length >= AT_ONCE && read === 0; // a store that is away needs its whole timeout to say so
    if (signal.aborted || isAway) return;
    if (hasNoRoom(services, image)) return void skipped.push({ image, error: noRoomFor(services, image) });
    try {
      if (await rereadImage(services, image)) read += 1;
    } catch (error) {
      (isLasting(error) ? skipped : failed).push({ image, error });
    }
  });
  return { read, skipped, failed };
}

/** The bytes, or the record, are the cause. */
const LASTING: readonly ErrorCode[] = ['original-lost', 'decoder-failed', 'internal'];
/** This machine is the cause: it is busy, or its disk is full. Either may last through a long import, and then ends. */
const OF_THIS_MACHINE: readonly ErrorCode[] = ['overloaded', 'insufficient-storage'];

const isLasting = (error: unknown): boolean =>
  error instanceof AppError && (error.isOfNewerVersion || LASTING.includes(error.code));

const isOfThisMachine = (error: unknown): boolean => error instanceof AppError && OF_THIS_MACHINE.includes(error.code);

/** Whether this machine can never fetch the original, however idle it is: with less, it is a matter of time. */
const hasNoRoom = ({ settings }: FactsServices, { sizeBytes }: PublishedImage): boolean =>
  sizeBytes > settings.maxTemporaryBytes;

const noRoomFor = ({ settings }: FactsServices, { sizeBytes }: PublishedImage): AppError =>
  new AppError(
    'insufficient-storage',
    `expected room in MAX_TEMPORARY_MB for an original of ${sizeBytes} bytes; got ${settings.maxTemporaryBytes} in all`,
  );

/** Unreadable files must not hold up the walk, and a store that is away must not be taken for some. */
const isThere = ({ objects }: FactsServices): Promise<boolean> =>
  objects.check().then(
    () => true,
    () => false,
  );

const tellSkipped = ({ observe }: FactsServices, { image, error }: Failure): void =>
  observe({ event: 'facts-skipped', imageId: image.id, error });
