import type { Config } from '../config/config.ts';
import { openDynamodbRecords } from './dynamodb-records.ts';
import { openPostgresRecords } from './postgres-records.ts';
import type { CommandAccess, OpenRecords, OpenRecordsOptions, WholeRecords } from './records.ts';
import { openSqliteRecords } from './sqlite-records.ts';

/** Opens the records of a configuration. Errors: `unavailable`, with a sentence for the operator. */
export function openRecords(
  config: Config,
  options: OpenRecordsOptions<CommandAccess>,
): Promise<OpenRecords & { readonly whole: WholeRecords }>;
export function openRecords(config: Config, options: OpenRecordsOptions): Promise<OpenRecords>;
export function openRecords(config: Config, options: OpenRecordsOptions): Promise<OpenRecords> {
  const { dynamodb, postgres } = config;
  if (postgres) return openPostgresRecords({ ...config, postgres }, options);
  return dynamodb ? openDynamodbRecords({ ...config, dynamodb }, options) : openSqliteRecords(config, options);
}
