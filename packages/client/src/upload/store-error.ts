import { SafelightError } from '../errors.ts';
import type { SendAnswer } from './send.ts';

/** S3's codes for bytes that aren't those of the grant. */
const OTHER_BYTES = ['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'];

/**
 * S3 has them with status 400 or 409, though the same request may succeed: the bytes came too slowly, in part, or twice
 * at once.
 */
const TEMPORARY = ['RequestTimeout', 'IncompleteBody', 'ConditionalRequestConflict', 'OperationAborted'];

/** What was sent to the store. */
export interface SentBytes {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

/** Undefined if the store took the bytes, or had them before (412). */
export function storeError({ status, text, retryAfter }: SendAnswer, sent: SentBytes): SafelightError | undefined {
  if (status < 300 || status === 412) return undefined;
  const [, code = ''] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  if (OTHER_BYTES.includes(code))
    return new SafelightError(
      'file-changed',
      'expected the bytes that were announced; got others: choose the file again',
      {
        status,
      },
    );
  const advice = code === 'SignatureDoesNotMatch' ? CHANGED_ON_THE_WAY : '';
  const said = messageIn(text);
  const detail = [
    `expected the store to take ${sent.bytes} bytes with Content-Type ${typeOf(sent)}, as granted; got status ${status} ${code}`.trimEnd(),
    advice,
    said && `. The store says: ${said}`,
  ].join('');
  return new SafelightError('unexpected-answer', detail, {
    status: TEMPORARY.includes(code) ? 503 : status,
    retryAfter,
  });
}

const CHANGED_ON_THE_WAY =
  ': something between here and the store changes headers, or the file has changed since it was chosen';

const typeOf = ({ headers }: SentBytes): string =>
  Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? 'none';

const LONGEST_MESSAGE = 300;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** One line of limited length: a store's text goes to pages, terminals and logs. */
function messageIn(xml: string): string {
  const [, message = ''] = /<Message>([^<]*)<\/Message>/.exec(xml) ?? [];
  const text = message.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '');
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .slice(0, LONGEST_MESSAGE)
    .trim();
}
