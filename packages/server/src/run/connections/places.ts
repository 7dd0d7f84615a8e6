import { networkOf } from '../../domain/access/network.ts';

/** The order in which connections give way: no request; an answer whose client has stopped reading; all others. */
const ACTIVITIES = ['idle', 'stalled', 'busy'] as const;
export type Activity = (typeof ACTIVITIES)[number];

/** The holders of a server's connections, and which of them makes room for a new one. */
export interface ConnectionPlaces<Connection> {
  /** A new connection is idle. */
  add(connection: Connection, address: string): void;
  set(connection: Connection, activity: Activity): void;
  remove(connection: Connection): void;
  count(): number;
  /**
   * The connection that makes room for a new one of this address: an idle one of the address that holds most
   * connections, else a stalled one of it, else a busy one; of several, the longest. No connection gives way to an
   * address that would hold more than its own, and a busy one doesn't give way to an address that would hold as many.
   * Undefined if none gives way.
   */
  whoGivesWay(address: string): Connection | undefined;
}

/** All of one address. */
interface Holder<Connection> {
  readonly address: string;
  count: number;
  /** Those of each activity, the longest first. */
  readonly doing: Readonly<Record<Activity, Set<Connection>>>;
}

interface Place<Connection> {
  readonly holder: Holder<Connection>;
  activity: Activity;
}

export function createConnectionPlaces<Connection>(): ConnectionPlaces<Connection> {
  const places = new Map<Connection, Place<Connection>>();
  const holders = new Map<string, Holder<Connection>>();
  const rankings = { idle: createRanking(), stalled: createRanking(), busy: createRanking() } satisfies Record<
    Activity,
    Ranking<Holder<Connection>>
  >;

  const holderOf = (address: string): Holder<Connection> => {
    const doing = { idle: new Set<Connection>(), stalled: new Set<Connection>(), busy: new Set<Connection>() };
    const holder = holders.get(address) ?? { address, count: 0, doing };
    holders.set(address, holder);
    return holder;
  };

  const begin = (connection: Connection, { holder, activity }: Place<Connection>): void => {
    holder.doing[activity].add(connection);
    if (holder.doing[activity].size === 1) rankings[activity].add(holder);
  };
  const end = (connection: Connection, { holder, activity }: Place<Connection>): void => {
    holder.doing[activity].delete(connection);
    if (holder.doing[activity].size === 0) rankings[activity].remove(holder);
  };
  const recount = (holder: Holder<Connection>, change: 1 | -1): void => {
    const listed = ACTIVITIES.filter((activity) => holder.doing[activity].size > 0);
    for (const activity of listed) rankings[activity].remove(holder);
    holder.count += change;
    for (const activity of listed) rankings[activity].add(holder);
    if (holder.count === 0) holders.delete(holder.address);
  };

  return {
    add(connection, address) {
      const place: Place<Connection> = { holder: holderOf(networkOf(address)), activity: 'idle' };
      places.set(connection, place);
      recount(place.holder, 1);
      begin(connection, place);
    },

    set(connection, activity) {
      const place = places.get(connection);
      if (!place || place.activity === activity) return;
      end(connection, place);
      place.activity = activity;
      begin(connection, place);
    },

    remove(connection) {
      const place = places.get(connection);
      if (!place) return;
      places.delete(connection);
      end(connection, place);
      recount(place.holder, -1);
    },

    count: () => places.size,

    whoGivesWay(address) {
      const own = holders.get(networkOf(address));
      const wouldHold = (own?.count ?? 0) + 1;
      for (const activity of ACTIVITIES) {
        const most = rankings[activity].first();
        if (most && most.count > wouldHold) return firstOf(most.doing[activity]);
        if (activity === 'busy') return undefined;
        const giving = firstOf(own?.doing[activity]);
        if (giving !== undefined) return giving;
        if (most?.count === wouldHold) return firstOf(most.doing[activity]);
      }
      return undefined;
    },
  };
}

const firstOf = <One>(all: Iterable<One> = []): One | undefined => {
  const [first] = all;
  return first;
};

/** Sorted by count incrementally, because each address may have a single connection. */
interface Ranking<One> {
  /** To be removed before its count changes. */
  add(one: One): void;
  remove(one: One): void;
  /** The one with most; of several, the one that was added first. */
  first(): One | undefined;
}

function createRanking<One extends { readonly count: number }>(): Ranking<One> {
  const levels = new Map<number, Set<One>>();
  let highest = 0; // or above the highest used level
  return {
    add(one) {
      const level = levels.get(one.count) ?? new Set();
      levels.set(one.count, level.add(one));
      highest = Math.max(highest, one.count);
    },
    remove(one) {
      const level = levels.get(one.count);
      level?.delete(one);
      if (level?.size === 0) levels.delete(one.count);
    },
    first() {
      while (highest > 0 && !levels.has(highest)) highest -= 1;
      return firstOf(levels.get(highest));
    },
  };
}
