import { SafelightError } from '@safelight/client';
import {
  FIRST_PAGE,
  type Library,
  type LibrarySnapshot,
  type Picture,
  type Segment,
  type Sorted,
} from '../library/library.ts';
import { ALL } from '../library/library-query.ts';
import { AFTER_ALL, BEFORE_ALL, type Position } from '../library/position.ts';
import { blockOf, fillGap, gapOf, putPicture, removePictures } from '../library/segments.ts';
import { MONTH, positionsBetween, positionsOf } from './places.ts';

/** The orders of an album that have no dates, or begin with the oldest one. */
export type SequenceOrder = 'oldest' | 'taken-oldest' | 'added' | 'manual';

interface SequenceOptions {
  readonly order: SequenceOrder;
  /** Errors: `SafelightError`; `invalid-cursor` if the list has to begin anew. */
  readonly read: (page: AskedPage) => Promise<ListedPage>;
  /** How many pictures it has, for the height of what isn't loaded. */
  readonly images: number;
}

/** The pictures of an album, one page after another from the first on. */
export interface Sequence extends Library {
  readonly by: SequenceOrder;
  /** Moves pictures, in their order, behind that one; undefined: to the beginning. The service isn't told. */
  move(ids: readonly string[], after: string | undefined): void;
}

export interface AskedPage {
  /** undefined: the first page. */
  readonly cursor: string | undefined;
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface ListedPage {
  readonly images: readonly Picture[];
  readonly next_cursor: string | null;
}

const PAGE = 200;
/** The longest list that the service answers. */
const LONGEST = 1_000;
/** Begins the position of a picture that isn't loaded. */
const UNKNOWN = '?';

/** Begins to load the first. A picture's position says where it stands among the others, and nothing of its date. */
export function createSequence({ order, read, images }: SequenceOptions): Sequence {
  const closing = new AbortController();
  const { signal } = closing;
  const listeners = new Set<() => void>();
  /** Where pictures stand or stood: what comes back is where it was. */
  const positions = new Map<string, Position>();
  let byId: ReadonlyMap<string, Sorted> = new Map();
  /** Where the next page begins; null: all are loaded. */
  let cursor: string | null | undefined;
  let reading: Promise<void> | undefined;
  let current: LibrarySnapshot = {
    pictures: [],
    segments: [gapOf(AFTER_ALL, BEFORE_ALL)],
    oldest: undefined,
    months: [{ month: MONTH, images }],
    isEmpty: undefined,
    arrived: 0,
    revealed: undefined,
    error: undefined,
  };

  function change(next: Partial<LibrarySnapshot>): void {
    if (signal.aborted) return;
    const { segments = current.segments } = next;
    if (segments !== current.segments) {
      const pictures = segments.flatMap((one) => (one.kind === 'block' ? (one.pictures ?? []) : []));
      byId = new Map(pictures.map((picture) => [picture.image_id, picture]));
      for (const { image_id, at } of pictures) positions.set(image_id, at);
      const isEmpty = segments.length === 0 ? true : pictures.length > 0 ? false : undefined;
      current = { ...current, pictures, isEmpty };
    }
    current = { ...current, ...next };
    for (const listener of listeners) listener();
  }

  async function readNext(): Promise<void> {
    const gap = current.segments.at(-1);
    if (gap?.kind !== 'gap') return;
    const limit = cursor === undefined ? FIRST_PAGE : PAGE;
    const { images: listed, next_cursor } = await read({ cursor: cursor ?? undefined, limit, signal });
    cursor = next_cursor;
    const fresh = listed.filter(({ image_id }) => !byId.has(image_id));
    const places = positionsBetween(current.pictures.at(-1)?.at, undefined, fresh.length);
    const pictures = fresh.map((picture, index) => ({ ...picture, at: places[index] ?? '' }));
    const end = pictures.at(-1)?.at ?? gap.to;
    const page = { pictures, to: AFTER_ALL, from: next_cursor === null ? BEFORE_ALL : end };
    change({ segments: fillGap(current.segments, gap.key, page), error: undefined });
  }

  /** Reads what is loaded again. Its places stay, unless others have moved it. */
  async function readAll(): Promise<void> {
    const count = current.pictures.length;
    const listed: Picture[] = [];
    let next: string | null | undefined;
    do {
      const limit = Math.min(LONGEST, Math.max(FIRST_PAGE, count - listed.length));
      const answer = await read({ cursor: next ?? undefined, limit, signal });
      listed.push(...answer.images);
      next = answer.next_cursor;
    } while (next !== null && listed.length < count);
    cursor = next;
    const places = positionsOf(
      listed.map(({ image_id }) => image_id),
      new Map(current.pictures.map(({ image_id, at }) => [image_id, at])),
    );
    const pictures = listed.map((picture, index) => ({ ...picture, at: places[index] ?? '' }));
    const blocks = Array.from({ length: Math.ceil(pictures.length / PAGE) }, (_, index) =>
      blockOf(pictures.slice(index * PAGE, (index + 1) * PAGE)),
    ).filter((block) => block !== undefined);
    const rest: readonly Segment[] = next === null ? [] : [gapOf(pictures.at(-1)?.at ?? AFTER_ALL, BEFORE_ALL)];
    change({ segments: [...blocks, ...rest], error: undefined });
  }

  /** Resolves also after a failure, which `error` then tells. */
  function once(work: () => Promise<void>): Promise<void> {
    reading ??= work()
      .catch((error: unknown) => {
        if (error instanceof SafelightError && error.code === 'invalid-cursor') return readAll();
        throw error;
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof SafelightError)) throw error;
        change({ error });
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  }

  async function refresh(): Promise<void> {
    await reading;
    change({ error: undefined });
    if (current.pictures.length > 0) return once(readAll);
    cursor = undefined;
    if (current.isEmpty) change({ segments: [gapOf(AFTER_ALL, BEFORE_ALL)] });
    return once(readNext);
  }

  /** Reads on until there is such a picture, or an end. */
  async function firstThat(isIt: (picture: Sorted) => boolean): Promise<Sorted | undefined> {
    for (;;) {
      const found = current.pictures.find((picture) => isIt(picture) && picture.status !== 'deleted');
      if (found || current.segments.at(-1)?.kind !== 'gap') return found;
      await once(readNext);
      if (current.error || signal.aborted) return undefined;
    }
  }

  const find = (id: string): Promise<Sorted | undefined> => firstThat(({ image_id }) => image_id === id);

  /** The position of a picture that had to be found before. */
  const resolved = async (position: Position): Promise<Position | undefined> =>
    position.startsWith(UNKNOWN) ? (await find(position.slice(UNKNOWN.length)))?.at : position;

  const put = (segments: readonly Segment[], picture: Picture): readonly Segment[] => {
    const at = positions.get(picture.image_id);
    return at === undefined ? segments : putPicture(segments, { ...picture, at });
  };

  const lostIds = (): ReadonlySet<string> =>
    new Set(current.pictures.filter(({ status }) => status === 'deleted').map(({ image_id }) => image_id));

  function removeAll(ids: ReadonlySet<string>): readonly Sorted[] {
    const loaded = current.pictures.filter(({ image_id }) => ids.has(image_id));
    change({ segments: removePictures(current.segments, new Set([...ids, ...lostIds()])) });
    return loaded;
  }

  /** Each of the pictures at its new position. */
  function place(places: ReadonlyMap<string, Position>): void {
    const moved = current.pictures.filter(({ image_id }) => places.has(image_id));
    const others = removePictures(current.segments, new Set(places.keys()));
    const placed = moved.map((picture) => ({ ...picture, at: places.get(picture.image_id) ?? picture.at }));
    change({ segments: placed.reduce(putPicture, others) });
  }

  void once(readNext);
  return {
    by: order,
    order: 'upload',
    hasDates: false,
    query: ALL,
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    loaded: (id) => byId.get(id),
    positionOf: ({ image_id: id }) => byId.get(id)?.at ?? positions.get(id) ?? `${UNKNOWN}${id}`,
    async nextOf(position) {
      const from = await resolved(position);
      return from === undefined ? undefined : firstThat(({ at }) => at < from);
    },
    async previousOf(position) {
      const from = await resolved(position);
      if (from === undefined) return undefined;
      await firstThat(({ at }) => at <= from); // what stands between may not be loaded
      return current.pictures.findLast(({ at, status }) => at > from && status !== 'deleted');
    },
    find,
    need(needs) {
      if (!current.error && needs.length > 0) void once(readNext);
    },
    keepNear: () => undefined,
    put: (picture) => change({ segments: put(current.segments, picture) }),
    arrive(picture) {
      if (byId.has(picture.image_id)) change({ segments: put(current.segments, picture) });
    },
    settle() {
      const lost = lostIds();
      if (lost.size > 0) removeAll(lost);
      return undefined;
    },
    reveal(id) {
      if (id === undefined) change({ revealed: undefined });
      else void find(id).then((revealed) => revealed && change({ revealed }));
    },
    remove: (id) => void removeAll(new Set([id])),
    removeAll,
    putAll: (pictures) => change({ segments: pictures.reduce(put, current.segments) }),
    reopen(wanted) {
      const known = new Set(current.pictures.map(({ at }) => at));
      if (wanted.some((at) => !known.has(at))) void refresh();
    },
    async membersBelow(to, limit) {
      const below = () => current.pictures.filter(({ at, status }) => at < to && status !== 'deleted').slice(0, limit);
      while (below().length < limit && current.segments.at(-1)?.kind === 'gap') {
        await once(readNext);
        if (current.error) throw current.error;
        signal.throwIfAborted();
      }
      const members = below();
      return { members, from: members.length < limit ? BEFORE_ALL : (members.at(-1)?.at ?? BEFORE_ALL) };
    },
    readAgain: refresh,
    lose(id) {
      const picture = byId.get(id);
      const gone = { status: 'deleted', placeholder: null, dominant_color: null } as const;
      if (picture) change({ segments: putPicture(current.segments, { ...picture, ...gone }) });
    },
    refresh: () => void refresh(),
    reset: () => void refresh(),
    lookForUploads: () => undefined,
    close: () => closing.abort(),
    move(ids, after) {
      const moving = new Set(ids);
      const others = current.pictures.filter(({ image_id }) => !moving.has(image_id));
      const index = others.findIndex(({ image_id }) => image_id === after);
      const places = positionsBetween(others[index]?.at, others[index + 1]?.at, ids.length);
      place(new Map(ids.map((id, number) => [id, places[number] ?? ''])));
    },
  };
}
