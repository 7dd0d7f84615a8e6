import { AppError } from '../../../domain/errors.ts';
import { foreignIndex, growingIndexes, missingIndexes } from '../../../records/dynamodb/described-table.ts';
import { attributesOf, type IndexDefinition, indexSchemaOf, TABLE_KEY } from '../../../records/dynamodb/schema.ts';
import { describeTable, type TableAspect } from './table-target.ts';
import { untilActive, updateTable } from './update-table.ts';

/** For an existing table; a new one has them from the start. */
export const TABLE_INDEXES: TableAspect = {
  name: 'indexes',
  async check(target) {
    const described = await describeTable(target);
    const foreign = described && foreignIndex(described);
    if (foreign) throw new AppError('unavailable', foreign);
    const missing = described ? missingIndexes(described) : [];
    const growing = described ? growingIndexes(described) : [];
    return {
      kind: 'compared',
      difference: [
        ...missing.map((index) => `none -> ${inWords(index)}`),
        ...growing.map(({ name }) => `${name}: CREATING -> ACTIVE`),
      ],
      except: [],
      apply: async () => {
        // DynamoDB creates one at a time.
        for (const index of missing) {
          await updateTable(target, {
            AttributeDefinitions: [TABLE_KEY, index].flatMap(attributesOf),
            GlobalSecondaryIndexUpdates: [{ Create: indexSchemaOf(index) }],
          });
        }
        await untilActive(target);
      },
    };
  },
};

const inWords = ({ name, partition, sort, projection }: IndexDefinition): string =>
  `${name} by ${partition} and ${sort}, ${projection}`;
