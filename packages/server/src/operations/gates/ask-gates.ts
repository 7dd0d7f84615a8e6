import { AppError } from '../../domain/errors.ts';
import type { Rejection } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import {
  type Decision,
  type GateDecision,
  nextGate,
  type PersonDecision,
  UNEXPLAINED,
} from '../../domain/image/screening.ts';
import { unlessAborted } from '../../flow/abort.ts';
import { type GateVerdict, HANGS, type KnownGate, type Preview, type ScreenedCopy } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { makePreview, type PreviewServices, type PreviewTurn } from './make-preview.ts';

export type AskServices = PreviewServices & Pick<Services, 'gates' | 'clock' | 'observe' | 'tracing'>;

export interface AskGatesInput extends Pick<ScreenedCopy, 'image' | 'path'> {
  /** Whose share of decoders, for the preview, and of the gates' places the questions use. */
  readonly turn: PreviewTurn;
  /** All that must pass, in order. */
  readonly gates: readonly string[];
  readonly passed: readonly string[];
  /** Errors in a row of the first that hasn't passed. */
  readonly failures: number;
  /** What persons decided about these bytes, which the record has: their gates aren't asked. */
  readonly early: readonly PersonDecision[];
  /** Ends the questions; the image then waits. */
  readonly signal: AbortSignal;
}

/**
 * Why the first gate that hasn't passed didn't decide: the time was over, it answered `later`, it failed, or this
 * process lacks it. `passed`: there is none.
 */
export type Standing = 'passed' | 'unasked' | 'later' | 'failed' | 'lacked';

export interface Screened {
  readonly gates: readonly string[];
  readonly passed: readonly string[];
  readonly failures: number;
  readonly standing: Standing;
  readonly decided: readonly Decision[];
}

export interface GateRefusal {
  readonly rejection: Rejection;
  readonly decided: readonly Decision[];
}

/** `hung`: a gate kept its place for the whole time-out. */
export type Asked = (Screened | { readonly refusal: GateRefusal }) & { readonly hung: boolean };

/**
 * Asks the gates that haven't passed yet, one after another, until one doesn't pass. Never fails: an error of a gate is
 * an outcome.
 */
export async function askGates(services: AskServices, input: AskGatesInput): Promise<Asked> {
  const { gates, signal, image } = input;
  const decided: Decision[] = [];
  let { passed, failures } = input;
  let hung = false;
  const standing = (why: Standing): Asked => ({ gates, passed, failures, standing: why, decided, hung });
  const refused = (rejection: Rejection): Asked => ({ refusal: { rejection, decided }, hung });
  const preview = previewOnce(services, input);

  for (let name = nextGate(gates, passed); name !== undefined; name = nextGate(gates, passed)) {
    const byPerson = input.early.findLast((one) => one.gate === name);
    if (byPerson?.verdict === 'refuse') return refused(rejectionBy(byPerson));
    if (byPerson) {
      passed = [...passed, name];
      failures = 0;
      continue;
    }
    const gate = services.gates.find((one) => one.name === name);
    if (!gate) return standing('lacked');
    if (signal.aborted) return standing('unasked');
    const shown = await (gate.seesPreview ? preview() : null)?.catch((error: unknown) => ({ error }));
    if (shown && 'error' in shown) {
      if (signal.aborted) return standing('unasked');
      services.observe({ event: 'gate-failed', gate: name, imageId: image.id, error: shown.error });
      return standing('failed');
    }
    const asked = await ask(services, gate, { ...input, preview: shown ?? null }).catch((error: unknown) => ({
      error,
    }));
    if ('error' in asked && signal.aborted) return standing('unasked');
    if ('error' in asked) {
      failures += 1;
      hung ||= isHanging(asked.error);
    }
    const verdict = 'error' in asked ? verdictOfErrors(gate, failures) : asked;
    if (!verdict) return standing('failed');
    if (verdict.verdict === 'later') {
      failures = 0;
      return standing('later');
    }
    const by = 'error' in asked ? 'error' : 'gate';
    const { refusal, decision } = decide(services, { imageId: image.id, gate: name, by, verdict });
    decided.push(decision);
    if (refusal) return refused(refusal);
    passed = [...passed, name];
    failures = 0;
  }
  return standing('passed');
}

/**
 * The preview, made on the first call. It doesn't count as time of the gate, nor its error as one of the gate:
 * `on_error=pass` would publish an image that no gate has seen, because this service is overloaded or its disk is full.
 */
function previewOnce(services: AskServices, { image, path, turn, signal }: AskGatesInput): () => Promise<Preview> {
  let making: Promise<Preview> | undefined;
  return () => {
    making ??= makePreview(services, image, { path, contentType: image.contentType }, { ...turn, signal });
    return unlessAborted(making, signal);
  };
}

async function ask(
  { observe, tracing }: AskServices,
  gate: KnownGate,
  { image, path, turn: { payer }, signal, preview }: AskGatesInput & Pick<ScreenedCopy, 'preview'>,
) {
  try {
    return await tracing.span(`gate ${gate.name}`, {}, () => gate.ask({ image, path, preview }, { payer, signal }));
  } catch (error) {
    if (!signal.aborted) observe({ event: 'gate-failed', gate: gate.name, imageId: image.id, error });
    throw error;
  }
}

const isHanging = (error: unknown): boolean => error instanceof AppError && error.reason === HANGS;

type Verdict = Exclude<GateVerdict, { verdict: 'later' }>;

/** Undefined: the image waits. */
function verdictOfErrors({ rules }: KnownGate, failures: number): Verdict | undefined {
  if (rules.onError === 'hold' || failures < rules.attempts) return undefined;
  if (rules.onError === 'pass') return { verdict: 'pass' };
  return { verdict: 'refuse', reason: NO_ANSWER, privateReason: `${failures} errors in a row` };
}

/** For the uploader, who sends the image again if it was no fault of the image. */
export const NO_ANSWER = 'expected an image that was checked in time; got one that could not be checked';

export interface Deciding {
  readonly imageId: ImageId;
  readonly gate: string;
  readonly by: GateDecision['by'];
  readonly verdict: Verdict;
}

/** The rejection by a person who refused it. */
export const rejectionBy = ({ reason }: PersonDecision): Rejection => ({
  code: 'refused-by-gate',
  detail: reason ?? UNEXPLAINED,
});

/** The decision, as the record keeps it, and the rejection if it is a refusal. */
export function decide(
  { clock, observe }: Pick<Services, 'clock' | 'observe'>,
  { imageId, gate, by, verdict }: Deciding,
): { readonly decision: Decision; readonly refusal: Rejection | undefined } {
  const at = clock.now();
  if (verdict.verdict === 'pass') {
    observe({ event: 'gate-passed', imageId, gate, by });
    return { decision: { gate, by, verdict: 'pass', at, privateReason: null }, refusal: undefined };
  }
  const { reason, privateReason } = verdict;
  observe({ event: 'gate-refused', imageId, gate, by, ...(privateReason !== null && { privateReason }) });
  return {
    decision: { gate, by, verdict: 'refuse', at, privateReason },
    refusal: { code: 'refused-by-gate', detail: reason },
  };
}
