import { type Refused, refuse } from './s3-error.ts';

/**
 * S3's POST policy: the signed conditions on a form. Source: "POST Policy", Amazon S3 API Reference; the codes and
 * messages are those that S3 was observed to answer.
 */
export interface Policy {
  readonly outcome: 'parsed';
  readonly expiresAt: Date;
  readonly conditions: readonly Condition[];
}

type Condition =
  | {
      readonly operator: 'eq' | 'starts-with';
      /** Lower-case; undefined without the leading `$`, and no form fulfils the condition. */
      readonly field: string | undefined;
      readonly value: string;
    }
  | { readonly operator: 'content-length-range'; readonly minBytes: number; readonly maxBytes: number };

/** The fields of a form before its file. */
export interface ReceivedForm {
  /** The bucket in the URL. */
  readonly bucket: string;
  /** By lower-case name: S3 ignores case in field names. */
  readonly fields: ReadonlyMap<string, string>;
}

/** The allowed length of the file in bytes, inclusive. */
export interface LengthLimits {
  readonly minBytes: number;
  readonly maxBytes: number;
}

/** The signed text, unchanged: base64 of a JSON document. */
export function parsePolicy(base64: string): Policy | Refused {
  const document = parseJson(base64);
  if (!isRecord(document)) return invalid('Invalid JSON.');
  const expiresAt = parseExpiration(document['expiration']);
  if (!expiresAt) return invalid("Invalid 'expiration' value: expected one like 2013-08-01T12:00:00.000Z");
  if (!Array.isArray(document['conditions'])) return invalid("Invalid 'conditions' value: must be a List.");
  const conditions: Condition[] = [];
  for (const json of document['conditions']) {
    const condition = parseCondition(json);
    if (!condition) return invalid(`Invalid Condition: ${JSON.stringify(json)}`);
    conditions.push(condition);
  }
  return { outcome: 'parsed', expiresAt, conditions };
}

/** Whether every field of the form fulfils the policy; if so, the allowed length of its file. */
export function checkPolicy(
  { expiresAt, conditions }: Policy,
  { bucket, fields }: ReceivedForm,
  now: Date,
): { readonly outcome: 'allowed'; readonly limits: LengthLimits } | Refused {
  if (now >= expiresAt) return denied('Policy expired.');
  const values = new Map([...fields, ['bucket', bucket]]);
  if ((fields.get('bucket') ?? bucket) !== bucket) return denied(conditionFailed(['eq', '$bucket', bucket]));

  let limits = { minBytes: 0, maxBytes: Number.POSITIVE_INFINITY };
  const covered = new Set<string | undefined>(EXEMPT);
  for (const condition of conditions) {
    if (condition.operator === 'content-length-range') {
      limits = {
        minBytes: Math.max(limits.minBytes, condition.minBytes),
        maxBytes: Math.min(limits.maxBytes, condition.maxBytes),
      };
      continue;
    }
    const { operator, field, value } = condition;
    if (!isFulfilled(operator, field, field === undefined ? undefined : values.get(field), value))
      return denied(conditionFailed([operator, `$${field ?? ''}`, value]));
    covered.add(field);
  }
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !name.startsWith('x-ignore-'));
  if (extra.length > 0) return denied(`Extra input fields: ${extra.join(', ')}`);
  return { outcome: 'allowed', limits };
}

/** Fields that need no condition; the same holds for fields that begin with `x-ignore-`. */
const EXEMPT = ['policy', 'x-amz-signature', 'file'];

/** An absent field fulfils no condition, not even `starts-with` an empty text. */
function isFulfilled(
  operator: 'eq' | 'starts-with',
  field: string | undefined,
  given: string | undefined,
  expected: string,
): boolean {
  if (given === undefined) return false;
  if (operator === 'eq') return given === expected;
  const parts = field === 'content-type' ? given.split(',') : [given]; // a list, each element of which must fulfil the condition
  return parts.every((part) => part.startsWith(expected));
}

/**
 * `{"acl": "private"}`, `["eq", "$acl", "private"]`, `["starts-with", "$key", "a/"]`, `["content-length-range", 1, 9]`.
 */
function parseCondition(json: unknown): Condition | undefined {
  if (Array.isArray(json)) return parseList(json);
  if (!isRecord(json)) return undefined;
  const [entry, ...others] = Object.entries(json);
  if (!entry || others.length > 0 || typeof entry[1] !== 'string') return undefined;
  return { operator: 'eq', field: entry[0].toLowerCase(), value: entry[1] };
}

function parseList([name, one, other, ...others]: readonly unknown[]): Condition | undefined {
  if (typeof name !== 'string' || others.length > 0) return undefined;
  const operator = name.toLowerCase();
  if (operator === 'content-length-range') {
    const [minBytes, maxBytes] = [parseLength(one), parseLength(other)];
    return minBytes === undefined || maxBytes === undefined ? undefined : { operator, minBytes, maxBytes };
  }
  if (operator !== 'eq' && operator !== 'starts-with') return undefined;
  if (typeof one !== 'string' || typeof other !== 'string') return undefined;
  return { operator, field: one.startsWith('$') ? one.slice(1).toLowerCase() : undefined, value: other };
}

/** Whole bytes; S3 also accepts them as text. */
const parseLength = (json: unknown): number | undefined =>
  (typeof json === 'number' || typeof json === 'string') && /^\d{1,15}$/.test(String(json)) ? Number(json) : undefined;

/** ISO 8601 in UTC, the only form that S3 accepts. */
function parseExpiration(json: unknown): Date | undefined {
  if (typeof json !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/.test(json)) return undefined;
  const time = new Date(json);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function parseJson(base64: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64')));
  } catch {
    return undefined; // not a JSON object
  }
}

const isRecord = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const invalid = (message: string): Refused => refuse('InvalidPolicyDocument', `Invalid Policy: ${message}`);

const denied = (message: string): Refused => refuse('AccessDenied', `Invalid according to Policy: ${message}`);

const conditionFailed = (condition: readonly string[]): string =>
  `Policy Condition failed: [${condition.map((part) => JSON.stringify(part)).join(', ')}]`;
