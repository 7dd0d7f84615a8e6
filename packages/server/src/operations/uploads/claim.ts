import type { Claim, Image, PendingImage } from '../../domain/image/image.ts';
import { hasLapsed, isLiveLease } from '../../flow/lease.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { originalsOf } from '../upkeep/remove-objects.ts';

/** Long enough for any step of finalizing; a finalizer that died is superseded after this. */
const LEASE_SECONDS = 60;
const RENEW_EVERY_MS = (LEASE_SECONDS * 1000) / 3;

type ClaimServices = Pick<Services, 'images' | 'clock' | 'newId'>;

/**
 * The right to decide about one pending image, kept alive until disposed of. Unless it was settled the lease then ends by
 * itself, and whoever supersedes it, at last the sweeper, finds what this attempt left.
 */
export interface HeldClaim extends AsyncDisposable {
  readonly image: PendingImage;
  readonly attempt: string;
  /** Somebody held the image before: what that one asked of the store may still be done. */
  readonly isSuccessor: boolean;
  /** Writes the attempt's outcome, `next` of the record as it is then; undefined when somebody else decided first. */
  settle<Next extends Image>(next: (current: PendingImage) => Next): Promise<Next | undefined>;
}

const leaseUntil = (now: Date): Date => new Date(now.getTime() + LEASE_SECONDS * 1000);

/** A claim that begins now, of an attempt of its own. */
export const newClaim = (services: Pick<Services, 'clock' | 'newId'>): Claim => ({
  attempt: services.newId(),
  leaseUntil: leaseUntil(services.clock.now()),
});

export const hasLiveClaim = ({ claim }: PendingImage, now: Date): boolean =>
  claim !== null && claim.attempt !== NOBODY && isLiveLease(claim.leaseUntil, now, LEASE_SECONDS);

/** Claims the image where no live lease stands; undefined when somebody else was quicker. */
export async function takeClaim(
  services: ClaimServices & Pick<Services, 'objects'>,
  image: PendingImage,
): Promise<HeldClaim | undefined> {
  // Listed before: of these nothing can be published once the claim is ours, while who supersedes us may publish what is new.
  const left = image.claim ? await originalsOf(services, image) : [];
  const claimed = { ...image, claim: newClaim(services) };
  if (!(await services.images.replace(image, claimed))) return undefined;
  const held = { ...holdClaim(services, claimed), isSuccessor: image.claim !== null };
  try {
    if (left.length > 0) await services.objects.delete(left);
    return held;
  } catch (error) {
    await held.settle((current) => abandoned(current, leaseUntil(services.clock.now())));
    throw error;
  }
}

/** In place of an attempt: whoever comes next may take the image, and removes what is left of it. */
const NOBODY = 'nobody';

/** The image free for the next finalizer at once, though its attempts may have left something: due at `until`. */
export const abandoned = (image: PendingImage, until: Date): PendingImage => ({
  ...image,
  claim: { attempt: NOBODY, leaseUntil: until },
});

/** The image free for the next finalizer at once. */
export const released = (image: PendingImage): PendingImage => ({ ...image, claim: null });

/** Keeps the claim that this record was just written with. */
export function holdClaim(
  services: Pick<Services, 'images' | 'clock'>,
  claimed: PendingImage & { readonly claim: Claim },
): HeldClaim {
  const { attempt } = claimed.claim;
  let held: PendingImage = claimed;

  /** What the record became without us; undefined when it is still ours, and `held` is what it is now. */
  const reread = async (): Promise<{ readonly lostTo: Image | undefined } | undefined> => {
    const current = await services.images.get(claimed.id);
    if (current?.status !== 'pending' || current.claim?.attempt !== attempt) return { lostTo: current };
    held = current;
    return undefined;
  };
  /** Repeats an edge while only other fields of the record (a PATCH) keep changing under it; undefined `next`: no edge any more. */
  const replaceHeld = <Next extends Image>(
    next: (current: PendingImage) => Next | undefined,
  ): Promise<Next | undefined> => {
    let tried: Next | undefined;
    return retryWhileChanged(async () => {
      if (tried) {
        const lost = await reread();
        if (lost) return isPublishedAs(tried, lost.lostTo) ? tried : undefined;
      }
      tried = next(held);
      return tried === undefined || (await services.images.replace(held, tried)) ? tried : CHANGED;
    });
  };
  const prolonged = (current: PendingImage): PendingImage | undefined => {
    const now = services.clock.now();
    if (!current.claim || hasLapsed(current.claim.leaseUntil, now)) return undefined;
    return { ...current, claim: { attempt, leaseUntil: leaseUntil(now) } };
  };
  const renew = async (): Promise<void> => {
    held = (await replaceHeld(prolonged)) ?? held;
  };

  // A renewal that fails is made good by the next; if none succeeds in time the lease ends, and settle() finds out who has it.
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(renew).catch(() => undefined);
  }, RENEW_EVERY_MS);
  timer.unref();
  const stopRenewing = async (): Promise<void> => {
    clearInterval(timer);
    await renewal;
  };

  return {
    image: claimed,
    attempt,
    isSuccessor: false,
    async settle(next) {
      await stopRenewing();
      return replaceHeld(next);
    },
    [Symbol.asyncDispose]: stopRenewing,
  };
}

/** It was we who published it, though the store's answer was lost and others have changed the record since. */
const isPublishedAs = (to: Image, current: Image | undefined): boolean =>
  to.status === 'ready' && current?.status === 'ready' && current.objectKey === to.objectKey;
