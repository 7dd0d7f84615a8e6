import { AppError } from '../../domain/errors.ts';
import { MAX_PRIVATE_REASON, MAX_REASON, reasonFault, UNEXPLAINED } from '../../domain/image/screening.ts';
import type { OutboundAnswer } from '../../outbound/receive-answer.ts';
import { preview } from '../../text/preview.ts';
import type { GateVerdict } from '../gate.ts';

export const MAX_ANSWER_BYTES = 16_384;

/** Errors: `unavailable` for anything that is no verdict. */
export function verdictIn({ status, body }: Pick<OutboundAnswer, 'status' | 'body'>): GateVerdict {
  if (status === 202) return { verdict: 'later' };
  if (status !== 200) throw noVerdict('the status 200 or 202', String(status));
  const { verdict, reason, private_reason: privateReason } = objectIn(body);
  if (verdict === 'pass') return { verdict };
  if (verdict !== 'refuse')
    throw noVerdict('the verdict pass or refuse', typeof verdict === 'string' ? preview(verdict) : 'none');
  return {
    verdict,
    reason: textIn('reason', reason, MAX_REASON) ?? UNEXPLAINED,
    privateReason: textIn('private_reason', privateReason, MAX_PRIVATE_REASON),
  };
}

function objectIn(body: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // the parser's own message repeats a part of the text
  }
  throw noVerdict('a JSON object', 'something else');
}

/** null: there is none. */
function textIn(name: string, given: unknown, maxLength: number): string | null {
  if (given === undefined || given === null) return null;
  if (typeof given !== 'string') throw noVerdict(`text as ${name}`, 'something else');
  const fault = reasonFault(given, maxLength);
  if (fault !== undefined) throw noVerdict(`${fault} as ${name}`, 'another text');
  return given;
}

const noVerdict = (expected: string, got: string): AppError =>
  new AppError('unavailable', `expected ${expected} in the answer; got ${got}`);
