import assert from 'node:assert/strict';

/** A status; or the store closed the connection before it had the whole body, as it may after a refusal. */
export type StoreAnswer = number | 'cut off';

/** fetch's error when the peer has stopped reading. */
const CUT_OFF = ['EPIPE', 'ECONNRESET', 'UND_ERR_SOCKET'];

export async function storeAnswer(sending: Promise<Response>): Promise<StoreAnswer> {
  try {
    const response = await sending;
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    if (isCutOff(error)) return 'cut off';
    throw error;
  }
}

/** 400 or 403: stores differ in which they use. */
export function requireRefused(answer: StoreAnswer, what = 'the request'): void {
  assert.ok(answer === 400 || answer === 403 || answer === 'cut off', `the store answered ${what} by ${answer}`);
}

function isCutOff(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause instanceof Error && 'code' in cause && CUT_OFF.includes(String(cause.code));
}
