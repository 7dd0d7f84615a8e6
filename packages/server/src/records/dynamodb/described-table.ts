import type { KeySchemaElement, Projection, TableDescription } from '@aws-sdk/client-dynamodb';
import { INDEXES, type IndexDefinition, indexSchemaOf, isRequired, keySchemaOf, TABLE_KEY } from './schema.ts';

/** A message for the operator: why the described table can't be used, and how to repair it. */
export const diagnoseSchema = (described: TableDescription): string | undefined =>
  foreignKeys(described) ?? foreignIndex(described) ?? unfinishedIndex(described);

/** Tables of the earlier services have other keys, and keys of a table can't be changed. */
export function foreignKeys(described: TableDescription): string | undefined {
  const [is, wanted] = [keysIn(described, described), keysIn({ KeySchema: keySchemaOf(TABLE_KEY) })];
  if (is === wanted) return undefined;
  return `The table ${described.TableName} has the keys ${is}, expected ${wanted}: it is another program's; set DYNAMO_TABLE to another name, and run npm run admin -- provision`;
}

/** An index with one of our names and other keys. It is never removed, because somebody may use it. */
export function foreignIndex(described: TableDescription): string | undefined {
  for (const wanted of INDEXES) {
    const is = indexIn(described, wanted);
    if (is === undefined) continue;
    const [found, expected] = [inWords(is, described), inWords(indexSchemaOf(wanted))];
    if (found === expected) continue;
    return `The index ${wanted.name} of the table ${described.TableName} has ${found}, expected ${expected}: if nothing else uses it, delete it (aws dynamodb update-table), and run npm run admin -- provision; otherwise set DYNAMO_TABLE to another name`;
  }
  return undefined;
}

/** Missing indexes; one that is being deleted counts as missing. */
export const missingIndexes = (described: TableDescription): IndexDefinition[] =>
  INDEXES.filter((one) => indexIn(described, one) === undefined);

/** Indexes that can't be read yet: a new one is filled from the whole table. */
export const growingIndexes = (described: TableDescription): IndexDefinition[] =>
  INDEXES.filter((one) => indexIn(described, one)?.IndexStatus === 'CREATING');

/** Whether it is there and can be read. */
export const hasIndex = (described: TableDescription, index: IndexDefinition): boolean =>
  indexIn(described, index) !== undefined && !growingIndexes(described).includes(index);

function unfinishedIndex(described: TableDescription): string | undefined {
  const names = (indexes: readonly IndexDefinition[]) => indexes.map(({ name }) => name).join(', ');
  const missing = missingIndexes(described).filter(isRequired);
  const growing = growingIndexes(described).filter(isRequired);
  if (missing.length > 0)
    return `The table ${described.TableName} has no index ${names(missing)}: run npm run admin -- provision`;
  if (growing.length === 0) return undefined;
  return `The index ${names(growing)} of the table ${described.TableName} is still being made: npm run admin -- provision waits for it`;
}

const indexIn = (described: TableDescription, { name }: IndexDefinition) =>
  described.GlobalSecondaryIndexes?.find((one) => one.IndexName === name && one.IndexStatus !== 'DELETING');

interface Schema {
  readonly KeySchema?: readonly KeySchemaElement[] | undefined;
  readonly Projection?: Projection | undefined;
}

const inWords = (schema: Schema, described?: TableDescription): string =>
  `the keys ${keysIn(schema, described)} and ${schema.Projection?.ProjectionType} projected`;

/** Names a key's type only if it isn't the type of all our keys. */
const keysIn = ({ KeySchema = [] }: Schema, described?: TableDescription): string => {
  const typeOf = (name: string | undefined) =>
    described?.AttributeDefinitions?.find((one) => one.AttributeName === name)?.AttributeType ?? 'S';
  const words = KeySchema.map(({ AttributeName, KeyType }) => {
    const type = typeOf(AttributeName);
    return `${AttributeName} (${type === 'S' ? KeyType : `${KeyType}, ${type}`})`;
  });
  return words.join(', ');
};
