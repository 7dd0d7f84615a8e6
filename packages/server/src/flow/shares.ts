import type { Payer } from '../domain/access/payer.ts';

/**
 * Shares of one resource, by what each payer has used of it: start-time fair queuing (Goyal, Vin and Cheng, SIGCOMM
 * 1996), with several in service at once (Jin, Chase and Kaur, SIGMETRICS 2004). Each account has a tag, its use so far
 * in virtual time; the least tag is served next. Virtual time runs as in weighted fair queuing (Parekh and Gallager,
 * 1993): by the work done, divided by the accounts that have work. An account that comes back starts at the virtual
 * time, so idling saves nothing up; nor is the use of an idle machine held against anybody. Members of one account
 * share in the same way. Costs are in any one unit.
 */
export interface Shares {
  /** The payer has one more piece of work, which waits or runs. */
  join(payer: Payer): void;
  /** The payer's next work is begun. `estimate`: its expected cost, until `end` tells the real one. */
  begin(payer: Payer, estimate: number): void;
  /** A piece of work that was begun has ended. */
  end(payer: Payer, work: Work): void;
  /** A piece of work has gone before it was begun. */
  leave(payer: Payer): void;
  /** Which of these accounts is served next, all of which have joined; of equal ones the first. */
  nextAccount(accounts: Iterable<string>): string | undefined;
  nextMember(account: string, members: Iterable<string>): string | undefined;
}

export interface Work {
  readonly estimate: number;
  readonly cost: number;
}

export function createShares(): Shares {
  const accounts = createTags();
  /** Members with work, by account; an account without work has no entry. */
  const membersOf = new Map<string, Tags>();

  const forget = ({ account, member }: Payer): void => {
    membersOf.get(account)?.leave(member);
    if (!accounts.leave(account)) membersOf.delete(account);
  };

  return {
    join({ account, member }) {
      accounts.join(account);
      const members = membersOf.get(account) ?? createTags();
      membersOf.set(account, members);
      members.join(member);
    },
    begin({ account, member }, estimate) {
      accounts.begin(account, estimate);
      membersOf.get(account)?.begin(member, estimate);
    },
    end(payer, work) {
      accounts.settle(payer.account, work);
      membersOf.get(payer.account)?.settle(payer.member, work);
      forget(payer);
    },
    leave: forget,
    nextAccount: (some) => accounts.least(some),
    nextMember: (account, some) => membersOf.get(account)?.least(some),
  };
}

/** One level: accounts, or the members of one. */
interface Tags {
  join(name: string): void;
  begin(name: string, estimate: number): void;
  settle(name: string, work: Work): void;
  /** False if it has no more work. */
  leave(name: string): boolean;
  least(names: Iterable<string>): string | undefined;
}

interface Entry {
  /** Its use in virtual time, and of work that is under way the estimate. */
  tag: number;
  /** Its pieces of work. */
  count: number;
  /** When it was last served, as a count of what has been served; of equal tags the longest unserved is next. */
  servedAt: number;
}

/**
 * Tags of those without work that have used more than their share. Without its tag one comes back as a newcomer: it
 * gains one turn.
 */
const MAX_RESTING = 1_000;

function createTags(): Tags {
  const working = new Map<string, Entry>();
  /** In the order in which they left. */
  const resting = new Map<string, Entry>();
  let virtualTime = 0;
  let served = 0;

  const rest = (name: string, entry: Entry): void => {
    if (working.size === 0) {
      resting.clear(); // an idle resource: nobody has taken anything from anybody
      virtualTime = 0;
    } else if (entry.tag > virtualTime) {
      resting.set(name, entry);
      for (const oldest of resting.keys()) {
        if (resting.size <= MAX_RESTING) break;
        resting.delete(oldest);
      }
    }
  };

  return {
    join(name) {
      const entry = working.get(name) ?? resting.get(name) ?? { tag: virtualTime, count: 0, servedAt: 0 };
      if (entry.count === 0) entry.tag = Math.max(entry.tag, virtualTime);
      entry.count += 1;
      resting.delete(name);
      working.set(name, entry);
    },

    begin(name, estimate) {
      const entry = working.get(name);
      if (!entry) return;
      served += 1;
      entry.servedAt = served;
      entry.tag += estimate;
    },

    settle(name, { estimate, cost }) {
      const entry = working.get(name);
      if (!entry) return;
      entry.tag += cost - estimate;
      virtualTime += cost / working.size;
    },

    leave(name) {
      const entry = working.get(name);
      if (!entry) return false;
      entry.count -= 1;
      if (entry.count > 0) return true;
      working.delete(name);
      rest(name, entry);
      return false;
    },

    least(names) {
      let found: { readonly name: string; readonly entry: Entry } | undefined;
      for (const name of names) {
        const entry = working.get(name);
        if (entry && (!found || isBefore(entry, found.entry))) found = { name, entry };
      }
      return found?.name;
    },
  };
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.tag < other.tag || (one.tag === other.tag && one.servedAt < other.servedAt);
