import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { ReadyImage } from '../domain/image.ts';
import { firstIdAt } from '../domain/image-id.ts';
import { allRows, firstRow } from '../sqlite/rows.ts';
import { countSql, type FindShape, findSql } from './find-statements.ts';
import type { FindQuery } from './image-repository.ts';
import { readyImageOf } from './image-row.ts';

/** Ids are lower-case hex: all of them lie between these. */
const BEFORE_ALL_IDS = '';
const AFTER_ALL_IDS = 'g';

/** A tag that fewer images carry is worth finding; counting further costs more than the choice saves. */
const MAX_COUNT = 1_000;

export function createFind(database: DatabaseSync): (query: FindQuery) => ReadyImage[] {
  const prepareFind = createPreparer(database, findSql);
  const prepareCount = createPreparer(database, countSql);

  /** The tag that drives a list by several: the one that the fewest images within the other filters carry. */
  const rarest = (query: FindQuery, tags: ReadonlySet<string>): string | undefined => {
    const [first, ...others] = tags;
    if (others.length === 0) return first;
    const count = prepareCount(shapeOf(query, tags));
    let best = { tag: first, count: MAX_COUNT };
    for (const tag of tags) {
      const [counted] = firstRow(count, [...scopeOf(query, tag), best.count]) ?? [];
      if (Number(counted) < best.count) best = { tag, count: Number(counted) };
    }
    return best.tag;
  };

  return (query) => {
    const tags = new Set(query.tags);
    const driver = rarest(query, tags);
    const others = [...tags].filter((tag) => tag !== driver);
    const statement = prepareFind(shapeOf(query, tags));
    return allRows(statement, [...scopeOf(query, driver), ...others, query.limit]).map(readyImageOf);
  };
}

const shapeOf = (query: FindQuery, tags: ReadonlySet<string>): FindShape => ({
  hasUser: query.userId !== undefined,
  hasType: query.contentType !== undefined,
  tagCount: tags.size,
});

/** Parameters in the order both statements begin with. */
const scopeOf = (query: FindQuery, tag: string | undefined): SQLInputValue[] => [
  ...(query.userId === undefined ? [] : [query.userId]),
  ...(tag === undefined ? [] : [tag]),
  ...(query.contentType === undefined ? [] : [query.contentType]),
  query.createdFrom === undefined ? BEFORE_ALL_IDS : firstIdAt(query.createdFrom),
  query.createdBefore === undefined ? AFTER_ALL_IDS : firstIdAt(query.createdBefore),
];

/** One prepared statement for each shape of query. */
function createPreparer(database: DatabaseSync, sqlOf: (shape: FindShape) => string) {
  const statements = new Map<string, StatementSync>();
  return (shape: FindShape): StatementSync => {
    const key = `${shape.hasUser} ${shape.hasType} ${shape.tagCount}`;
    const known = statements.get(key);
    if (known) return known;
    const statement = database.prepare(sqlOf(shape));
    statements.set(key, statement);
    return statement;
  };
}
