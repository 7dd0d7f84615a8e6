import type { Payer } from '../domain/access/payer.ts';
import { createShares, type Shares } from './shares.ts';

/** One that uses the share of its payer. */
export interface Charged {
  readonly payer: Payer;
}

export interface Costly extends Charged {
  /** The expected cost: 1 where all cost the same, else in the unit of `finish`. */
  readonly estimate: number;
}

/** A queue in which the payer that has used least is next (shares.ts), and of one payer the first to arrive. */
export interface FairLine<Waiting extends Costly> {
  add(one: Waiting): void;
  /** Counts one that needn't wait, as if its turn had come. */
  admit(one: Waiting): void;
  /** False if the element isn't waiting (any more). */
  remove(one: Waiting): boolean;
  /** The next one that may begin, by default any; for each member its first one is asked. */
  take(mayBegin?: (first: Waiting) => boolean): Waiting | undefined;
  /** One whose turn had come has ended. */
  finish(one: Waiting, cost: number): void;
  count(): number;
  /** In the order they were added. */
  all(): Waiting[];
}

/** `shares`: those of several lines, if the use of one counts in the others. */
export function createFairLine<Waiting extends Costly>(shares: Shares = createShares()): FairLine<Waiting> {
  /** By account, then by member. */
  const accounts = new Map<string, Map<string, Set<Waiting>>>();
  const all = new Set<Waiting>();

  const drop = (one: Waiting): boolean => {
    if (!all.delete(one)) return false;
    const { account, member } = one.payer;
    const members = accounts.get(account);
    const others = members?.get(member);
    others?.delete(one);
    if (others?.size === 0) members?.delete(member);
    if (members?.size === 0) accounts.delete(account);
    return true;
  };

  /** The first one of each member of the account that may begin. */
  const firstsOf = (account: string, mayBegin: (first: Waiting) => boolean): ReadonlyMap<string, Waiting> => {
    const firsts = new Map<string, Waiting>();
    for (const [member, [first]] of accounts.get(account) ?? [])
      if (first && mayBegin(first)) firsts.set(member, first);
    return firsts;
  };

  const next = (mayBegin: (first: Waiting) => boolean): Waiting | undefined => {
    const able = [...accounts.keys()].filter((account) => firstsOf(account, mayBegin).size > 0);
    const account = shares.nextAccount(able);
    if (account === undefined) return undefined;
    const firsts = firstsOf(account, mayBegin);
    const member = shares.nextMember(account, firsts.keys());
    return member === undefined ? undefined : firsts.get(member);
  };

  return {
    add(one) {
      const { account, member } = one.payer;
      const members = accounts.get(account) ?? new Map<string, Set<Waiting>>();
      accounts.set(account, members);
      const others = members.get(member) ?? new Set<Waiting>();
      members.set(member, others);
      others.add(one);
      all.add(one);
      shares.join(one.payer);
    },

    admit(one) {
      shares.join(one.payer);
      shares.begin(one.payer, one.estimate);
    },

    remove(one) {
      const isWaiting = drop(one);
      if (isWaiting) shares.leave(one.payer);
      return isWaiting;
    },

    take(mayBegin = () => true) {
      const one = next(mayBegin);
      if (!one) return undefined;
      drop(one);
      shares.begin(one.payer, one.estimate);
      return one;
    },

    finish: ({ payer, estimate }, cost) => shares.end(payer, { estimate, cost }),

    count: () => all.size,
    all: () => [...all],
  };
}

/**
 * When there is no free place: the holder that must give up its place, which is the newest of the member with most
 * places in the account with most places. `holders`: in order of arrival. Undefined if the newcomer itself is that one.
 */
export function whoGivesWay<Holder extends Charged>(holders: readonly Holder[], newcomer: Charged): Holder | undefined {
  const all: readonly (Holder | Charged)[] = [...holders, newcomer];
  const ofAccount = largestGroup(all, ({ payer }) => payer.account);
  const newest = largestGroup(ofAccount, ({ payer }) => payer.member).at(-1);
  return holders.find((holder) => holder === newest);
}

/** The largest group; among several equally large groups, the one whose last member arrived last. */
function largestGroup<One>(all: readonly One[], keyOf: (one: One) => string): readonly One[] {
  const groups = Map.groupBy(all, keyOf);
  const largest = Math.max(...[...groups.values()].map(({ length }) => length));
  const newest = all.findLast((one) => groups.get(keyOf(one))?.length === largest);
  return (newest && groups.get(keyOf(newest))) ?? [];
}
