import { actorOf, maySee } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { decideEarly, heldSince, holdAfter } from '../../domain/image/hold.ts';
import {
  type HeldImage,
  type Image,
  isStored,
  type PendingImage,
  type RejectedImage,
  reject,
} from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import {
  allGates,
  DECISIONS_KEPT,
  decidesAtReserved,
  nextGate,
  OWNER_GATE,
  type PersonDecision,
  takesEarly,
} from '../../domain/image/screening.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import { waitAtMost } from '../../flow/wait-at-most.ts';
import type { Services } from '../../services.ts';
import { objectsOf } from '../images/image-objects.ts';
import { rejectionBy } from './ask-gates.ts';
import { publishScreened } from './publish-screened.ts';
import { waitForGate } from './wait-for-gate.ts';

export type DecideInput = Pick<PersonDecision, 'gate' | 'sha256' | 'verdict' | 'reason' | 'privateReason'>;

export type DecideServices = Pick<
  Services,
  'albums' | 'images' | 'filters' | 'objects' | 'jobs' | 'gates' | 'clock' | 'settings' | 'observe'
>;

/** How long a refusal waits for the store to remove the bytes; the sweeper removes what is left. */
const REMOVAL_MS = 2_000;

/**
 * Records what a person decided in place of a gate: the image is then ready, rejected, or waits for the next gate. The
 * decision about a pending image counts once its bytes are verified, if they have the hash. Errors: `image-not-found`;
 * `already-decided` if these bytes were decided the other way; `not-awaited`, also if the pending image has no place
 * for it; `forbidden` for the gate of an album's owner; `unavailable` if the record keeps changing.
 */
export async function decideImage(
  services: DecideServices,
  access: Access,
  id: string,
  input: DecideInput,
): Promise<Image> {
  const decides = decidesAtReserved(input.gate);
  if (decides !== undefined) {
    const how = input.gate === OWNER_GATE ? ', by PUT /albums/{album_id}/contributions/{id}' : '';
    throw new AppError('forbidden', `expected a gate of the service; got ${input.gate}, where ${decides}${how}`);
  }
  const imageId = parseImageId(id);
  return decideAs(services, access, async () => {
    const image = imageId && (await services.images.getToChange(imageId));
    if (!image || image.status === 'deleted' || !maySee(access, image))
      throw new AppError('image-not-found', 'Image not found');
    return { image, input };
  });
}

/** Likewise, of the image that `read` finds and permits, as it decides. Errors: those of `read` too. */
export async function decideAs(
  services: DecideServices,
  access: Access,
  read: () => Promise<{ readonly image: Image; readonly input: DecideInput }>,
): Promise<Image> {
  const decided = await retryWhileChanged(async () => {
    const { image, input } = await read();
    const before = verdictBefore(image, input);
    if (before === input.verdict) return { image };
    if (before !== undefined) throw alreadyDecided(before, input);
    const decision = decisionOf(services, access, input);
    const next = await write(services, image, decision);
    return next ? { image: next, decision } : CHANGED;
  });
  const { image, decision } = decided;
  if (decision) tell(services, image, decision);
  if (decision && image.status === 'rejected') await waitAtMost(REMOVAL_MS, removeBytes(services, image));
  return image;
}

/**
 * What is already decided about these bytes at the gate. An image that waits for the gate again isn't decided, whatever
 * was before.
 */
function verdictBefore(image: Image, { gate, sha256 }: DecideInput): 'pass' | 'refuse' | undefined {
  if (image.status === 'held')
    return image.sha256 === sha256 && image.screening.passed.includes(gate) ? 'pass' : undefined;
  const kept = 'decisions' in image ? image.decisions : [];
  const isAboutThese = (by: string): boolean => by !== 'person' && (!isStored(image) || image.sha256 === sha256);
  return kept.findLast(
    (one) => one.gate === gate && (one.by === 'person' ? one.sha256 === sha256 : isAboutThese(one.by)),
  )?.verdict;
}

const decisionOf = ({ clock }: Pick<Services, 'clock'>, access: Access, input: DecideInput): PersonDecision => {
  const actor = actorOf(access);
  if (actor === null) throw new Error('expected a caller with a credential; got none');
  return { ...input, by: 'person', actor, at: clock.now() };
};

/** The image after the decision; undefined if the record has changed since it was read. */
async function write(services: DecideServices, image: Image, decision: PersonDecision): Promise<Image | undefined> {
  switch (image.status) {
    case 'pending':
      return replaced(services, image, decidedEarly(services, image, decision));
    case 'held':
      return writeHeld(services, image, decision);
    case 'ready':
    case 'trashed':
    case 'rejected':
    case 'expired':
    case 'deleted':
      throw notAwaited('an image that is held or pending', `status ${image.status}`);
  }
}

function decidedEarly(services: DecideServices, image: PendingImage, decision: PersonDecision): PendingImage {
  const { promised, gates } = image;
  requireGate(services, gates, decision);
  if (promised.sha256 !== null && promised.sha256 !== decision.sha256) throw otherBytes(promised.sha256, decision);
  if (!takesEarly(image.decisions, decision)) throw tooManyEarly(image.decisions);
  return decideEarly(image, allGates(gates, [decision.gate]), decision);
}

async function writeHeld(
  services: DecideServices,
  image: HeldImage,
  decision: PersonDecision,
): Promise<Image | undefined> {
  const { screening, sha256 } = image;
  const gates = requireGate(services, screening.gates, decision);
  if (sha256 !== decision.sha256) throw otherBytes(sha256, decision);
  if (decision.verdict === 'refuse')
    return replaced(services, image, reject(image, rejectionBy(decision), decision.at, [decision]));
  const passed = [...screening.passed, decision.gate];
  const next = nextGate(gates, passed);
  if (next === undefined) return publishScreened(services, image, [decision]);
  const left = { gates, passed, failures: 0, standing: 'unasked', decided: [] } as const;
  const waitsOn = next === nextGate(screening.gates, screening.passed);
  const waiting = waitsOn ? { ...screening, gates, passed } : waitForGate(services, left, { since: heldSince(image) });
  return replaced(services, image, holdAfter(image, waiting, [decision], decision.at));
}

const replaced = async <Next extends Image>(
  { images }: Pick<Services, 'images'>,
  from: Image,
  to: Next,
): Promise<Next | undefined> => ((await images.replace(from, to)) ? to : undefined);

/** All gates of the image, of which the decision's is one. Errors: `not-awaited`. */
function requireGate(
  services: Pick<Services, 'gates'>,
  listed: readonly string[],
  { gate }: PersonDecision,
): readonly string[] {
  const gates = allGates(
    listed,
    services.gates.map(({ name }) => name),
  );
  if (gates.includes(gate)) return gates;
  throw notAwaited(`a gate of the image: ${gates.join(', ') || 'it has none'}`, gate);
}

/** The rest is the sweeper's. */
const removeBytes = async (services: Pick<Services, 'objects'>, image: RejectedImage): Promise<void> =>
  services.objects.delete(await objectsOf(services, image));

function tell({ observe }: Pick<Services, 'observe'>, { id: imageId }: Image, decision: PersonDecision): void {
  const { gate, by, verdict, privateReason } = decision;
  if (verdict === 'pass') observe({ event: 'gate-passed', imageId, gate, by });
  else observe({ event: 'gate-refused', imageId, gate, by, ...(privateReason !== null && { privateReason }) });
}

const alreadyDecided = (before: string, { gate, verdict }: DecideInput): AppError =>
  new AppError(
    'already-decided',
    `expected the verdict ${before}, which is recorded for the gate ${gate} and these bytes; got ${verdict}`,
  );

const notAwaited = (expected: string, got: string): AppError =>
  new AppError('not-awaited', `expected ${expected}; got ${got}`);

const otherBytes = (sha256: string, decision: PersonDecision): AppError =>
  notAwaited(`a decision about the bytes with the sha256 ${sha256}`, decision.sha256);

function tooManyEarly(kept: readonly PersonDecision[]): AppError {
  const refusals = kept.filter(({ verdict }) => verdict === 'refuse').length;
  return notAwaited(
    `at most ${DECISIONS_KEPT} decisions about a pending image: decide once it is held`,
    `one more than ${kept.length - refusals} passes and ${refusals} refusals`,
  );
}
