import type { ApiKey } from '../access/api-key.ts';

/** Whether the key belongs to the user, or names the user among those for whom it acts. */
export const concernsUser = ({ owner, actsAs }: ApiKey, userId: string): boolean =>
  owner === userId || (Array.isArray(actsAs) && actsAs.includes(userId));

/** The key without the user; null: nothing is left of it. */
export function withoutUser(key: ApiKey, userId: string): ApiKey | null {
  if (key.owner === userId) return null;
  if (key.actsAs === null || key.actsAs === 'everyone') return key;
  const actsAs = key.actsAs.filter((one) => one !== userId);
  return actsAs.length === 0 ? null : { ...key, actsAs };
}
