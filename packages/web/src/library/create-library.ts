import { SafelightError } from '@safelight/client';
import type { Library, LibraryOptions, LibrarySnapshot, Need, Picture, Segment } from './library.ts';
import { AFTER_ALL_IDS, BEFORE_ALL_IDS, justAfter, timeOf } from './picture-id.ts';
import { readAbove, readBelow, readBetween, readOldest } from './read-page.ts';
import { dropFar, fillGap, gapOf, putPicture, removePicture, restoreBlock, UNKNOWN } from './segments.ts';
import { withoutFragments } from './without-fragments.ts';

/** Pictures kept in memory: about 5 MB, and a minute of fast scrolling. */
const MOST_LOADED = 3_000;

/** Begins to load the newest. */
export function createLibrary(options: LibraryOptions): Library {
  const closing = new AbortController();
  const reading = { ...options, signal: closing.signal };
  const listeners = new Set<() => void>();
  /** By the key of the segment. */
  const running = new Map<number, Promise<void>>();
  /**
   * The changes of each page that is being read, since its request: pictures that were put, and removed ones as
   * undefined.
   */
  const reads = new Set<Changes>();
  /** New pictures that aren't shown yet. */
  const arrived = new Map<string, Picture>();
  /** The uploads that came when there were no pictures. */
  let filling: object | undefined;
  /**
   * Ids of the pictures with which a list filled an empty gallery: the first of these uploads. Their own arrival is
   * reported a little later.
   */
  let filledWith: ReadonlySet<string> = new Set();
  /** Among the pictures newer than the newest shown one, those older than this id weren't read; undefined: all were. */
  let arrivedFrom: string | undefined;
  const note = (id: string, picture: Picture | undefined): void => {
    for (const changes of reads) changes.set(id, picture);
  };
  let current: LibrarySnapshot = {
    pictures: [],
    segments: UNKNOWN,
    oldest: undefined,
    isEmpty: undefined,
    arrived: 0,
    error: undefined,
  };

  function change(next: Partial<LibrarySnapshot>): void {
    if (closing.signal.aborted) return;
    const segments = next.segments ?? current.segments;
    const isEmpty = segments.length === 0 ? true : segments.some(({ kind }) => kind === 'block') ? false : undefined;
    const pictures =
      segments === current.segments
        ? current.pictures
        : segments.flatMap((segment) => (segment.kind === 'block' ? (segment.pictures ?? []) : []));
    if (segments !== current.segments && arrived.size > 0)
      for (const { image_id } of pictures) arrived.delete(image_id);
    const last = segments.at(-1);
    const oldest = last?.kind === 'block' ? timeOf(last.oldest) : (next.oldest ?? current.oldest);
    current = { ...current, ...next, segments, pictures, isEmpty, oldest, arrived: arrived.size };
    for (const listener of listeners) listener();
  }

  async function changesDuring<Read>(
    read: Promise<Read>,
  ): Promise<{ readonly answer: Read; readonly changes: Changes }> {
    const changes: Changes = new Map();
    reads.add(changes);
    return { answer: await read.finally(() => reads.delete(changes)), changes };
  }

  async function load(need: Need): Promise<void> {
    if ('block' in need) {
      const { key, newest, oldest, count } = need.block;
      const { answer, changes } = await changesDuring(readBetween(reading, justAfter(newest), oldest, count));
      change({ segments: changed(restoreBlock(current.segments, key, answer), changes), error: undefined });
    } else {
      const { gap, at } = need;
      const page =
        at === 'oldest' ? readAbove(reading, gap.from) : readBelow(reading, at === 'newest' ? gap.to : at.below);
      const { answer, changes } = await changesDuring(page);
      const segments = fillGap(current.segments, gap.key, withoutFragments(answer));
      change({ segments: changed(segments, changes), error: undefined });
    }
  }

  /** Resolves also after a failure, which `error` then tells. */
  function loadOnce(need: Need): Promise<void> {
    const { key } = 'block' in need ? need.block : need.gap;
    const before = running.get(key);
    if (before) return before;
    const work = load(need)
      .catch(failed)
      .finally(() => running.delete(key));
    running.set(key, work);
    return work;
  }

  function failed(error: unknown): void {
    if (closing.signal.aborted) return;
    if (!(error instanceof SafelightError)) throw error;
    change({ error });
  }

  async function readEnds(): Promise<void> {
    const [gap] = current.segments;
    if (gap?.kind === 'gap') await loadOnce({ gap, at: 'newest' });
    if (current.oldest === undefined && current.isEmpty === false) await learnOldest().catch(failed);
  }

  async function learnOldest(): Promise<void> {
    const oldest = await readOldest(reading);
    if (oldest) change({ oldest: timeOf(oldest.image_id) });
  }

  /**
   * Loads until the segment of that index is a loaded block; undefined if there is none, or the service doesn't answer.
   */
  async function loaded(place: () => { index: number; need?: Need }): Promise<Segment | undefined> {
    for (;;) {
      const { index, need } = place();
      const segment = current.segments[index];
      if (segment === undefined || (segment.kind === 'block' && segment.pictures)) return segment;
      await loadOnce(need ?? (segment.kind === 'block' ? { block: segment } : { gap: segment, at: 'newest' }));
      if (current.error || closing.signal.aborted) return undefined;
    }
  }

  /** The picture with that id, or the next older one. */
  async function atOrBelow(id: string): Promise<Picture | undefined> {
    const segment = await loaded(() => {
      const index = current.segments.findIndex((one) => (one.kind === 'gap' ? one.from < id : one.oldest <= id));
      const gap = current.segments[index];
      if (gap?.kind !== 'gap') return { index };
      return { index, need: { gap, at: justAfter(id) < gap.to ? { below: justAfter(id) } : 'newest' } };
    });
    return segment?.kind === 'block' ? segment.pictures?.find(({ image_id }) => image_id <= id) : undefined;
  }

  async function above(id: string): Promise<Picture | undefined> {
    const segment = await loaded(() => {
      const index = current.segments.findLastIndex((one) => (one.kind === 'gap' ? one.to > id : one.newest > id));
      const gap = current.segments[index];
      if (gap?.kind !== 'gap') return { index };
      return { index, need: { gap, at: gap.from >= id ? 'oldest' : { below: justAfter(id) } } };
    });
    return segment?.kind === 'block' ? segment.pictures?.findLast(({ image_id }) => image_id > id) : undefined;
  }

  async function refresh(): Promise<void> {
    change({ error: undefined });
    const [first] = current.segments;
    if (first?.kind === 'gap') {
      const isUnderWay = running.has(first.key); // the service may have read it before what is asked for now
      await readEnds();
      if (!isUnderWay || current.error) return;
    }
    const arrivedBefore = [...arrived.keys()];
    const { answer, changes } = await changesDuring(readBelow(reading, AFTER_ALL_IDS));
    const listed = new Set(answer.pictures.map(({ image_id }) => image_id));
    const known = new Map(current.pictures.map((picture) => [picture.image_id, picture]));
    let { segments } = current;
    for (const id of [...known.keys(), ...arrivedBefore]) {
      if (id <= answer.from || listed.has(id) || changes.has(id)) continue;
      arrived.delete(id);
      segments = withLost(segments, id);
    }
    for (const picture of answer.pictures) {
      const { image_id: id } = picture;
      const [before, put] = [known.get(id), putPicture(segments, picture)];
      if (changes.has(id)) continue;
      if (before && isLost(before)) segments = put;
      else if (!before && put !== segments) arrived.set(id, picture);
    }
    if (answer.from > newestShown()) arrivedFrom = answer.from;
    change({ segments, error: undefined });
    if (current.isEmpty) {
      settle();
      filledWith = new Set(current.pictures.map(({ image_id }) => image_id));
    }
    if (current.oldest === undefined && current.isEmpty === false) await learnOldest();
  }

  function newestShown(): string {
    const [first] = current.segments;
    return first?.kind === 'block' ? first.newest : BEFORE_ALL_IDS;
  }

  /** In the place of the picture, if it is loaded, one of the same shape that can't be seen. */
  function withLost(segments: readonly Segment[], id: string): readonly Segment[] {
    const picture = current.pictures.find(({ image_id }) => image_id === id);
    return picture
      ? putPicture(segments, { ...picture, status: 'deleted', placeholder: null, dominant_color: null })
      : segments;
  }

  function withoutLost(segments: readonly Segment[]): readonly Segment[] {
    const lost = current.pictures.filter(isLost);
    return lost.reduce((all, { image_id }) => removePicture(all, image_id), segments);
  }

  function settle(): void {
    const pictures = [...arrived.values()].toSorted((one, other) => (one.image_id < other.image_id ? 1 : -1));
    let segments = withoutLost(current.segments);
    if (arrivedFrom !== undefined && arrivedFrom > newestShown()) {
      const gap = gapOf(AFTER_ALL_IDS, newestShown());
      const from = arrivedFrom;
      const page = { pictures: pictures.filter(({ image_id }) => image_id >= from), to: AFTER_ALL_IDS, from };
      segments = fillGap([gap, ...segments], gap.key, page);
    }
    arrivedFrom = undefined;
    for (const picture of pictures) segments = putPicture(segments, picture);
    arrived.clear();
    change({ segments });
  }

  void readEnds();
  return {
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    nextOf: (id) => unlessLost(id, (from) => atOrBelow(justBefore(from))),
    previousOf: (id) => unlessLost(id, above),
    async find(id) {
      const picture = await atOrBelow(id);
      return picture?.image_id === id && !isLost(picture) ? picture : undefined;
    },
    need(needs) {
      if (current.error) return;
      for (const need of needs) void loadOnce(need);
    },
    keepNear(near, pinned) {
      const segments = dropFar(current.segments, { near, pinned, most: MOST_LOADED });
      if (segments !== current.segments) change({ segments });
    },
    arrive(picture, run) {
      if (options.user !== undefined && picture.user_id !== options.user) return;
      const { image_id: id } = picture;
      if (current.isEmpty || filledWith.has(id)) {
        filling = run;
        if (arrived.size > 0) settle(); // those of this run that said so before
      }
      const segments = putPicture(current.segments, picture);
      if (segments === current.segments) return note(id, picture); // its place isn't loaded, and will be with it
      if (filling === run || current.pictures.some(({ image_id }) => image_id === id)) return change({ segments });
      arrived.set(id, picture);
      change({});
    },
    settle,
    put(picture) {
      if (options.user !== undefined && picture.user_id !== options.user) return;
      note(picture.image_id, picture);
      const segments = putPicture(current.segments, picture);
      if (segments !== current.segments) change({ segments });
    },
    remove(id) {
      note(id, undefined);
      arrived.delete(id);
      change({ segments: removePicture(withoutLost(current.segments), id) });
      if (current.isEmpty) settle();
    },
    lose(id) {
      note(id, undefined);
      arrived.delete(id);
      change({ segments: withLost(current.segments, id) });
    },
    refresh: () => void refresh().catch(failed),
    close: () => closing.abort(),
  };
}

const isLost = ({ status }: Picture): boolean => status === 'deleted';

/** The next one that isn't lost. */
async function unlessLost(
  id: string,
  next: (from: string) => Promise<Picture | undefined>,
): Promise<Picture | undefined> {
  let found = await next(id);
  while (found && isLost(found)) found = await next(found.image_id);
  return found;
}

/** Changes made since a page was asked for. */
type Changes = Map<string, Picture | undefined>;

const changed = (segments: readonly Segment[], changes: Changes): readonly Segment[] =>
  [...changes].reduce((all, [id, picture]) => (picture ? putPicture(all, picture) : removePicture(all, id)), segments);

/** Less than the id, and not less than any smaller one: ids are lower-case hex. */
function justBefore(id: string): string {
  const last = id.at(-1) ?? '';
  return `${id.slice(0, -1)}${String.fromCharCode(last.charCodeAt(0) - 1)}g`;
}
