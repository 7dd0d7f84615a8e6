import type { HeaderValues } from '../../authenticator/authenticator.ts';
import { MAX_USER_ID_LENGTH } from '../../domain/access/principal.ts';
import { invalidField } from '../../domain/errors.ts';
import { lengthFault } from '../../text/text-length.ts';

/** Both name the user for whom a request is made; the earlier clients send one or the other. */
const HEADERS = ['x-user-id', 'user-id'] as const;

export interface NamedUser {
  readonly userId: string;
  /** The header, for an error. */
  readonly pointer: string;
}

/** The user that the headers name; undefined: none. Errors: `invalid-request` for two users, or a name that is none. */
export function namedUser(headers: HeaderValues): NamedUser | undefined {
  let first: NamedUser | undefined;
  for (const name of HEADERS) {
    for (const value of headers(name)) {
      if (value === '') continue;
      const userId = userIdIn(name, value);
      first ??= { pointer: name, userId };
      if (userId !== first.userId) {
        throw invalidField(name, `expected the same user as in ${first.pointer}; got another`);
      }
    }
  }
  return first;
}

/** Longer ones are too long in any encoding. */
const MAX_DECODED_BYTES = 8 * MAX_USER_ID_LENGTH;

/** Header values arrive as Latin-1; clients send UTF-8 (RFC 9110 5.5 leaves it open). */
function userIdIn(name: string, value: string): string {
  const userId = value.length > MAX_DECODED_BYTES ? value : utf8(value);
  const fault = lengthFault(userId, MAX_USER_ID_LENGTH);
  if (fault !== undefined) throw invalidField(name, fault);
  if (/\p{Cc}/u.test(userId)) throw invalidField(name, 'expected no control characters; got some');
  return userId;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(latin1: string): string {
  try {
    return UTF8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return latin1;
  }
}
