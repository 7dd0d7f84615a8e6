import assert from 'node:assert/strict';

/** A status; or that the store ended the connection before it had the body, as it may when it has refused it. */
export type StoreAnswer = number | 'cut off';

/** How fetch says that nobody reads any more. */
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

/** By 400 or 403: stores differ in which of the two refuses what. */
export function requireRefused(answer: StoreAnswer, what = 'the request'): void {
  assert.ok(answer === 400 || answer === 403 || answer === 'cut off', `the store answered ${what} by ${answer}`);
}

function isCutOff(error: unknown): boolean {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  return cause instanceof Error && 'code' in cause && CUT_OFF.includes(String(cause.code));
}
