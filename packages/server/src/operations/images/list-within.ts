import type { ViewToken } from '../../domain/access/view-token.ts';
import { type AppError, invalidField } from '../../domain/errors.ts';
import type { Status } from '../../domain/image/image.ts';
import { MAX_TAGS } from '../../domain/image/image-filter.ts';
import { isByCapture, isOfAlbum } from '../../domain/lists/list-position.ts';
import type { FindQuery } from '../../records/images/image-repository.ts';

/**
 * The list within the bounds of a view token: the index answers for its user and its tags. Errors: `invalid-request`
 * for a filter that could list an image outside them, or tell what the token doesn't show.
 */
export function listWithin({ userId, onlyTags, showsMetadata }: ViewToken, query: FindQuery): FindQuery {
  if (query.status !== 'ready') throw unseenStatus(query.status);
  const [filter] = query.words === undefined ? (query.metadata ?? []) : [];
  if (filter && !showsMetadata) {
    const name = `metadata.${filter.name}`;
    throw refused(name, 'a list without filters by metadata, since the view token shows no metadata', name);
  }
  if (!showsMetadata) requireUploadDates(query);
  if (onlyTags.length === 0)
    return query.words === undefined ? { ...query, userId } : { ...query, userId, searchesFacts: false };
  if (query.words !== undefined) throw refused('q', 'a list without q, since the view token has only_tags', 'q');
  if (isOfAlbum(query.order))
    throw refused('order', 'an order by upload, since the view token has only_tags', query.order);
  if (query.tagMode !== 'all')
    throw refused('tag_mode', 'tag_mode all, since the view token has only_tags', query.tagMode);
  const tags = [...new Set([...onlyTags, ...query.tags])];
  if (tags.length <= MAX_TAGS) return { ...query, userId, tags };
  throw refused('tag', `at most ${MAX_TAGS} tags, those of only_tags included`, String(tags.length));
}

/** The order and the bounds by capture tell when a picture was taken. */
function requireUploadDates({ order, takenFrom, takenBefore }: FindQuery): void {
  const because = 'since the view token shows no metadata';
  if (isByCapture(order)) throw refused('order', `an order by upload, ${because}`, order);
  const bound = takenFrom !== undefined ? 'taken_from' : takenBefore !== undefined ? 'taken_to' : undefined;
  if (bound) throw refused(bound, `a list without ${bound}, ${because}`, bound);
}

export const unseenStatus = (status: Status): AppError =>
  refused('status', 'status ready, since a view token sees ready images only', status);

const refused = (name: string, expected: string, got: string): AppError =>
  invalidField(`?${name}`, `expected ${expected}; got ${got}`);
