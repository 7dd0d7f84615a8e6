import { AppError } from '../../../domain/errors.ts';
import { optionalInteger } from '../../dynamodb/attributes.ts';
import { type Condition, IS_NEW } from '../../dynamodb/condition.ts';
import { isWritten } from '../../dynamodb/fault.ts';
import type { Item } from '../../dynamodb/item.ts';
import { attributesOfKey, sharedKey } from '../../dynamodb/item-keys.ts';
import { createNoticed } from '../../dynamodb/noticed.ts';
import type { Table } from '../../dynamodb/table.ts';

/** Numbered from 1. */
export interface CurrentGenerations {
  /** What readers read; null: there is none yet. */
  readonly serving: number | null;
  /** What a walk is building; null: none. */
  readonly building: number | null;
}

/**
 * Generations of what is derived from records for the order by capture. Writers keep the one that is served and the
 * one that is built. A walk over all records may add to the latter once every process knows of it: `NOTICED_MS` and
 * the longest write after `begin`. `current` answers as of the last `NOTICED_MS`.
 */
export interface Generations {
  current(): Promise<CurrentGenerations>;
  /** Reads it now. */
  refresh(): Promise<CurrentGenerations>;
  /** The generation to build. One that is being built is continued. */
  begin(): Promise<number>;
  /**
   * The built generation is served. Nothing happens if it is already. Errors: `unavailable` if another is built: a walk
   * that was paused mustn't finish its successor's.
   */
  finish(generation: number): Promise<void>;
}

const KEY = sharedKey('capture');
const SERVING = 'serving';
const BUILDING = 'building';
/** Other processes may begin and finish meanwhile. */
const ATTEMPTS = 5;

export function createGenerations(table: Table, elapsedMs?: () => number): Generations {
  const said = createNoticed(async () => generationsIn(await table.get(KEY)), elapsedMs);
  return {
    current: said.current,
    refresh: said.refresh,

    async begin() {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const { serving, building } = await said.refresh();
        if (building !== null) return building;
        const set = { [BUILDING]: { N: String((serving ?? 0) + 1) } };
        await isWritten(table.update({ key: KEY, set, remove: [], condition: isAlone(serving) }));
      }
      throw new AppError('unavailable', `expected a generation to build; got ${ATTEMPTS} changes of what is built`);
    },

    async finish(generation) {
      const N = String(generation);
      const condition = { ConditionExpression: `${BUILDING} = :built`, ExpressionAttributeValues: { ':built': { N } } };
      const isFinished = await isWritten(
        table.update({ key: KEY, set: { [SERVING]: { N } }, remove: [BUILDING], condition }),
      );
      const { serving } = await said.refresh();
      if (isFinished || serving === generation) return;
      const detail = `expected generation ${generation} to be built; got ${serving ?? 'none'} that is served`;
      throw new AppError('unavailable', detail);
    },
  };
}

/** A new table has no image that lacks anything, so its first generation is served from the beginning. */
export async function serveFirst(table: Table): Promise<void> {
  await isWritten(table.put({ ...attributesOfKey(KEY), [SERVING]: { N: '1' } }, IS_NEW));
}

const generationsIn = (item: Item = {}): CurrentGenerations => ({
  serving: optionalInteger(item, SERVING),
  building: optionalInteger(item, BUILDING),
});

/** Nothing was begun or finished since `serving` was read. */
const isAlone = (serving: number | null): Condition => ({
  ConditionExpression: `${serving === null ? `attribute_not_exists(${SERVING})` : `${SERVING} = :serving`} AND attribute_not_exists(${BUILDING})`,
  ...(serving !== null && { ExpressionAttributeValues: { ':serving': { N: String(serving) } } }),
});
