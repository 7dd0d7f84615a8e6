import { type ObjectKey, parseIncomingKey } from '../../domain/image/object-key.ts';
import type { Arrival } from '../../domain/job.ts';
import { UNREADABLE } from '../dead-letter.ts';
import type { DecodedJob, JobCodec } from '../job-codec.ts';

/** The content of an SQS message. */
export type Message =
  | DecodedJob
  /** A message without any work. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unreadable'; readonly reason: string };

const NOTHING: Message = { kind: 'nothing' };
const unreadable = (why: string): Message => ({ kind: 'unreadable', reason: `${UNREADABLE}: ${why}` });

/** Reads one of our jobs, or an event of a bucket: directly, or in the envelope of SNS or EventBridge. */
export function readMessage(body: string, codec: JobCodec): Message {
  const job = codec.decode(body); // events have no `kind`; a future job may have any other field of theirs
  if (job) return job;
  const fields = parsed(body);
  if (!fields) return unreadable('no JSON object');
  const isEnvelope = fields['Type'] === 'Notification' && typeof fields['Message'] === 'string';
  if (!isEnvelope) return readEvent(fields);
  const inside = parsed(String(fields['Message'])); // "Amazon SNS message and JSON formats"
  return inside ? readEvent(inside) : unreadable('no JSON object in the message of SNS');
}

const NEITHER = 'neither a job nor an event of a bucket';

type Fields = Readonly<Record<string, unknown>>;

function readEvent(event: Fields): Message {
  if (event['Event'] === 's3:TestEvent') return NOTHING; // sent when a notification is configured
  if (Array.isArray(event['Records'])) return readRecords(event['Records']);
  if (event['source'] === 'aws.s3') return readEventBridge(event);
  return unreadable(NEITHER);
}

/**
 * "Event message structure", Amazon S3 User Guide; Ceph and others use similar ones. Of several records all readable
 * ones are used.
 */
function readRecords(records: readonly unknown[]): Message {
  const arrivals: Arrival[] = [];
  let problem: string | undefined;
  for (const record of records.map(fieldsOf)) {
    const read = readRecord(record);
    if (typeof read === 'string') problem ??= read;
    else if (read) arrivals.push(read);
  }
  const read = jobOfArrivals(arrivals);
  return read.kind === 'nothing' && problem !== undefined ? unreadable(problem) : read;
}

/** The arrival; undefined if there is none; otherwise the reason why it can't be read. */
function readRecord(record: Fields): Arrival | string | undefined {
  const [version, name] = [record['eventVersion'], record['eventName']];
  if (typeof version !== 'string' || !version.startsWith('2.')) {
    return `a record of the version ${preview(version)}; expected 2.x`;
  }
  if (typeof name !== 'string') return `a record of the event ${preview(name)}`;
  if (!/^(s3:)?ObjectCreated:/.test(name)) return undefined;
  const s3 = fieldsOf(record['s3']);
  return arrivalOf(fieldsOf(s3['bucket'])['name'], fieldsOf(s3['object'])['key']) ?? 'a record without bucket and key';
}

/** "EventBridge event message structure", Amazon S3 User Guide. */
function readEventBridge(event: Fields): Message {
  if (event['detail-type'] !== 'Object Created') return NOTHING;
  const detail = fieldsOf(event['detail']);
  const arrival = arrivalOf(fieldsOf(detail['bucket'])['name'], fieldsOf(detail['object'])['key']);
  return arrival ? jobOfArrivals([arrival]) : unreadable('an event without bucket and key');
}

/** Other objects than uploads are ignored. */
function jobOfArrivals(arrivals: readonly Arrival[]): Message {
  const uploads = arrivals.filter(({ keys }) => keys.length > 0);
  return uploads.length === 0 ? NOTHING : { kind: 'job', job: { kind: 'arrival', arrivals: uploads } };
}

function arrivalOf(bucket: unknown, key: unknown): Arrival | undefined {
  return typeof bucket === 'string' && typeof key === 'string' ? { bucket, keys: readKey(key) } : undefined;
}

/**
 * Amazon encodes keys like a form, Ceph and EventBridge don't, and our keys contain percent signs: `a%2540b` is `a%40b`
 * to Amazon and itself to Ceph. Only the image's record shows which was meant; the id is the same in both. Our keys
 * contain no space, which a form writes as `+`.
 */
function readKey(text: string): readonly ObjectKey[] {
  if (text.length > MAX_KEY_LENGTH) return [];
  const decoded = percentDecoded(text);
  return [...new Set([text, ...(decoded === undefined ? [] : [decoded])])].flatMap(
    (key) => parseIncomingKey(key) ?? [],
  );
}

/** Characters: 1,024 bytes of S3, each percent-encoded. */
const MAX_KEY_LENGTH = 3_072;

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // it wasn't encoded
  }
}

function parsed(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const fieldsOf = (value: unknown): Fields => Object(value) as Fields;

const PREVIEW_CHARACTERS = 40;
const preview = (value: unknown): string => String(JSON.stringify(value)).slice(0, PREVIEW_CHARACTERS);
