import { type ApiKey, kindOf } from '../access/api-key.ts';
import { isByPrefix } from '../access/user-id.ts';

/** Whether the key belongs to the user, or names the user among those for whom it acts: a prefix doesn't. */
export const concernsUser = ({ owner, actsAs }: ApiKey, userId: string): boolean =>
  owner === userId || (Array.isArray(actsAs) && actsAs.includes(userId));

/** The key without the user; null: nothing is left of it. */
export const withoutUser = (key: ApiKey, userId: string): ApiKey | null => withoutUsers(key, (one) => one === userId);

/** The key without several users; null: the key ends with its owner or its last user. */
export function withoutUsers(key: ApiKey, isOut: (userId: string) => boolean): ApiKey | null {
  if (key.owner !== null && isOut(key.owner)) return null;
  const { actsAs: users } = key;
  if (users === null || users === 'everyone' || isByPrefix(users) || !users.some(isOut)) return key;
  const actsAs = users.filter((one) => !isOut(one));
  if (actsAs.length > 0) return { ...key, actsAs };
  return kindOf(key) === 'admin' ? { ...key, actsAs: null } : null; // an admin's acts for everybody; another one would act for its owner
}
