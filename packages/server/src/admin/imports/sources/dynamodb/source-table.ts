import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { diagnoseConnection, misSigned } from '../../../../aws/diagnosis.ts';
import { AppError } from '../../../../domain/errors.ts';
import { createScanningClient } from '../../../../records/archive/dynamodb/scan.ts';
import type { DynamodbClientOptions } from '../../../../records/dynamodb/client.ts';
import { dynamodbFault } from '../../../../records/dynamodb/fault.ts';
import type { Item } from '../../../../records/dynamodb/item.ts';

export interface SourceTableOptions extends DynamodbClientOptions {
  readonly table: string;
  /** That one page looks at; absent: 1 MB of them. */
  readonly pageItems?: number | undefined;
}

/** A table that is only read, by Scan. Errors: `unavailable`. */
export interface SourceTable extends AsyncDisposable {
  /** All items, one page in memory, in an order that stays the same while the table does. */
  items(): AsyncIterable<Item>;
}

export async function openSourceTable({ table, pageItems, ...options }: SourceTableOptions): Promise<SourceTable> {
  const client = await createScanningClient(options);
  return {
    async *items() {
      let after: Item | undefined;
      do {
        const asked = new ScanCommand({ TableName: table, Limit: pageItems, ExclusiveStartKey: after });
        const page = await client.send(asked).catch((error: unknown) => {
          throw sourceFault(error, { table, ...options });
        });
        yield* page.Items ?? [];
        after = page.LastEvaluatedKey;
      } while (after !== undefined);
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

function sourceFault(error: unknown, where: SourceTableOptions): unknown {
  if (!(error instanceof Error)) return error;
  const fault = dynamodbFault(error);
  const sentence = diagnosed(error, where) ?? (fault instanceof AppError ? fault.detail : error.message);
  return new AppError('unavailable', `The table ${where.table} can't be read: ${sentence}`, { cause: error });
}

/** For the operator: why the table can't be read, and the remedy. Undefined for unknown errors. */
function diagnosed(error: Error, { table, region, endpoint }: SourceTableOptions): string | undefined {
  const at = endpoint ?? `Amazon DynamoDB in ${region}`;
  const keys = `${at} refuses the credentials: set IMPORT_AWS_ACCESS_KEY_ID and IMPORT_AWS_SECRET_ACCESS_KEY to a key of its own`;
  switch (error.name) {
    case 'InvalidSignatureException':
      return /Signature (expired|not yet current)|valid region/.test(error.message)
        ? misSigned(error, { at, region })
        : keys;
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'InvalidClientTokenId':
      return keys;
    case 'ResourceNotFoundException':
    case 'TableNotFoundException':
      return `there is no table ${table} at ${at}: check its name, IMPORT_AWS_REGION and IMPORT_DYNAMODB_ENDPOINT`;
    case 'AccessDeniedException':
      return `the credentials may not scan the table ${table}: docs/import.md has the policy that they need`;
    case 'SyntaxError': // the answer isn't JSON
      return `${at} is not DynamoDB: set IMPORT_DYNAMODB_ENDPOINT to where it is`;
    default:
      return diagnoseConnection(error, {
        at,
        setting: endpoint === null ? 'IMPORT_AWS_REGION' : 'IMPORT_DYNAMODB_ENDPOINT',
      });
  }
}
