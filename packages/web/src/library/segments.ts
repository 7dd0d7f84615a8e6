import type { Block, Gap, Segment, Sorted } from './library.ts';
import { AFTER_ALL, BEFORE_ALL, type Position } from './position.ts';

/** All pictures between two positions, both exclusive, the newest first. */
export interface Page {
  readonly pictures: readonly Sorted[];
  readonly to: Position;
  readonly from: Position;
}

/** A block that grows beyond this, by uploads, is split. */
const LARGEST_BLOCK = 500;

let keys = 0;

export const gapOf = (to: Position, from: Position): Gap => ({ kind: 'gap', key: ++keys, to, from });

/** Nothing is known. */
export const UNKNOWN: readonly Segment[] = [gapOf(AFTER_ALL, BEFORE_ALL)];

/** Undefined for no pictures. */
export function blockOf(pictures: readonly Sorted[], key = ++keys): Block | undefined {
  const [first, last] = [pictures[0], pictures.at(-1)];
  if (!first || !last) return undefined;
  return { kind: 'block', key, newest: first.at, oldest: last.at, count: pictures.length, pictures };
}

/** The part of a page that lies in the gap becomes a block; what the page doesn't cover stays as gaps around it. */
export function fillGap(segments: readonly Segment[], key: number, page: Page): readonly Segment[] {
  return segments.flatMap((segment): readonly Segment[] => {
    if (segment.kind !== 'gap' || segment.key !== key) return [segment];
    const to = page.to < segment.to ? page.to : segment.to;
    const from = page.from > segment.from ? page.from : segment.from;
    if (from >= to) return [segment];
    const block = blockOf(page.pictures.filter(({ at }) => at > segment.from && at < segment.to));
    return [
      ...(to < segment.to ? [gapOf(segment.to, to)] : []),
      ...(block ? [block] : []),
      ...(from > segment.from ? [gapOf(from, segment.from)] : []),
    ];
  });
}

/**
 * Replaces the picture or inserts it. One that is loaded keeps its position. In a gap or a dropped block nothing
 * changes: it will be loaded with the rest.
 */
export function putPicture(segments: readonly Segment[], given: Sorted): readonly Segment[] {
  const at = pictureIn(segments, given.image_id)?.at ?? given.at;
  const picture = { ...given, at };
  const isUnknown = segments.some((segment) =>
    segment.kind === 'gap' ? at > segment.from && at < segment.to : !segment.pictures && isWithin(segment, at),
  );
  if (isUnknown) return segments;
  const within = segments.findIndex((segment) => segment.kind === 'block' && isWithin(segment, at));
  // Between blocks, or beyond the first or the last one: the newer neighbour takes it, if it is loaded.
  const older = segments.findIndex((segment) => (segment.kind === 'gap' ? segment.to <= at : segment.newest < at));
  const place = older === -1 ? segments.length : older;
  const index = within !== -1 ? within : [place - 1, place].find((near) => isLoaded(segments[near]));
  const block = index === undefined ? undefined : segments[index];
  if (index === undefined || block?.kind !== 'block') {
    return segments.toSpliced(place, 0, ...[blockOf([picture])].filter((one) => one !== undefined));
  }
  const others = (block.pictures ?? []).filter((one) => one.at !== at);
  const next = others.findIndex((one) => one.at < at);
  return segments.toSpliced(
    index,
    1,
    ...split(others.toSpliced(next === -1 ? others.length : next, 0, picture), block.key),
  );
}

/** undefined: it isn't loaded. */
function pictureIn(segments: readonly Segment[], id: string): Sorted | undefined {
  for (const segment of segments) {
    const found = segment.kind === 'block' ? segment.pictures?.find(({ image_id }) => image_id === id) : undefined;
    if (found) return found;
  }
  return undefined;
}

function split(pictures: readonly Sorted[], key: number): readonly Block[] {
  const parts =
    pictures.length > LARGEST_BLOCK
      ? [blockOf(pictures.slice(0, pictures.length / 2)), blockOf(pictures.slice(pictures.length / 2), key)]
      : [blockOf(pictures, key)];
  return parts.filter((part) => part !== undefined);
}

export function removePictures(segments: readonly Segment[], ids: ReadonlySet<string>): readonly Segment[] {
  const left = segments.flatMap((segment): readonly Segment[] => {
    if (segment.kind === 'gap' || !segment.pictures?.some(({ image_id }) => ids.has(image_id))) return [segment];
    const block = blockOf(
      segment.pictures.filter(({ image_id }) => !ids.has(image_id)),
      segment.key,
    );
    return block ? [block] : [];
  });
  return left.length < segments.length ? withWholeGaps(left) : left;
}

/** Where a block has left, the gaps beside it are one, or reach to the end. */
function withWholeGaps(segments: readonly Segment[]): readonly Segment[] {
  const joined: Segment[] = [];
  for (const [index, segment] of segments.entries()) {
    const before = joined.at(-1);
    if (segment.kind === 'block') {
      joined.push(segment);
      continue;
    }
    const to = index === 0 ? AFTER_ALL : before?.kind === 'gap' ? before.to : segment.to;
    const from = index === segments.length - 1 ? BEFORE_ALL : segment.from;
    if (before?.kind === 'gap') joined.pop();
    joined.push(to === segment.to && from === segment.from ? segment : gapOf(to, from));
  }
  return joined;
}

/**
 * Pictures of these positions are there again: what seems to be known without them is a gap from the first of them to
 * the last.
 */
export function reopen(segments: readonly Segment[], positions: readonly Position[]): readonly Segment[] {
  const missing = positions.filter((at) => !segments.some((segment) => isKnownToHave(segment, at))).toSorted();
  const [oldest, newest] = [missing[0], missing.at(-1)];
  if (oldest === undefined || newest === undefined) return segments;
  const above = segments.filter((one) => (one.kind === 'gap' ? one.from : one.oldest) > newest);
  const below = segments.filter((one) => (one.kind === 'gap' ? one.to : one.newest) < oldest);
  const [last, first] = [above.at(-1), below[0]];
  const to = last ? (last.kind === 'gap' ? last.from : last.oldest) : AFTER_ALL;
  const from = first ? (first.kind === 'gap' ? first.to : first.newest) : BEFORE_ALL;
  return withWholeGaps([...above, gapOf(to, from), ...below]);
}

/** Whether the picture is loaded, or will be with the rest. */
function isKnownToHave(segment: Segment, at: Position): boolean {
  if (segment.kind === 'gap') return at > segment.from && at < segment.to;
  if (!isWithin(segment, at)) return false;
  return !segment.pictures || segment.pictures.some((picture) => picture.at === at);
}

/** The pictures of a dropped block; those of its ends may be gone meanwhile. */
export function restoreBlock(
  segments: readonly Segment[],
  key: number,
  pictures: readonly Sorted[],
): readonly Segment[] {
  return segments.flatMap((segment): readonly Segment[] => {
    if (segment.kind !== 'block' || segment.key !== key || segment.pictures) return [segment];
    const block = blockOf(
      pictures.filter(({ at }) => isWithin(segment, at)),
      key,
    );
    return block ? [block] : [];
  });
}

/** Drops the blocks farthest from that one, until at most `most` pictures are loaded. */
export function dropFar(
  segments: readonly Segment[],
  { near, pinned, most }: { readonly near: number; readonly pinned: readonly number[]; readonly most: number },
): readonly Segment[] {
  const center = segments.findIndex(({ key }) => key === near);
  let loaded = segments.reduce((sum, segment) => sum + (isLoaded(segment) ? segment.count : 0), 0);
  if (loaded <= most || center === -1) return segments;
  const dropped = new Set<number>();
  const farthest = segments
    .map((segment, index) => ({ segment, distance: Math.abs(index - center) }))
    .toSorted((one, other) => other.distance - one.distance);
  for (const { segment, distance } of farthest) {
    if (loaded <= most || distance <= 1) break;
    if (!isLoaded(segment) || pinned.includes(segment.key)) continue;
    dropped.add(segment.key);
    loaded -= segment.count;
  }
  return segments.map((segment) =>
    segment.kind === 'block' && dropped.has(segment.key) ? { ...segment, pictures: undefined } : segment,
  );
}

const isWithin = ({ newest, oldest }: Block, at: Position): boolean => at >= oldest && at <= newest;

const isLoaded = (segment: Segment | undefined): segment is Block =>
  segment?.kind === 'block' && segment.pictures !== undefined;
