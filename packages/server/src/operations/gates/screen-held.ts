import { payerOfUpload, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { heldSince, holdOn } from '../../domain/image/hold.ts';
import { type EndedImage, type HeldImage, reject } from '../../domain/image/image.ts';
import { allGates, type Decision, nextGate, REPLACE_GATE, withDecisions } from '../../domain/image/screening.ts';
import type { KnownGate } from '../../gates/gate.ts';
import type { Services } from '../../services.ts';
import { checkOutOriginal, type OriginalServices } from '../images/read-original.ts';
import { replacePicture, waitsToReplace } from '../uploads/replace-picture.ts';
import {
  type Asked,
  type AskServices,
  askGates,
  decide,
  type GateRefusal,
  NO_ANSWER,
  type Screened,
} from './ask-gates.ts';
import { publishScreened } from './publish-screened.ts';
import { waitForGate } from './wait-for-gate.ts';

type ScreenServices = OriginalServices & AskServices & Pick<Services, 'albums' | 'filters' | 'jobs' | 'settings'>;

export interface ScreenedHeld {
  /** Its objects are to be removed. */
  readonly refused: EndedImage | undefined;
  readonly hung: boolean;
}

/**
 * Asks on about an image whose gate is due, or ends its wait at the deadline. Errors: those of the store, and of the
 * repository.
 */
export async function screenHeld(services: ScreenServices, image: HeldImage): Promise<ScreenedHeld> {
  const { images } = services;
  if (waitsToReplace(image) && isNext(services, image, REPLACE_GATE)) {
    const replaced = await replacePicture(services, image); // also after the deadline: no service may have run until then
    if (replaced || services.clock.now() < image.screening.deadline) return { refused: replaced?.ended, hung: false };
  }
  const screened = await screen(services, image);
  const { hung } = screened;
  if ('refusal' in screened) return { refused: await refuse(services, image, screened.refusal), hung };
  if (screened.standing === 'passed') await publishScreened(services, image, screened.decided);
  else await images.replace(image, waitsOn(services, image, screened));
  return { refused: undefined, hung };
}

/**
 * The gate to ask about a due image; undefined: its deadline is over, it waits for none, or this process lacks that
 * gate.
 */
export function gateToAsk(services: Pick<ScreenServices, 'gates' | 'clock'>, image: HeldImage): KnownGate | undefined {
  const { gates, passed, deadline } = image.screening;
  if (nextGate(gates, passed) !== undefined && services.clock.now() >= deadline) return undefined;
  const next = nextGate(gatesOf(services, image), passed);
  return services.gates.find(({ name }) => name === next);
}

/**
 * The image isn't asked about, and is due again after that time, at its deadline at the latest. No error is counted.
 */
export function putOff(services: ScreenServices, image: HeldImage, afterMs: number): Promise<boolean> {
  const unasked = { ...image.screening, gates: gatesOf(services, image), decided: [], standing: 'unasked' } as const;
  const next = waitsOn(services, image, unasked);
  const askAt = new Date(Math.min(services.clock.now().getTime() + afterMs, next.screening.deadline.getTime()));
  return services.images.replace(image, { ...next, screening: { ...next.screening, askAt } });
}

/** Whether it waits for that gate, by the gates of this process too. */
const isNext = (services: ScreenServices, image: HeldImage, gate: string): boolean =>
  nextGate(gatesOf(services, image), image.screening.passed) === gate;

const gatesOf = ({ gates }: Pick<ScreenServices, 'gates'>, { screening }: HeldImage): readonly string[] =>
  allGates(
    screening.gates,
    gates.map(({ name }) => name),
  );

const waitsOn = (services: ScreenServices, image: HeldImage, screened: Screened): HeldImage => {
  const screening = waitForGate(services, screened, { since: heldSince(image), before: image.screening });
  return holdOn(image, screening, screened.decided);
};

async function screen(services: ScreenServices, image: HeldImage): Promise<Asked> {
  const { gates: ours } = services;
  const { screening } = image;
  const gates = gatesOf(services, image);
  const ended = endWait(services, image);
  if (ended && 'refusal' in ended) return { ...ended, hung: false };
  const { passed, failures, decided } = ended ?? { ...screening, decided: [] };
  const next = nextGate(gates, passed);
  const asks = ours.some(({ name }) => name === next);
  const left = { gates, passed, failures, decided, hung: false };
  if (next === undefined) return { ...left, standing: 'passed' };
  if (!asks) return { ...left, standing: 'lacked' };
  if (ended) return { ...left, standing: 'unasked' }; // a deadline waits for no gate; the next one is asked in turn

  const { signal } = new AbortController(); // each gate has its own timeout
  await using copy = await checkOutOriginal(services, image, signal);
  const turn = { urgency: 'request', payer: payerOfUpload(image, UNKNOWN_PAYER) } as const; // its uploader waits
  const asked = await askGates(services, { image, path: copy.path, turn, gates, passed, failures, early: [], signal });
  if (!('refusal' in asked)) return { ...asked, decided: withDecisions(decided, asked.decided) };
  const { rejection, decided: later } = asked.refusal;
  return { refusal: { rejection, decided: withDecisions(decided, later) }, hung: asked.hung };
}

/**
 * What the deadline has decided; undefined: it is still ahead. A gate that this process lacks can't be passed by its
 * deadline.
 */
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
