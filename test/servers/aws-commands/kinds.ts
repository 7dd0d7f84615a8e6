import type { AnnouncedCommand } from '../../../packages/server/src/aws/announce-commands.ts';
import { KEY_PREFIXES } from '../../../packages/server/src/domain/image/object-key.ts';

/** Parts of a request of S3 that need rights of their own ("Required permissions for Amazon S3 API operations"). */
const TELLING = [
  'ACL',
  'GrantFullControl',
  'GrantRead',
  'GrantReadACP',
  'GrantWriteACP',
  'ObjectLockLegalHoldStatus',
  'ObjectLockMode',
  'SSEKMSKeyId',
  'Tagging',
  'TaggingDirective',
  'VersionId',
  'WebsiteRedirectLocation',
];

type Input = Readonly<Record<string, unknown>>;

/**
 * What a command needs rights for, as text: its name, what it touches, and the parts that need more. One command may
 * have several, as the parts of a transaction. `S3 CopyObject incoming/ -> images/ TaggingDirective`, `DynamoDB Query
 * gsi1`, `DynamoDB TransactWriteItems Put`, `SQS SendMessage dead letters`.
 */
export function kindsOf({ client, command, input }: AnnouncedCommand): string[] {
  const service = client.replace(/Client$/, '');
  const name = `${service} ${command.replace(/Command$/, '')}`;
  return detailsOf(service, input as Input).map((detail) => (detail === '' ? name : `${name} ${detail}`));
}

function detailsOf(service: string, input: Input): string[] {
  if (service === 'S3') return ofS3(input);
  if (service === 'DynamoDB') return ofDynamodb(input);
  return [queueOf(String(input['QueueUrl'] ?? input['QueueName'] ?? ''))];
}

const queueOf = (name: string): string => (name.endsWith('-dead-letters') ? 'dead letters' : 'queue');

function ofS3(input: Input): string[] {
  const telling = TELLING.filter((one) => input[one] !== undefined);
  const { Key, CopySource, Delete } = input as {
    readonly Key?: string;
    readonly CopySource?: string;
    readonly Delete?: { readonly Objects?: readonly { readonly Key: string; readonly VersionId?: string }[] };
  };
  if (Delete) {
    const objects = Delete.Objects ?? [];
    return [...new Set(objects.map((one) => words(prefixOf(one.Key), one.VersionId && 'VersionId')))];
  }
  if (Key === undefined) return [words(...telling)];
  const source = CopySource?.split('/').slice(1).join('/');
  const from = source === undefined ? [] : [prefixOf(source), '->'];
  return [words(...from, prefixOf(Key), ...telling, source?.includes('?versionId=') && 'source VersionId')];
}

/** In a target of backups, or a bucket to import from, keys are anybody's. */
const prefixOf = (key: string): string => KEY_PREFIXES.find((one) => key.startsWith(one)) ?? 'others/';
const words = (...given: readonly (string | false | undefined)[]): string => given.filter(Boolean).join(' ');

function ofDynamodb(input: Input): string[] {
  const { IndexName, TransactItems } = input as {
    readonly IndexName?: string;
    readonly TransactItems?: readonly object[];
  };
  if (TransactItems) return [...new Set(TransactItems.flatMap((item) => Object.keys(item)))];
  return [IndexName ?? ''];
}
