import { BILLING_MODE } from '../../../records/dynamodb/schema.ts';
import { describeTable, type TableAspect } from './table-target.ts';
import { updateTable } from './update-table.ts';

/** Runs before the indexes: a table with provisioned throughput has none for a new index. */
export const BILLING: TableAspect = {
  name: 'billed on demand',
  async check(target) {
    const described = await describeTable(target);
    // A table that was never billed on demand doesn't report its billing.
    const is = described?.BillingModeSummary?.BillingMode ?? 'PROVISIONED';
    return {
      kind: 'compared',
      difference: described === undefined || is === BILLING_MODE ? [] : [`BillingMode: ${is} -> ${BILLING_MODE}`],
      except: [],
      apply: () => updateTable(target, { BillingMode: BILLING_MODE }),
    };
  },
};
