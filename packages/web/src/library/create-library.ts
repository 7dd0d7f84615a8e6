import { SafelightError } from '@safelight/client';
import { belongs } from './belongs.ts';
import type { Library, LibraryOptions, LibrarySnapshot, Need, Picture, Segment, Sorted } from './library.ts';
import { ALL, isAll } from './library-query.ts';
import { AFTER_ALL, BEFORE_ALL, justAfter, justBefore, type Position, positionOf, timeOf } from './position.ts';
import { imageOf, readNewest } from './read-newest.ts';
import {
  MOST_SINCE,
  type Reading,
  readAbove,
  readBelow,
  readBetween,
  readingMembers,
  readMonths,
  readOldest,
  readUploadsSince,
} from './read-page.ts';
import { dropFar, fillGap, gapOf, putPicture, removePictures, reopen, restoreBlock, UNKNOWN } from './segments.ts';
import { together } from './together.ts';
import { withoutFragments } from './without-fragments.ts';

/** Pictures kept in memory: about 5 MB, and a minute of fast scrolling. */
const MOST_LOADED = 3_000;

/** Begins to load the newest. */
export function createLibrary(options: LibraryOptions): Library {
  const closing = new AbortController();
  const { user, query = ALL, order: dates, album } = options;
  const order = query.words === undefined ? dates : 'upload';
  /** By id: the revision that a picture had when it was taken out here. Older lists still have it. */
  const away = new Map<string, number>();
  const isAway = ({ image_id: id, revision = 0 }: Picture): boolean => revision <= (away.get(id) ?? -1);
  const reading: Reading = { ...options, query, order, dates, signal: closing.signal, rests: new Map(), isAway };
  const membersReading = readingMembers(reading);
  const listeners = new Set<() => void>();
  /** By the key of the segment. */
  const running = new Map<number, Promise<void>>();
  /** Requests of blocks that somebody waits for, wherever the view is. */
  let awaited = 0;
  /**
   * The changes of each page that is being read, since its request: pictures that were put, and removed ones as
   * undefined.
   */
  const reads = new Set<Changes>();
  /** New pictures that aren't shown yet. */
  const arrived = new Map<string, Sorted>();
  /** Pictures newer than the newest shown one weren't read if they are before this position; undefined: all were. */
  let arrivedFrom: Position | undefined;
  const note = (id: string, picture: Sorted | undefined): void => {
    for (const changes of reads) changes.set(id, picture);
  };
  /** Pictures that were shown, and have left: only the service knows whether another one has the query's words. */
  const left = new Set<string>();
  const isMember = (picture: Picture): boolean | undefined => {
    const { image_id: id } = picture;
    if (user !== undefined && picture.user_id !== user) return false;
    const isIn = belongs(picture, query, dates);
    // A picture doesn't tell its albums.
    const isKnown = album === undefined || isIn === false ? isIn : undefined;
    return isKnown ?? (byId.has(id) || left.has(id) || undefined);
  };
  let current: LibrarySnapshot = {
    pictures: [],
    segments: UNKNOWN,
    oldest: undefined,
    months: undefined,
    isEmpty: undefined,
    arrived: 0,
    revealed: undefined,
    error: undefined,
  };

  /** The id of the latest upload that was seen; an id tells its time. */
  let latestUpload: string | undefined;
  /** The loaded pictures by their ids. */
  let byId: ReadonlyMap<string, Sorted> = new Map();

  function change(next: Partial<LibrarySnapshot>): void {
    if (closing.signal.aborted) return;
    const segments = next.segments ?? current.segments;
    const isEmpty = segments.length === 0 ? true : segments.some(({ kind }) => kind === 'block') ? false : undefined;
    const pictures =
      segments === current.segments
        ? current.pictures
        : segments.flatMap((segment) => (segment.kind === 'block' ? (segment.pictures ?? []) : []));
    if (pictures !== current.pictures) {
      byId = new Map(pictures.map((picture) => [picture.image_id, picture]));
      for (const id of byId.keys()) {
        arrived.delete(id);
        if (latestUpload === undefined || id > latestUpload) latestUpload = id;
      }
    }
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

  const placeOf = (picture: Picture): Position =>
    byId.get(picture.image_id)?.at ?? ('at' in picture ? (picture as Sorted).at : positionOf(picture, order));
  const sorted = (picture: Picture): Sorted => ({ ...picture, at: placeOf(picture) });
  /** Without those that are loaded at another place, because their dates have changed since. */
  const unmoved = (pictures: readonly Sorted[]): readonly Sorted[] =>
    pictures.filter(({ image_id, at }) => (byId.get(image_id)?.at ?? at) === at);

  async function load(need: Need): Promise<void> {
    if ('block' in need) {
      const { key, newest, oldest, count } = need.block;
      const { answer, changes } = await changesDuring(readBetween(reading, justAfter(newest), oldest, count));
      const segments = restoreBlock(current.segments, key, unmoved(answer));
      change({ segments: changed(segments, changes), error: undefined });
    } else {
      const { gap, at } = need;
      const page =
        at === 'oldest' ? readAbove(reading, gap.from) : readBelow(reading, at === 'newest' ? gap.to : at.below);
      const { answer, changes } = await changesDuring(page);
      const part = withoutFragments({ ...answer, pictures: unmoved(answer.pictures) });
      change({ segments: changed(fillGap(current.segments, gap.key, part), changes), error: undefined });
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

  function failed(error: unknown): undefined {
    if (closing.signal.aborted) return;
    if (!(error instanceof SafelightError)) throw error;
    change({ error });
  }

  async function readEnds(): Promise<void> {
    const [gap] = current.segments;
    if (gap?.kind === 'gap') await loadOnce({ gap, at: 'newest' });
    if (current.oldest === undefined && current.isEmpty === false) await learnExtent().catch(failed);
  }

  /** Both at once, so that what isn't loaded gets its height once. Without months it is estimated. */
  async function learnExtent(): Promise<void> {
    const counted = isAll(query) && album === undefined ? readMonths(reading).catch(() => undefined) : undefined;
    const [oldest, months] = await Promise.all([readOldest(reading), counted]);
    if (oldest) change({ oldest: timeOf(oldest.at), months });
  }

  /**
   * Loads until the segment of that index is a loaded block; undefined if there is none, or the service doesn't answer.
   */
  async function loaded(place: () => { index: number; need?: Need }): Promise<Segment | undefined> {
    for (;;) {
      const { index, need } = place();
      const segment = current.segments[index];
      if (segment === undefined || (segment.kind === 'block' && segment.pictures)) return segment;
      awaited += 1;
      const missing: Need = segment.kind === 'block' ? { block: segment } : { gap: segment, at: 'newest' };
      await loadOnce(need ?? missing).finally(() => (awaited -= 1));
      if (current.error || closing.signal.aborted) return undefined;
    }
  }

  /** The picture at that position, or the next older one. */
  async function atOrBelow(position: Position): Promise<Sorted | undefined> {
    const segment = await loaded(() => {
      const index = current.segments.findIndex((one) =>
        one.kind === 'gap' ? one.from < position : one.oldest <= position,
      );
      const gap = current.segments[index];
      if (gap?.kind !== 'gap') return { index };
      return { index, need: { gap, at: justAfter(position) < gap.to ? { below: justAfter(position) } : 'newest' } };
    });
    return segment?.kind === 'block' ? segment.pictures?.find(({ at }) => at <= position) : undefined;
  }

  async function above(position: Position): Promise<Sorted | undefined> {
    const segment = await loaded(() => {
      const index = current.segments.findLastIndex((one) =>
        one.kind === 'gap' ? one.to > position : one.newest > position,
      );
      const gap = current.segments[index];
      if (gap?.kind !== 'gap') return { index };
      return { index, need: { gap, at: gap.from >= position ? 'oldest' : { below: justAfter(position) } } };
    });
    return segment?.kind === 'block' ? segment.pictures?.findLast(({ at }) => at > position) : undefined;
  }

  async function refresh(): Promise<void> {
    change({ error: undefined });
    const [first] = current.segments;
    if (first?.kind === 'gap') {
      const isUnderWay = running.has(first.key); // the service may have read it before what is asked for now
      await readEnds();
      if (!isUnderWay || current.error) return;
    }
    const arrivedBefore = [...arrived.values()];
    const { answer, changes } = await changesDuring(readNewest(reading, [...current.pictures, ...arrivedBefore]));
    const { newest, uploads, gone } = answer;
    const known = byId;
    let { segments } = current;
    if (!gone) {
      // In their places, so that what is on the screen stays there: those near it are read at once.
      segments = segments.map((one) => (one.kind === 'block' ? { ...one, pictures: undefined } : one));
      arrived.clear();
    }
    for (const id of gone ?? []) {
      if (changes.has(id)) continue;
      arrived.delete(id);
      segments = withLost(segments, id);
    }
    for (const picture of [...newest.pictures, ...uploads]) {
      const { image_id: id } = picture;
      const [before, put] = [known.get(id), putPicture(segments, picture)];
      if (changes.has(id)) continue;
      if (before && isLost(before)) segments = put;
      else if (!before && put !== segments) arrived.set(id, picture);
    }
    if (newest.from > newestShown()) arrivedFrom = newest.from;
    change({ segments, error: undefined });
    if (current.isEmpty) settle();
    if (current.oldest === undefined && current.isEmpty === false) await learnExtent();
  }

  async function lookForUploads(): Promise<void> {
    const before = latestUpload;
    if (before === undefined || current.isEmpty !== false) return refresh();
    const { answer, changes } = await changesDuring(readUploadsSince(reading, timeOf(before)));
    const fresh = answer.filter(({ image_id: id }) => id > before && !byId.has(id) && !changes.has(id));
    latestUpload = answer[0]?.image_id ?? before;
    if (fresh.length === MOST_SINCE) return refresh();
    for (const one of fresh)
      if (isMember(one) !== false && putPicture(current.segments, one) !== current.segments)
        arrived.set(one.image_id, one);
    if (fresh.length > 0) change({});
  }

  /** By upload the id is the position. */
  async function positionOfUnknown(id: string): Promise<Position | undefined> {
    if (order === 'upload') return id;
    const image = await imageOf(reading, id).catch(failed);
    return image && placeOf(image);
  }

  function newestShown(): Position {
    const [first] = current.segments;
    return first?.kind === 'block' ? first.newest : BEFORE_ALL;
  }

  /** In the place of the picture, if it is loaded, one of the same shape that can't be seen. */
  function withLost(segments: readonly Segment[], id: string): readonly Segment[] {
    const picture = byId.get(id);
    return picture
      ? putPicture(segments, { ...picture, status: 'deleted', placeholder: null, dominant_color: null })
      : segments;
  }

  function withoutLost(segments: readonly Segment[]): readonly Segment[] {
    return removePictures(segments, idsOf(current.pictures.filter(isLost)));
  }

  function settle(): Sorted | undefined {
    const pictures = [...arrived.values()].toSorted((one, other) => (one.at < other.at ? 1 : -1));
    let segments = withoutLost(current.segments);
    if (arrivedFrom !== undefined && arrivedFrom > newestShown()) {
      const gap = gapOf(AFTER_ALL, newestShown());
      const from = arrivedFrom;
      const page = { pictures: pictures.filter(({ at }) => at >= from), to: AFTER_ALL, from };
      segments = fillGap([gap, ...segments], gap.key, page);
    }
    arrivedFrom = undefined;
    for (const picture of pictures) segments = putPicture(segments, picture);
    arrived.clear();
    change({ segments });
    return pictures[0];
  }

  async function find(id: string): Promise<Sorted | undefined> {
    const position = byId.get(id)?.at ?? (await positionOfUnknown(id));
    const picture = position === undefined ? undefined : await atOrBelow(position);
    return picture?.image_id === id && !isLost(picture) ? picture : undefined;
  }

  /** Many uploads at once are one question to the service. */
  const refreshSoon = together(() => void refresh().catch(failed));

  function lose(id: string): void {
    note(id, undefined);
    const hadArrived = arrived.delete(id);
    if (hadArrived || byId.has(id)) change({ segments: withLost(current.segments, id) });
  }

  function removeAll(ids: ReadonlySet<string>): readonly Sorted[] {
    const loaded = current.pictures.filter(({ image_id }) => ids.has(image_id));
    for (const id of ids) {
      const known = byId.get(id) ?? arrived.get(id);
      if (known) away.set(id, known.revision ?? 0);
      left.add(id);
      note(id, undefined);
      arrived.delete(id);
    }
    change({ segments: removePictures(withoutLost(current.segments), ids) });
    if (current.isEmpty) settle();
    return loaded;
  }

  async function readAgain(ids: ReadonlySet<string>): Promise<void> {
    for (const { kind, key } of current.segments) {
      const segment = current.segments.find((one) => one.key === key);
      if (kind === 'gap' || segment?.kind !== 'block' || !segment.pictures?.some(({ image_id }) => ids.has(image_id)))
        continue;
      const { newest, oldest, count } = segment;
      const { answer, changes } = await changesDuring(readBetween(reading, justAfter(newest), oldest, count));
      let { segments } = current;
      for (const picture of answer) {
        const { image_id: id } = picture;
        const at = byId.get(id)?.at;
        if (at !== undefined && ids.has(id) && !changes.has(id)) segments = putPicture(segments, { ...picture, at });
      }
      change({ segments });
    }
  }

  void readEnds();
  return {
    order,
    hasDates: true,
    query,
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    loaded: (id) => byId.get(id),
    positionOf: placeOf,
    nextOf: (position) => unlessLost(position, (from) => atOrBelow(justBefore(from))),
    previousOf: (position) => unlessLost(position, above),
    find,
    need(needs) {
      if (current.error) return;
      for (const need of needs) void loadOnce(need);
    },
    keepNear(near, pinned) {
      // Dropped before anybody has seen it, a block far from the view would be read again and again.
      if (awaited > 0 || current.revealed) return;
      const segments = dropFar(current.segments, { near, pinned, most: MOST_LOADED });
      if (segments !== current.segments) change({ segments });
    },
    arrive(given) {
      if (isAway(given)) return;
      const isIn = isMember(given);
      if (isIn === undefined) return refreshSoon();
      if (!isIn) {
        if (arrived.delete(given.image_id)) change({});
        return;
      }
      const picture = sorted(given);
      const segments = putPicture(current.segments, picture);
      if (segments === current.segments)
        note(picture.image_id, picture); // its place isn't loaded, and will be with it
      else if (current.isEmpty || byId.has(picture.image_id)) change({ segments });
      else {
        arrived.set(picture.image_id, picture);
        change({});
      }
    },
    settle,
    reveal(id) {
      if (id === undefined) return change({ revealed: undefined });
      settle();
      void find(id).then((revealed) => revealed && change({ revealed }));
    },
    put(given) {
      away.delete(given.image_id);
      if (!isMember(given)) {
        if (byId.has(given.image_id)) lose(given.image_id);
        return;
      }
      const picture = sorted(given);
      note(picture.image_id, picture);
      const segments = putPicture(current.segments, picture);
      if (segments !== current.segments) change({ segments });
    },
    remove: (id) => void removeAll(new Set([id])),
    removeAll,
    putAll(given) {
      for (const { image_id: id } of given) away.delete(id);
      const [members, others] = [given.filter(isMember), given.filter((picture) => !isMember(picture))];
      let { segments } = current;
      for (const picture of members.map(sorted)) {
        note(picture.image_id, picture);
        segments = putPicture(segments, picture);
      }
      for (const { image_id: id, revision = 0 } of others) {
        if (byId.has(id)) left.add(id);
        note(id, undefined);
        arrived.delete(id);
        away.set(id, revision - 1); // a list that was read before
      }
      change({ segments: removePictures(segments, idsOf(others)) });
    },
    reopen(positions) {
      const segments = reopen(current.segments, positions);
      if (segments !== current.segments) change({ segments });
    },
    async membersBelow(to, limit) {
      const { pictures, from } = await readBelow(membersReading, to, limit);
      return { members: unmoved(pictures), from };
    },
    readAgain,
    lose,
    refresh: () => void refresh().catch(failed),
    reset() {
      arrived.clear();
      arrivedFrom = undefined;
      current = { ...current, oldest: undefined, months: undefined };
      change({ segments: [gapOf(AFTER_ALL, BEFORE_ALL)] });
      void readEnds();
    },
    lookForUploads: () => void lookForUploads().catch(failed),
    close: () => closing.abort(),
  };
}

const isLost = ({ status }: Picture): boolean => status === 'deleted';

/** The next one that isn't lost. */
async function unlessLost(
  position: Position,
  next: (from: Position) => Promise<Sorted | undefined>,
): Promise<Sorted | undefined> {
  let found = await next(position);
  while (found && isLost(found)) found = await next(found.at);
  return found;
}

/** Changes made since a page was asked for. */
type Changes = Map<string, Sorted | undefined>;

const changed = (segments: readonly Segment[], changes: Changes): readonly Segment[] =>
  [...changes].reduce(
    (all, [id, picture]) => (picture ? putPicture(all, picture) : removePictures(all, new Set([id]))),
    segments,
  );

const idsOf = (pictures: readonly Picture[]): ReadonlySet<string> => new Set(pictures.map(({ image_id }) => image_id));
