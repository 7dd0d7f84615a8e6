import { booleanParameter } from '../request/fields.ts';

export const countTotal = booleanParameter.optional().meta({
  description:
    '`true`: the answer has `total`, the number of all images of the user in this status. Needs user_id (or X-User-Id), with status pending, held, ready or trashed, and combines with order, limit, cursor and fields only.',
});

/** The parameters that a count doesn't combine with. */
export function besideCount(asked: Readonly<Record<string, unknown>>): string[] {
  const filters = ['tag', 'tag_mode', 'content_type', 'visibility', 'q', 'external_id'];
  const others = [...filters, 'album', 'start_date', 'end_date', 'taken_from', 'taken_to'];
  return others.filter((name) => asked[name] !== undefined);
}
