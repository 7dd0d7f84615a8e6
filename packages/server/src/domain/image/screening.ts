import type { ActorId } from '../access/actor-id.ts';

/** What keeps an image from being ready although its bytes are sound: gates that haven't decided. */
export interface Screening {
  /** All gates that must pass, in the order in which they are asked. */
  readonly gates: readonly string[];
  /** Those that did. They aren't asked again. */
  readonly passed: readonly string[];
  /** Errors in a row of the gate that the image waits for. */
  readonly failures: number;
  /** When that gate is asked next, or its deadline is due. */
  readonly askAt: Date;
  /** When the wait for that gate ends, as `atDeadline` says. */
  readonly deadline: Date;
  readonly atDeadline: 'refuse' | 'pass';
}

interface Decided {
  readonly gate: string;
  readonly verdict: 'pass' | 'refuse';
  readonly at: Date;
  /** For moderators, never for the uploader; null: none was given. */
  readonly privateReason: string | null;
}

/**
 * What was decided at a gate, and by what: the gate's answer, its rule for errors, its deadline, or an operator who
 * dropped the gate.
 */
export interface GateDecision extends Decided {
  readonly by: 'gate' | 'error' | 'deadline' | 'drop';
}

/** A person decided, in place of the gate, about the bytes with that hash. */
export interface PersonDecision extends Decided {
  readonly by: 'person';
  readonly actor: ActorId;
  readonly sha256: string;
  /** For the uploader. */
  readonly reason: string | null;
}

export type Decision = GateDecision | PersonDecision;

export const isByPerson = (decision: Decision): decision is PersonDecision => decision.by === 'person';

/** What persons decided about these bytes before their gates did. */
export const early = (decisions: readonly PersonDecision[], sha256: string): readonly PersonDecision[] =>
  decisions.filter((one) => one.sha256 === sha256);

/** Decisions of one record. Beyond that the oldest passes go first, so that passes never push a refusal out. */
export const DECISIONS_KEPT = 50;

export function withDecisions<One extends Decision>(kept: readonly One[], added: readonly One[]): readonly One[] {
  const all = [...kept, ...added];
  const surplus = all.length - DECISIONS_KEPT;
  const going = new Set(all.filter(({ verdict }) => verdict === 'pass').slice(0, Math.max(surplus, 0)));
  return all.filter((one) => !going.has(one)).slice(-DECISIONS_KEPT);
}

/**
 * Whether a pending image, decided about so far as `kept` says, takes another decision: only a refusal takes the place
 * of a pass.
 */
export const takesEarly = (kept: readonly PersonDecision[], { verdict }: PersonDecision): boolean =>
  kept.length < DECISIONS_KEPT || (verdict === 'refuse' && kept.some((one) => one.verdict === 'pass'));

/**
 * An image that passes a gate again and again keeps the first and the last time: daily re-scans must not fill its
 * record.
 */
export function withPassAgain(kept: readonly Decision[], pass: Decision): readonly Decision[] {
  const isSamePass = ({ gate, by, verdict }: Decision): boolean =>
    gate === pass.gate && by === pass.by && verdict === 'pass';
  const first = kept.find(isSamePass);
  return withDecisions(
    kept.filter((one) => one === first || !isSamePass(one)),
    [pass],
  );
}

/** What decides without the gate having looked at the image. */
const UNSEEN: readonly Decision['by'][] = ['error', 'deadline', 'drop'];

/** Whether the gate has looked at the image at that time or later. */
export const hasSeenSince = (decisions: readonly Decision[], gate: string, since: Date): boolean =>
  decisions.some((one) => one.gate === gate && one.at >= since && !UNSEEN.includes(one.by));

/** The first gate that hasn't passed; undefined: all have. */
export const nextGate = (gates: readonly string[], passed: readonly string[]): string | undefined =>
  gates.find((gate) => !passed.includes(gate));

/**
 * The gate of images that guests add to an album: its owner decides about them, and no process asks it. A service has
 * no other gate of that name.
 */
export const OWNER_GATE = 'owner';

/**
 * The gate of bytes that are to take the place of a picture's: the service itself passes them, once all others have. It
 * has no other gate of that name, and a process that knows of no replacements serves none: it waits for this gate.
 */
export const REPLACE_GATE = 'replace';

/** Gates that no process asks, in their order behind all others, and who decides there. */
const RESERVED = new Map([
  [OWNER_GATE, 'the owner of the album decides'],
  [REPLACE_GATE, 'the service itself decides'],
]);

/** Who decides at a reserved gate, in words; undefined: it isn't reserved, so one may be configured with that name. */
export const decidesAtReserved = (gate: string): string | undefined => RESERVED.get(gate);

/** Days until a picture about which the owner hasn't decided is refused. */
export const OWNER_DAYS = 30;

/**
 * Each gate once, in the order of the first list. Reserved ones are last, so that they decide about what all others
 * have passed.
 */
export function allGates(...lists: readonly (readonly string[])[]): readonly string[] {
  const gates = new Set(lists.flat());
  const last = [...RESERVED.keys()].filter((gate) => gates.delete(gate));
  return [...gates, ...last];
}

/** The gate that a held image waits for. Errors: all have passed, as after the last one was dropped. */
export function waitsFor({ gates, passed }: Pick<Screening, 'gates' | 'passed'>): string {
  const gate = nextGate(gates, passed);
  if (gate === undefined) throw new Error('an image is held although all of its gates have passed');
  return gate;
}

/** For the uploader: `expected X; got Y`. In UTF-16 units. */
export const MAX_REASON = 300;
/** For moderators. */
export const MAX_PRIVATE_REASON = 500;

/** For the uploader, if who refused gave no reason. */
export const UNEXPLAINED = 'expected an image that passes all checks; got one that was refused';

/** For the guest whose picture the owner of the album refused. */
export const UNWANTED = 'expected a picture that the owner of the album accepts; got one that was refused';

/** What was expected of a reason. A control character could forge lines where it is shown. */
export const reasonFault = (text: string, maxLength: number): string | undefined =>
  text.length > 0 && text.length <= maxLength && text.isWellFormed() && !/\p{Cc}/u.test(text)
    ? undefined
    : `1 to ${maxLength} characters without control characters`;
