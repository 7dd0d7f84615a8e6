import type { FactsReading, FactsRequest, FactsWalk } from '../../domain/facts/reading.ts';
import type { Coordination } from './coordination.ts';
import { readWalk, writeWalk } from './walk-bookmarks.ts';

type Bookmarks = Pick<Coordination, 'bookmark' | 'setBookmark'>;

/** The last one that was asked for. Members of a later version are ignored, and kept in its walk. */
export async function readReading(coordination: Pick<Bookmarks, 'bookmark'>): Promise<FactsReading | undefined> {
  const bookmark = await coordination.bookmark('facts-asked');
  if (bookmark === undefined) return undefined;
  const { id, askedAt, reader } = JSON.parse(bookmark) as StoredRequest;
  const request: FactsRequest = { id, askedAt: new Date(askedAt), reader };
  return { request, walk: await readWalk<FactsWalk>(coordination, 'facts-walk', request) };
}

/** The operator's command writes it. */
export const writeFactsRequest = (coordination: Bookmarks, request: FactsRequest): Promise<void> =>
  coordination.setBookmark('facts-asked', JSON.stringify(request));

export const writeFactsWalk = (coordination: Bookmarks, walk: FactsWalk): Promise<void> =>
  writeWalk(coordination, 'facts-walk', walk);

/** As JSON has it: times are text. */
type StoredRequest = Omit<FactsRequest, 'askedAt'> & { readonly askedAt: string };
