import { type DefaultLimits, isUnlimited } from '../../../domain/usage/quota.ts';
import { flag, optionalText } from '../../dynamodb/attributes.ts';
import type { Item } from '../../dynamodb/item.ts';
import { BY_STATUS, LIMITED } from './recounts.ts';

/** The attribute of the shared item that says whose usage the last recount brought into one item each. */
export const LIMITED_OWNERS = 'limitedOwners';

/** Whether owners have limits by default whose ids begin so, and with no earlier prefix: the longest come first. */
interface LimitedOwners {
  /** '': all others. */
  readonly prefix: string;
  readonly isLimited: boolean;
}

export const limitedOwnersOf = ({ byPrefix = [], ...general }: DefaultLimits): readonly LimitedOwners[] =>
  [...byPrefix, { prefix: '', limits: general }].map(({ prefix, limits }) => ({
    prefix,
    isLimited: !isUnlimited(limits),
  }));

/** A version without limits by prefix says one for all owners. */
export function limitedOwnersIn(item: Item): readonly LimitedOwners[] {
  const text = optionalText(item, LIMITED_OWNERS);
  if (text !== null) return JSON.parse(text) as LimitedOwners[];
  return [{ prefix: '', isLimited: [LIMITED, BY_STATUS].some((name) => name in item && flag(item, name)) }];
}

/** Whether all owners with limits in `now` had them in `before`. Between two neighbouring prefixes nothing changes. */
export function includesOwners(before: readonly LimitedOwners[], now: readonly LimitedOwners[]): boolean {
  const isLimited = (owners: readonly LimitedOwners[], userId: string): boolean =>
    owners.find(({ prefix }) => userId.startsWith(prefix))?.isLimited ?? false;
  return [...before, ...now].every(({ prefix }) => !isLimited(now, prefix) || isLimited(before, prefix));
}
