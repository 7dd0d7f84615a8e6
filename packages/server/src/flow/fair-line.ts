/** The keys of fairness: first the address, which is hard to change, then the owner, which a client can invent. */
export interface Caller {
  readonly address: string;
  readonly owner: string;
}

/** A fair queue: round-robin by address, within an address by owner, and within an owner by arrival. */
export interface FairLine<Waiting extends Caller> {
  add(one: Waiting): void;
  /** Re-queues an element whose turn had come, before all others. */
  putBack(one: Waiting): void;
  /** False if the element isn't waiting (any more). */
  remove(one: Waiting): boolean;
  take(): Waiting | undefined;
  count(): number;
  /** In the order they were added. */
  all(): Waiting[];
}

/** A round of turns: a map in the order of the next turn, because a map keeps insertion order. */
type Round<Entry> = Map<string, Entry>;

export function createFairLine<Waiting extends Caller>(): FairLine<Waiting> {
  const again: Waiting[] = [];
  const addresses: Round<Round<Waiting[]>> = new Map();
  const all = new Set<Waiting>();

  const forget = (address: string, owner: string, owners: Round<Waiting[]>): void => {
    if (owners.get(owner)?.length === 0) owners.delete(owner);
    if (owners.size === 0) addresses.delete(address);
  };

  return {
    add(one) {
      const owners = getOrAdd(addresses, one.address, (): Round<Waiting[]> => new Map());
      getOrAdd(owners, one.owner, (): Waiting[] => []).push(one);
      all.add(one);
    },

    putBack(one) {
      again.unshift(one);
      all.add(one);
    },

    remove(one) {
      const owners = addresses.get(one.address);
      const isRemoved = removeFrom(again, one) || removeFrom(owners?.get(one.owner) ?? [], one);
      if (owners) forget(one.address, one.owner, owners);
      all.delete(one);
      return isRemoved;
    },

    take() {
      const [first] = again;
      if (first) {
        again.shift();
        all.delete(first);
        return first;
      }
      const [address, owners] = toTheEnd(addresses) ?? [];
      const [owner, waiting] = (owners && toTheEnd(owners)) ?? [];
      const taken = waiting?.shift();
      if (address === undefined || owner === undefined || !owners || !taken) return undefined;
      forget(address, owner, owners);
      all.delete(taken);
      return taken;
    },

    count: () => all.size,
    all: () => [...all],
  };
}

/** Takes the element whose turn it is; its group goes to the end. */
function toTheEnd<Entry>(round: Round<Entry>): readonly [string, Entry] | undefined {
  const [first] = round;
  if (!first) return undefined;
  round.delete(first[0]);
  round.set(...first);
  return first;
}

function getOrAdd<Entry>(round: Round<Entry>, key: string, make: () => Entry): Entry {
  const known = round.get(key) ?? make();
  round.set(key, known);
  return known;
}

function removeFrom<One>(list: One[], one: One): boolean {
  const index = list.indexOf(one);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}

/**
 * When there is no free place: the holder that must give up its place, which is the newest of the owner with most places at
 * the address with most places. `holders`: in order of arrival. Undefined if the newcomer itself is that one.
 */
export function whoGivesWay<Holder extends Caller>(holders: readonly Holder[], newcomer: Caller): Holder | undefined {
  const all: readonly (Holder | Caller)[] = [...holders, newcomer];
  const ofAddress = largestGroup(all, ({ address }) => address);
  const newest = largestGroup(ofAddress, ({ owner }) => owner).at(-1);
  return holders.find((holder) => holder === newest);
}

/** Of several equally large groups, the one whose last member arrived last. */
function largestGroup<One>(all: readonly One[], keyOf: (one: One) => string): readonly One[] {
  const groups = Map.groupBy(all, keyOf);
  const largest = Math.max(...[...groups.values()].map(({ length }) => length));
  const newest = all.findLast((one) => groups.get(keyOf(one))?.length === largest);
  return (newest && groups.get(keyOf(newest))) ?? [];
}
