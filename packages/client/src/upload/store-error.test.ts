import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { storeError } from './store-error.ts';

const SENT = { headers: { 'Content-Type': 'image/png', 'If-None-Match': '*' }, bytes: 1_234 };
const answerOf = (status: number, code: string, message: string) => ({
  status,
  text: `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  retryAfter: undefined,
});
const WAY = 'something between here and the store changes headers, or the file has changed since it was chosen';

describe('a refusal of the store says what was sent and what the store says', () => {
  for (const [answer, sent, detail] of [
    [
      answerOf(403, 'SignatureDoesNotMatch', 'Not that: expected image/jpeg, as signed; got image/png'),
      SENT,
      `expected the store to take 1234 bytes with Content-Type image/png, as granted; got status 403 SignatureDoesNotMatch: ${WAY}. The store says: Not that: expected image/jpeg, as signed; got image/png`,
    ],
    [
      answerOf(403, 'AccessDenied', 'Request has expired'),
      { headers: {}, bytes: 1 },
      'expected the store to take 1 bytes with Content-Type none, as granted; got status 403 AccessDenied. The store says: Request has expired',
    ],
    [
      { status: 403, text: '<html>Forbidden</html>', retryAfter: undefined },
      SENT,
      'expected the store to take 1234 bytes with Content-Type image/png, as granted; got status 403',
    ],
  ] as const)
    it(detail.slice(0, 140), () => assert.equal(storeError(answer, sent)?.detail, detail));

  it('in one line, without entities and control characters, and shortened', () => {
    const said = storeError(answerOf(400, 'InvalidRequest', `it&apos;s &amp;lt;\n\u001b[31m ${'x'.repeat(999)}`), SENT);
    assert.match(said?.detail ?? '', /The store says: it's &lt; \[31m x{200,290}$/);
  });
});
