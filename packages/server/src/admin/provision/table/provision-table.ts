import { createDynamodbClient } from '../../../records/dynamodb/client.ts';
import type { Secrets } from '../../../run/config/config.ts';
import type { DynamodbConfig } from '../../../run/config/dynamodb-config.ts';
import { type Mode, makeRight, type Outcome } from '../make-right.ts';
import { BILLING } from './billing.ts';
import { DELETION_PROTECTION } from './deletion-protection.ts';
import { TABLE_INDEXES } from './indexes.ts';
import { POINT_IN_TIME_RECOVERY } from './point-in-time-recovery.ts';
import { TABLE } from './table.ts';
import { tableFault } from './table-fault.ts';
import type { TableAspect } from './table-target.ts';
import { TIME_TO_LIVE } from './time-to-live.ts';

const ASPECTS: readonly TableAspect[] = [
  TABLE,
  BILLING,
  TABLE_INDEXES,
  TIME_TO_LIVE,
  POINT_IN_TIME_RECOVERY,
  DELETION_PROTECTION,
];

/** The errors by which a store other than Amazon's refuses something. */
const UNSUPPORTED = ['UnknownOperationException'];

/** An index of a large table takes hours. DynamoDB continues it when nobody waits any more. */
const WAIT_MS = 3_600_000;

export interface ProvisionTableOptions {
  readonly dynamodb: DynamodbConfig;
  readonly awsKeys: Secrets['awsKeys'];
  readonly mode: Mode;
  readonly waitMs?: number;
}

/** Sets up a table. Errors: `unavailable`, with a sentence that says how to repair it. */
export async function provisionTable(options: ProvisionTableOptions): Promise<Outcome[]> {
  const { dynamodb, awsKeys, mode, waitMs = WAIT_MS } = options;
  const client = await createDynamodbClient({ ...dynamodb, credentials: awsKeys });
  try {
    return await makeRight(ASPECTS, { ...dynamodb, client, waitMs }, { mode, unsupported: UNSUPPORTED });
  } catch (error) {
    throw tableFault(error, dynamodb);
  } finally {
    client.destroy();
  }
}
