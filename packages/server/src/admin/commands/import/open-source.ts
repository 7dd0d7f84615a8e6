import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { userIdFault } from '../../../domain/access/user-id.ts';
import { AppError } from '../../../domain/errors.ts';
import { openDownloads } from '../../../run/compose/ingest.ts';
import { MANIFEST } from '../../exports/export-manifest.ts';
import type { ImportSource } from '../../imports/import-source.ts';
import { openBucketFiles, openBucketSource } from '../../imports/sources/bucket.ts';
import { openEarlierSource } from '../../imports/sources/earlier/earlier.ts';
import { EARLIER_FAMILIES, type EarlierName } from '../../imports/sources/earlier/families.ts';
import { openFolderSource } from '../../imports/sources/folder.ts';
import { openExportSource } from '../../imports/sources/own-export.ts';
import { DATES_FROM, type DateFrom } from '../../imports/sources/source-entry.ts';
import { openTableSource } from '../../imports/sources/table.ts';
import { openUrlFiles, openUrlSource } from '../../imports/sources/urls.ts';
import { parseUserPattern, USER_PATTERN_FORM, type UserPattern } from '../../imports/sources/user-pattern.ts';
import { type Start, WrongUsage } from '../command.ts';

export interface Given {
  readonly name: string;
  readonly user: string | undefined;
  readonly userPattern: string | undefined;
  readonly table: string | undefined;
  readonly bucket: string | undefined;
  readonly dateFrom: string | undefined;
}

/** A source that the command line names, before anything is opened. */
export type SourceAsked = (start: Start) => Promise<ImportSource>;

/** Errors: `WrongUsage`. */
export function parsedSource(given: Given): SourceAsked {
  const { name, table, bucket } = given;
  const dateFrom = dateFromIn(given.dateFrom);
  if (name.startsWith('earlier:')) return earlier(given);
  if (given.user === undefined && given.userPattern === undefined && table === undefined && hasExport(name))
    return () => openExportSource(name);
  if (bucket !== undefined) throw new WrongUsage('expected --bucket with earlier:000 to earlier:004 only');
  const userOf = userOfGiven(given);
  if (name.startsWith('urls:')) return atUrls(name.slice('urls:'.length), given, { userOf, dateFrom });
  if (name.startsWith('s3://')) return inBucket(name, { table, userOf, dateFrom });
  if (name === '') throw new WrongUsage('expected a source; got an empty text');
  return ({ config: { dataDir } }) => openFolderSource({ dir: name, table, userOf, dateFrom, dataDir });
}

/** One with an export, which says whose pictures it has. */
const hasExport = (name: string): boolean => name !== '' && existsSync(join(name, MANIFEST));

function earlier({ name, table, bucket, user, userPattern, dateFrom }: Given): SourceAsked {
  const family = name.slice('earlier:'.length);
  const names = Object.keys(EARLIER_FAMILIES);
  if (!names.includes(family))
    throw new WrongUsage(`expected earlier: with one of ${names.join(', ')}; got ${JSON.stringify(name)}`);
  if (user ?? userPattern ?? dateFrom)
    throw new WrongUsage('expected --table and --bucket only with an earlier service, whose records name the users');
  return ({ config, secrets }) => {
    const { region, s3Endpoint, dynamodbEndpoint, caBundle } = config.imports;
    const credentials = secrets.importKeys ?? secrets.awsKeys;
    const endpoints = { tableEndpoint: dynamodbEndpoint, bucketEndpoint: s3Endpoint };
    return openEarlierSource(family as EarlierName, {
      ...{ table: table ?? null, bucket: bucket ?? null, region, caBundle, credentials },
      ...endpoints,
    });
  };
}

function inBucket(
  name: string,
  { table, ...how }: { readonly table: string | undefined; readonly userOf: UserPattern; readonly dateFrom: DateFrom },
): SourceAsked {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(name) ?? [];
  if (bucket === '') throw new WrongUsage(`expected s3://BUCKET/PREFIX; got ${JSON.stringify(name)}`);
  return async ({ config, secrets }) => {
    const { region, s3Endpoint: endpoint, caBundle } = config.imports;
    const credentials = secrets.importKeys ?? secrets.awsKeys;
    const options = { bucket, prefix, region, endpoint, caBundle, credentials };
    if (table === undefined) return openBucketSource({ ...options, ...how });
    return openTableSource({ files: await openBucketFiles(options), table, ...how });
  };
}

function atUrls(
  list: string,
  { table, user }: Given,
  how: { readonly userOf: UserPattern; readonly dateFrom: DateFrom },
): SourceAsked {
  if ((list === '') === (table === undefined))
    throw new WrongUsage('expected urls:FILE, or urls: with --table FILE, whose column path has them');
  if (table === undefined && user === undefined) throw new WrongUsage('expected --user with urls:FILE; got none');
  return async ({ config }) => {
    const ingest = openDownloads(config);
    if (!ingest)
      throw new AppError(
        'unavailable',
        'expected INGEST_HOSTS, which names the hosts that are asked; got none: set it',
      );
    const options = { list: list === '' ? undefined : list, ingest, maxBytes: config.maxUploadBytes };
    const source =
      table === undefined
        ? openUrlSource({ ...options, userId: user ?? '' })
        : await openTableSource({ files: openUrlFiles(options), table, ...how });
    return {
      ...source,
      async [Symbol.asyncDispose]() {
        await source[Symbol.asyncDispose]();
        await ingest[Symbol.asyncDispose]();
      },
    };
  };
}

function userOfGiven({ user, userPattern, table }: Given): UserPattern {
  if (user !== undefined && userPattern !== undefined)
    throw new WrongUsage('expected --user or --user-pattern; got both');
  if (user !== undefined) {
    const fault = userIdFault(user);
    if (fault !== undefined) throw new WrongUsage(`--user: ${fault}`);
    return () => user;
  }
  if (userPattern !== undefined) {
    const pattern = parseUserPattern(userPattern);
    if (pattern) return pattern;
    throw new WrongUsage(`expected ${USER_PATTERN_FORM} after --user-pattern; got ${JSON.stringify(userPattern)}`);
  }
  if (table !== undefined) return () => undefined;
  throw new WrongUsage('expected whose pictures they are: --user USER, --user-pattern PATTERN, or --table FILE');
}

function dateFromIn(given: string | undefined): DateFrom {
  const found = DATES_FROM.find((one) => one === (given ?? 'picture'));
  if (found) return found;
  throw new WrongUsage(`expected ${DATES_FROM.join(', ')} after --date-from; got ${JSON.stringify(given)}`);
}
