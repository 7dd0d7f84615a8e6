import type { Picture } from './library.ts';
import { type LibraryQuery, monthSpan } from './library-query.ts';
import { type Order, positionOf, timeOf } from './position.ts';

/** Whether the library has the picture; undefined: only the service knows by which words a picture is found. */
export function belongs(picture: Picture, query: LibraryQuery, dates: Order): boolean | undefined {
  const { words, tags, type, month, visibility } = query;
  const isIn =
    tags.every((tag) => picture.tags?.includes(tag)) &&
    (type === undefined || picture.content_type === type) &&
    (month === undefined || isOfMonth(picture, month, dates)) &&
    (visibility === undefined || picture.visibility === visibility);
  return isIn && words !== undefined ? undefined : isIn;
}

function isOfMonth(picture: Picture, month: string, dates: Order): boolean {
  const { from, to } = monthSpan(month, dates);
  const time = timeOf(positionOf(picture, dates));
  return time >= from && time < to;
}
