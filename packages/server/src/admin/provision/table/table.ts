import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { AppError } from '../../../domain/errors.ts';
import { foreignKeys } from '../../../records/dynamodb/described-table.ts';
import { INDEXES, tableDefinition } from '../../../records/dynamodb/schema.ts';
import { describeTable, type TableAspect } from './table-target.ts';
import { untilActive } from './update-table.ts';

/** A table in any other state can't be changed, and waiting doesn't help. */
const USABLE = ['ACTIVE', 'UPDATING', 'CREATING'];

export const TABLE: TableAspect = {
  name: 'table',
  async check(target) {
    const { client, table, region } = target;
    const described = await describeTable(target);
    if (described) {
      const foreign = foreignKeys(described);
      if (foreign) throw new AppError('unavailable', foreign);
      const status = described.TableStatus ?? 'ACTIVE';
      if (!USABLE.includes(status)) {
        throw new AppError('unavailable', `The table ${table} is ${status}: run this again when it is ACTIVE or gone`);
      }
    }
    const indexes = INDEXES.map(({ name }) => name).join(', ');
    return {
      kind: 'compared',
      difference: described ? [] : [`none -> ${table} in ${region}, with its indexes ${indexes}`],
      except: [],
      apply: async () => {
        await client.send(new CreateTableCommand(tableDefinition(table)));
        await untilActive(target);
      },
    };
  },
};
