import type { SafelightError } from '@safelight/client';
import { type Library, MEMBER_FIELDS, type Member, type Sorted } from '../library/library.ts';
import type { Position } from '../library/position.ts';
import { firstIndex } from '../timeline/first-index.ts';
import type { CalendarMonth } from '../ui/formats.ts';
import {
  between,
  EVERYTHING,
  except,
  has,
  isWithin,
  joined,
  NOTHING,
  overlap,
  partsOutside,
  type Range,
  type Selection,
  toggled,
  withoutRange,
  withRange,
} from './selection.ts';
import { loadedSpans, spanOfDays, spanOfMonth } from './spans.ts';

/** Pictures: so many can be named in ten requests, and be undone. */
export const MOST_SELECTED = 10_000;
const PAGE = 1_000;

export interface SelectingSnapshot {
  readonly selection: Selection;
  /** The number of pictures that are known to be selected. */
  readonly count: number;
  readonly bytes: number;
  /** Whether selected pictures are still being read, so that there will be more. */
  readonly isReading: boolean;
  /** Whether there are more pictures than can be selected. */
  readonly isFull: boolean;
  /** Why the latest could not all be read. */
  readonly error: SafelightError | undefined;
  /** The latest picture that was chosen. */
  readonly latest: Position | undefined;
}

/** Which pictures of a library are selected, from the first one on. */
export interface Selecting {
  readonly library: Library;
  snapshot(): SelectingSnapshot;
  subscribe(listener: () => void): () => void;
  toggle(at: Position): void;
  add(ranges: readonly Range[]): void;
  /** A range that begins at this picture replaces none before it. */
  anchor(at: Position): void;
  /** The range from the latest chosen picture to this one, instead of the range that was chosen like this before. */
  extend(to: Position): void;
  /** Selects the days of these times, or none of them if all of them are selected. */
  toggleDays(oldest: number, newest: number): void;
  toggleMonth(month: CalendarMonth): void;
  hasDays(oldest: number, newest: number): boolean;
  hasMonth(month: CalendarMonth): boolean;
  /** All that the library has, as far as `MOST_SELECTED`. They are read. */
  selectAll(): void;
  /** What isn't read yet isn't selected. */
  stop(): void;
  /** Those that are known, the newest first. */
  members(): readonly Member[];
  /** What has become of selected pictures. */
  update(changed: ReadonlyMap<string, Partial<Member>>): void;
  /** They are gone. Without a picture the selection ends. */
  forget(ids: Iterable<string>): void;
  end(): void;
}

/** Selects by that work, the first picture too. */
export type Begin = (work: (selecting: Selecting) => void) => void;

export function createSelecting(library: Library, onEnd: () => void): Selecting {
  const listeners = new Set<() => void>();
  let selection = NOTHING;
  /** Before the range that `extend` replaces. */
  let base = NOTHING;
  let anchor: Position | undefined;
  /** The pictures of `covered`, by their ids. */
  const known = new Map<string, Member>();
  /** The parts of the selected ranges of which all pictures were known: what comes there later isn't selected. */
  let covered: readonly Range[] = [];
  let { segments } = library.snapshot();
  let isReading = false;
  /** Whether the service is asked, perhaps for what isn't selected any more. */
  let isAsking = false;
  let hasEnded = false;
  let current: SelectingSnapshot = {
    selection,
    count: 0,
    bytes: 0,
    isReading,
    isFull: false,
    error: undefined,
    latest: undefined,
  };

  const unsubscribe = library.subscribe(() => {
    if (library.snapshot().segments === segments) return;
    ({ segments } = library.snapshot());
    notice();
    emit({});
  });

  function emit(next: Partial<SelectingSnapshot>): void {
    if (hasEnded) return;
    let [count, bytes] = [0, 0];
    for (const { at, size } of known.values()) {
      if (!has(selection, at)) continue;
      count += 1;
      bytes += size ?? 0;
    }
    current = { ...current, ...next, selection, count, bytes, isReading, latest: anchor };
    if (count === 0 && !isReading) end();
    else for (const listener of listeners) listener();
  }

  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    unsubscribe();
    onEnd();
  }

  function select(next: Selection): void {
    selection = next;
    covered = partsOutside(covered, partsOutside(covered, selection.ranges));
    for (const [id, { at }] of known) if (!isWithin(covered, at)) known.delete(id);
    coverLoaded();
    isReading = missing().length > 0;
    emit({ isFull: false, error: undefined });
    if (isReading && !isAsking) void readMissing();
  }

  const missing = (): readonly Range[] => partsOutside(selection.ranges, covered);

  /** What is loaded needs no reading. */
  function coverLoaded(): void {
    const { pictures } = library.snapshot();
    for (const span of loadedSpans(library.snapshot()))
      for (const part of missing()) {
        const loaded = overlap(part, span);
        if (!loaded) continue;
        for (const picture of within(pictures, loaded))
          if (picture.status !== 'deleted') known.set(picture.image_id, memberOf(picture));
        covered = joined(covered, loaded);
      }
  }

  /** Pictures may have come, gone or changed. */
  function notice(): void {
    const { pictures } = library.snapshot();
    const arrived = pictures.filter(({ image_id, at }) => !known.has(image_id) && isWithin(covered, at));
    for (const picture of arrived) known.set(picture.image_id, memberOf(picture));
    if (arrived.length > 0)
      selection = except(
        selection,
        arrived.map(({ at }) => at),
      );
    const spans = loadedSpans(library.snapshot());
    for (const [id, { at }] of known) {
      const picture = library.loaded(id);
      if (picture ? picture.status === 'deleted' : isWithin(spans, at)) known.delete(id);
      else if (picture) known.set(id, memberOf(picture));
    }
    coverLoaded();
  }

  async function readMissing(): Promise<void> {
    let error: SafelightError | undefined;
    let isFull = false;
    isAsking = true;
    try {
      for (;;) {
        const [part] = missing();
        if (!part || hasEnded) break;
        const room = MOST_SELECTED - current.count;
        isFull = room <= 0;
        if (isFull) break;
        const page = await library.membersBelow(part.to, PAGE);
        const members = page.members.slice(0, room);
        const from = (members.length < page.members.length && members.at(-1)?.at) || page.from;
        const read = { from: from > part.from ? from : part.from, to: part.to };
        for (const stillMissing of missing()) {
          const now = overlap(stillMissing, read);
          if (!now) continue;
          for (const member of members) if (isWithin([now], member.at)) known.set(member.image_id, member);
          covered = joined(covered, now);
        }
        emit({});
      }
    } catch (problem) {
      error = problem as SafelightError;
    }
    isAsking = false;
    leaveMissing();
    emit({ error, isFull });
  }

  function leaveMissing(): void {
    selection = missing().reduce(withoutRange, selection);
    [base, isReading] = [selection, false];
  }

  /** Whether there are pictures in that range, and all are selected. */
  function hasAll(range: Range): boolean {
    const pictures = within(library.snapshot().pictures, range);
    const unknown = partsOutside([range], [...loadedSpans(library.snapshot()), ...selection.ranges]);
    return unknown.length === 0 && pictures.length > 0 && pictures.every(({ at }) => has(selection, at));
  }

  function toggleRange(range: Range): void {
    base = hasAll(range) ? withoutRange(selection, range) : withRange(selection, range);
    select(base);
  }

  return {
    library,
    snapshot: () => current,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle(at) {
      anchor = at;
      base = toggled(selection, at);
      select(base);
    },
    add(ranges) {
      base = ranges.reduce(withRange, selection);
      select(base);
    },
    anchor(at) {
      [anchor, base] = [at, selection];
    },
    extend(to) {
      anchor ??= to;
      select(withRange(base, between(anchor, to)));
    },
    toggleDays: (oldest, newest) => toggleRange(spanOfDays(oldest, newest, library.order)),
    toggleMonth: (month) => toggleRange(spanOfMonth(month, library.order)),
    hasDays: (oldest, newest) => hasAll(spanOfDays(oldest, newest, library.order)),
    hasMonth: (month) => hasAll(spanOfMonth(month, library.order)),
    selectAll() {
      base = withRange(selection, EVERYTHING);
      select(base);
    },
    stop() {
      leaveMissing();
      emit({});
    },
    members: () =>
      [...known.values()].filter(({ at }) => has(selection, at)).toSorted((one, other) => (one.at < other.at ? 1 : -1)),
    update(changed) {
      for (const [id, change] of changed) {
        const member = known.get(id);
        if (member) known.set(id, { ...member, ...change });
      }
    },
    forget(ids) {
      for (const id of ids) known.delete(id);
      emit({});
    },
    end,
  };
}

function memberOf(picture: Sorted): Member {
  const { image_id, at } = picture;
  return { image_id, at, ...(Object.fromEntries(MEMBER_FIELDS.map((name) => [name, picture[name]])) as Fields) };
}

type Fields = Pick<Sorted, (typeof MEMBER_FIELDS)[number]>;

/** The part of pictures in their order. */
function within(pictures: readonly Sorted[], { from, to }: Range): readonly Sorted[] {
  return pictures.slice(
    firstIndex(pictures, ({ at }) => at < to),
    firstIndex(pictures, ({ at }) => at < from),
  );
}
