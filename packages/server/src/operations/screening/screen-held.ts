import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { heldSince, holdOn } from '../../domain/image/hold.ts';
import { type EndedImage, type HeldImage, reject } from '../../domain/image/image.ts';
import { allGates, type Decision, nextGate, withDecisions } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { type AskServices, askGates, decide, type GateRefusal, NO_ANSWER, type Screened } from './ask-gates.ts';
import { publishScreened } from './publish-screened.ts';
import { waitForGate } from './wait-for-gate.ts';

type ScreenServices = OriginalServices & AskServices & Pick<Services, 'jobs' | 'settings'>;

/**
 * Asks on about an image whose gate is due, or ends its wait at the deadline. Returns a refused image, whose objects are to be removed.
 * Errors: those of the store, and of the repository.
 */
export async function screenHeld(services: ScreenServices, image: HeldImage): Promise<EndedImage | undefined> {
  const { images } = services;
  const screened = await screen(services, image);
  if ('refusal' in screened) return refuse(services, image, screened.refusal);
  if (screened.standing !== 'passed') {
    const screening = waitForGate(services, screened, { since: heldSince(image), before: image.screening });
    await images.replace(image, holdOn(image, screening, screened.decided));
    return undefined;
  }
  await publishScreened(services, image, screened.decided);
  return undefined;
}

async function screen(services: ScreenServices, image: HeldImage): Promise<Screened | { refusal: GateRefusal }> {
  const { gates: ours } = services;
  const { screening } = image;
  const gates = allGates(
    screening.gates,
    ours.map(({ name }) => name),
  );
  const ended = endWait(services, image);
  if (ended && 'refusal' in ended) return ended;
  const { passed, failures, decided } = ended ?? { ...screening, decided: [] };
  const next = nextGate(gates, passed);
  const asks = next !== undefined && ours.some(({ name }) => name === next);
  if (!asks) return { gates, passed, failures, decided, standing: next === undefined ? 'passed' : 'lacked' };

  const { signal } = new AbortController(); // each gate has its own timeout
  await using copy = await checkOutOriginal(services, image, signal);
  const turn = { urgency: 'background', payer: payerOfUpload(image, UNKNOWN_PAYER) } as const;
  const asked = await askGates(services, { image, path: copy.path, turn, gates, passed, failures, early: [], signal });
  if (!('refusal' in asked)) return { ...asked, decided: withDecisions(decided, asked.decided) };
  const { rejection, decided: later } = asked.refusal;
  return { refusal: { rejection, decided: withDecisions(decided, later) } };
}

/** What the deadline has decided; undefined: it is still ahead. A gate that this process lacks can't be passed by its deadline. */
function endWait(
  services: ScreenServices,
  { id: imageId, screening }: HeldImage,
): Pick<Screened, 'passed' | 'failures' | 'decided'> | { refusal: GateRefusal } | undefined {
  const { gates, passed, deadline, atDeadline } = screening;
  const gate = nextGate(gates, passed);
  if (gate === undefined || services.clock.now() < deadline) return undefined;
  const isOurs = services.gates.some(({ name }) => name === gate);
  const verdict =
    isOurs && atDeadline === 'pass'
      ? ({ verdict: 'pass' } as const)
      : ({ verdict: 'refuse', reason: NO_ANSWER, privateReason: `no verdict by ${deadline.toISOString()}` } as const);
  const { refusal, decision } = decide(services, { imageId, gate, by: 'deadline', verdict });
  const decided: readonly Decision[] = [decision];
  return refusal ? { refusal: { rejection: refusal, decided } } : { passed: [...passed, gate], failures: 0, decided };
}

async function refuse(
  services: ScreenServices,
  image: HeldImage,
  { rejection, decided }: GateRefusal,
): Promise<EndedImage | undefined> {
  const rejected = reject(image, rejection, services.clock.now(), decided);
  return (await services.images.replace(image, rejected)) ? rejected : undefined; // changed or deleted since it was read
}
