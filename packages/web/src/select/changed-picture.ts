import type { Sorted } from '../library/library.ts';
import { clockAt } from '../library/position.ts';
import type { Edit, Result } from './steps.ts';

/** A picture that the page has, after what the result says. */
export function changedPicture(picture: Sorted, edit: Edit, result: Result): Sorted {
  const { tags, facts } = picture;
  const { added_tags: added = [], removed_tags: removed = [], former_taken_at: former } = result;
  const { visibility, taken_at: takenAt, shift_taken_seconds: shift } = edit;
  return {
    ...picture,
    ...(result.revision !== undefined && { revision: result.revision }),
    ...(tags && { tags: [...new Set([...tags.filter((tag) => !removed.includes(tag)), ...added])] }),
    ...(visibility && { visibility }),
    ...(facts && former !== undefined && { facts: { ...facts, taken_at: dateAfter(former, takenAt, shift) } }),
  };
}

function dateAfter(former: string | null, takenAt: string | null | undefined, shift = 0): string | null {
  const text = takenAt === undefined ? former : takenAt;
  return text === null ? null : clockAt(Date.parse(`${text}Z`) + (takenAt === undefined ? shift * 1_000 : 0));
}
