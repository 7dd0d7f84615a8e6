import { SafelightError } from '../errors.ts';
import type { SendAnswer } from './send.ts';

/** S3's codes for bytes that aren't those of the grant. */
const OTHER_BYTES = ['BadDigest', 'XAmzContentChecksumMismatch', 'XAmzContentSHA256Mismatch'];

/** S3 has them with status 400 or 409, though the same request may succeed: the bytes came too slowly, in part, or twice at once. */
const TEMPORARY = ['RequestTimeout', 'IncompleteBody', 'ConditionalRequestConflict', 'OperationAborted'];

/** Undefined if the store took the bytes, or had them before (412). */
export function storeError({ status, text, retryAfter }: SendAnswer): SafelightError | undefined {
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
  const detail = `expected the store to take the bytes; got status ${status} ${code}`.trimEnd();
  return new SafelightError('unexpected-answer', detail, {
    status: TEMPORARY.includes(code) ? 503 : status,
    retryAfter,
  });
}
