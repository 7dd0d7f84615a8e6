import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../../domain/errors.ts';
import { isSameUsage, NO_USAGE, plus, usageChange } from '../../../domain/usage/usage.ts';
import { keepRenewing } from '../../../flow/lease.ts';
import type { Leases } from '../../coordination/coordination.ts';
import { text } from '../../dynamodb/attributes.ts';
import { type Condition, EXISTS } from '../../dynamodb/condition.ts';
import { failedConditions } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { type ItemKey, ownerItem, sharedKey } from '../../dynamodb/item-keys.ts';
import { LONGEST_WRITE_MS, NOTICED_MS } from '../../dynamodb/noticed.ts';
import type { Table } from '../../dynamodb/table.ts';
import { idIn, imageOf, isStill, markIn } from '../../images/dynamodb/image-item.ts';
import type { UnreadableRecords } from '../../unreadable-records.ts';
import type { UsageRepair, UsageRepository } from '../usage-repository.ts';
import { countedRecords } from './counted-records.ts';
import { ownersAfter } from './owners.ts';
import { BY_STATUS, LIMITED, RECOUNT, type Recounts } from './recounts.ts';
import type { UsageCounts } from './usage-counts.ts';
import { recounted, SUMS, usageIn, usageKeysOf } from './usage-item.ts';

export interface RecountOptions {
  /** The number of shards to read. */
  readonly shards: number;
  /** One of them admits only one recount at a time. */
  readonly leases: Leases;
  readonly counts: UsageCounts;
  readonly recounts: Recounts;
  readonly unreadable: UnreadableRecords;
  /** How long until every process knows that a recount begins or ends. */
  readonly noticedMs?: number | undefined;
  /** Brings the usage of an owner with limits by default into one item. Other owners count in shards. */
  readonly closeShards: (userId: string) => Promise<unknown>;
  /** What the shared item says once all is counted. */
  readonly countedAt: (now: Date) => Item;
}

const LEASE_SECONDS = 60;
/** Records that are added up at once. */
const WIDTH = 16;
const OWNERS_AT_ONCE = 25;
/** Whose entry in lists and whose shards are known to be right. */
const MAX_PREPARED = 10_000;
/** Attempts to change one record, which others may change at the same time. */
const ATTEMPTS = 20;

/**
 * Adds up all records while they change. A recount has a name. Each record that it has added up carries the name, and
 * whoever changes such a record changes the sums of the recount too; new records carry it from the beginning. Once all
 * carry it, the sums of the recount are what the records add up to, and replace the usage, item by item. A recount that
 * died is continued under its name.
 */
export function createRecount(
  table: Table,
  {
    shards,
    leases,
    counts,
    recounts,
    unreadable,
    noticedMs = NOTICED_MS + LONGEST_WRITE_MS,
    closeShards,
    countedAt,
  }: RecountOptions,
): UsageRepository['recount'] {
  return async (now, onRepair) => {
    await using _ = await held();
    const name = await begin(table);
    await recounts.refresh();
    await delay(noticedMs);
    const prepared = new LRUCache<string, Promise<unknown>>({ max: MAX_PREPARED });
    const prepare = (userId: string): Promise<unknown> => {
      const known = prepared.get(userId) ?? Promise.all([table.put(ownerItem(userId)), closeShards(userId)]);
      prepared.set(userId, known);
      return known;
    };
    for await (const keys of countedRecords(table, shards))
      await eachOf(await table.getMany(keys, 'strong'), (item) => addUp(item, name, prepare));
    await delay(Math.min(noticedMs, NOTICED_MS)); // until the index lists the owners of the last records
    await eachOwner((userId) => repair(userId, name, onRepair));
    await finish(name, now);
    await recounts.refresh();
    await delay(noticedMs);
    await eachOwner((userId) => forget(userId, name));
  };

  /** Only one process recounts at a time. Errors: `unavailable` while another does. */
  async function held(): Promise<AsyncDisposable> {
    const holder = randomUUID();
    const leaseOf = (seconds: number) =>
      ({ name: 'recount', holder, until: new Date(Date.now() + seconds * 1000) }) as const;
    if (!(await leases.holdLease(leaseOf(LEASE_SECONDS), new Date()))) {
      const detail = 'expected no other recount; got one that runs';
      throw new AppError('unavailable', detail, { retryAfterSeconds: LEASE_SECONDS });
    }
    const renewing = keepRenewing(LEASE_SECONDS, async () => {
      await leases.renewLease(leaseOf(LEASE_SECONDS), new Date());
    });
    return {
      async [Symbol.asyncDispose]() {
        await renewing[Symbol.asyncDispose]();
        await leases.holdLease(leaseOf(0), new Date());
      },
    };
  }

  /** Adds a record to the recount, as it is when nobody changes it. */
  async function addUp(scanned: Item, name: string, prepare: (userId: string) => Promise<unknown>): Promise<void> {
    const key = { pk: text(scanned, 'pk'), sk: text(scanned, 'sk') };
    let item: Item | undefined = scanned;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (!item || markIn(item) === name) return;
      const found: Item = item;
      const image = unreadable.leaveOut(idIn(found), () => imageOf(found));
      if (!image || !usageChange(undefined, image)) return;
      await prepare(image.userId);
      const update = { key, set: { [RECOUNT]: { S: name } }, remove: [], condition: isStill(item) };
      try {
        await table.transact([{ update }, counts.forRecount(image, name)], randomUUID());
        return;
      } catch (error) {
        const [ofRecord, ofUsage] = failedConditions(error) ?? [];
        if (!ofRecord && !ofUsage) throw error;
        if (ofUsage) await counts.learn(image.userId, ofUsage.Item);
        item = await table.get(key);
      }
    }
    throw new AppError(
      'unavailable',
      `expected image ${key.pk} to stay the same for a moment; got ${ATTEMPTS} changes`,
    );
  }

  /** Errors: `unavailable` if the recount was ended meanwhile: its sums are no longer those of all records. */
  async function finish(name: string, now: Date): Promise<void> {
    const condition = {
      ConditionExpression: `${RECOUNT} = :name`,
      ExpressionAttributeValues: { ':name': { S: name } },
    };
    try {
      const update = { key: sharedKey('usage'), set: countedAt(now), remove: [RECOUNT, LIMITED], condition };
      await table.transact([{ update }], randomUUID()); // after a lost answer its repetition is no failure
    } catch (error) {
      if (!failedConditions(error)) throw error;
      const detail =
        'expected that every process counts usage; got one that started without USAGE=on: stop it, and repeat';
      throw new AppError('unavailable', detail, { cause: error });
    }
  }

  async function repair(userId: string, name: string, onRepair: (repair: UsageRepair) => void): Promise<void> {
    await closeShards(userId);
    let [before, after] = [NO_USAGE, NO_USAGE];
    for (const { pk, sk } of await existing(userId)) {
      const old = await table.change({ pk, sk }, replacedBy(name));
      if (!old) continue;
      before = plus(before, usageIn(old));
      after = plus(after, usageIn(old, recounted(name)));
    }
    if (!isSameUsage(before, after)) onRepair({ userId, before, after });
  }

  async function forget(userId: string, name: string): Promise<void> {
    const remove = SUMS.map(recounted(name));
    for (const key of await existing(userId)) await table.update({ key, set: {}, remove });
  }

  async function existing(userId: string): Promise<ItemKey[]> {
    const items = await table.getMany(usageKeysOf(userId), 'strong');
    return items.map((item) => ({ pk: text(item, 'pk'), sk: text(item, 'sk') }));
  }

  async function eachOwner(work: (userId: string) => Promise<void>): Promise<void> {
    for (let after: string | null | undefined; after !== null; ) {
      const page = await ownersAfter(table, { after, limit: OWNERS_AT_ONCE });
      await Promise.all(page.ids.map(work));
      after = page.next;
    }
  }
}

/** Names of recounts by an earlier version, which added up no states, begin with r. */
const NAMES = 's';

/**
 * A recount that died is continued only where images are counted by status already: elsewhere a process of an earlier
 * version may have added to it, without states.
 */
const BEGINS_ANEW = [
  'attribute_not_exists(#recount)',
  'NOT begins_with(#recount, :names)',
  'attribute_exists(#limited)',
  'attribute_not_exists(#byStatus)',
].join(' OR ');

async function begin(table: Table): Promise<string> {
  const name = `${NAMES}${randomUUID().slice(0, 8)}`;
  try {
    await table.update({
      key: sharedKey('usage'),
      set: { [RECOUNT]: { S: name } },
      remove: [],
      condition: {
        ConditionExpression: BEGINS_ANEW,
        ExpressionAttributeNames: { '#recount': RECOUNT, '#limited': LIMITED, '#byStatus': BY_STATUS },
        ExpressionAttributeValues: { ':names': { S: NAMES } },
      },
    });
    return name;
  } catch (error) {
    const [failed] = failedConditions(error) ?? [];
    if (!failed?.Item) throw error;
    return text(failed.Item, RECOUNT); // of a recount that died
  }
}

async function eachOf(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: WIDTH }, async () => {
      for (const item of left) await work(item);
    }),
  );
}

/** Replaces the sums by those of the recount, which change with them until it ends. */
const replacedBy = (name: string): Condition & { readonly UpdateExpression: string } => ({
  UpdateExpression: `SET ${SUMS.map((sum) => `#${sum} = if_not_exists(#r_${sum}, :zero)`)}`,
  ...EXISTS,
  ExpressionAttributeNames: Object.fromEntries(
    SUMS.flatMap((sum) => [
      [`#${sum}`, sum],
      [`#r_${sum}`, recounted(name)(sum)],
    ]),
  ),
  ExpressionAttributeValues: { ':zero': { N: '0' } },
});
