import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { holdAgain, passAgain } from '../../domain/image/hold.ts';
import { type PublishedImage, reject } from '../../domain/image/image.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { discard, objectsOf } from '../images/image-objects.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { type AskServices, askGates, type GateRefusal, type Screened } from './ask-gates.ts';
import { waitForGate } from './wait-for-gate.ts';

export type RescanImageServices = OriginalServices & AskServices & Pick<Services, 'renditions'>;

/**
 * `gone`: it is neither served nor in the trash any more. `failed`: nothing was decided, and the image is as it was.
 */
export type Rescanned = 'passed' | 'refused' | 'held' | 'gone' | 'failed';

/**
 * A gate never counts errors of a re-scan: the image has passed once, and a scanner that is away must not take a
 * gallery down, or delete it.
 */
const UNCOUNTED = Number.NEGATIVE_INFINITY;

/**
 * Asks a gate about an image while it is served. If it passes, only its record changes. A refusal is one write, after
 * which nothing serves the image; a gate that decides later has it held. Errors: those of the store and of the
 * repository.
 */
export async function rescanImage(
  services: RescanImageServices,
  image: PublishedImage,
  gate: string,
): Promise<Rescanned> {
  const { signal } = new AbortController(); // the gate has its own timeout
  await using copy = await checkOutOriginal(services, image, signal);
  const asked = await askGates(services, {
    image,
    path: copy.path,
    turn: { urgency: 'background', payer: payerOfUpload(image, UNKNOWN_PAYER) },
    gates: [gate],
    passed: [],
    failures: UNCOUNTED,
    early: [],
    signal,
  });
  if ('refusal' in asked) return refuse(services, image, asked.refusal);
  switch (asked.standing) {
    case 'passed':
      return pass(services, image, asked);
    case 'later':
      return hold(services, image, { gate, asked });
    case 'failed':
    case 'lacked':
    case 'unasked':
      return 'failed';
  }
}

/** The bytes of an image never change, so that the verdict holds whatever else does. */
const isSameOf = ({ objectKey }: PublishedImage, current: { readonly objectKey: string }): boolean =>
  current.objectKey === objectKey;

const pass = (
  services: RescanImageServices,
  image: PublishedImage,
  { decided: [decision] }: Screened,
): Promise<Rescanned> =>
  retryWhileChanged(async () => {
    const current = await services.images.getToChange(image.id);
    if (!decision || (current?.status !== 'ready' && current?.status !== 'trashed')) return 'gone';
    if (!isSameOf(image, current)) return 'gone';
    return (await services.images.replace(current, passAgain(current, decision))) ? 'passed' : CHANGED;
  });

const hold = (
  services: RescanImageServices,
  image: PublishedImage,
  { gate, asked }: { readonly gate: string; readonly asked: Screened },
): Promise<Rescanned> =>
  retryWhileChanged(async () => {
    const current = await services.images.getToChange(image.id);
    if ((current?.status !== 'ready' && current?.status !== 'trashed') || !isSameOf(image, current)) return 'gone';
    const at = services.clock.now();
    // The others have passed it, or weren't asked when it was uploaded.
    const gates = services.gates.map(({ name }) => name);
    const screened = { ...asked, gates, passed: gates.filter((one) => one !== gate), failures: 0 };
    const screening = waitForGate(services, screened, { since: at });
    const held = holdAgain(current, { screening, decided: asked.decided, at });
    return (await services.images.replace(current, held)) ? 'held' : CHANGED;
  });

/** Whatever has become of it meanwhile, unless it is over. */
async function refuse(
  services: RescanImageServices,
  image: PublishedImage,
  { rejection, decided }: GateRefusal,
): Promise<Rescanned> {
  const rejected = await retryWhileChanged(async () => {
    const current = await services.images.getToChange(image.id);
    if (current?.status !== 'ready' && current?.status !== 'trashed' && current?.status !== 'held') return undefined;
    if (!isSameOf(image, current)) return undefined;
    const next = reject(current, rejection, services.clock.now(), decided);
    return (await services.images.replace(current, next)) ? next : CHANGED;
  });
  if (!rejected) return 'gone';
  // At once, because presigned URLs of a bucket work until then. The sweeper removes what is left.
  const keys = await objectsOf(services, rejected).catch(() => [image.objectKey]);
  await discard(services, keys);
  services.renditions.forget(keys);
  return 'refused';
}
