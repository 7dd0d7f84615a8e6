import { type Claim, type Image, isStored, type PendingImage } from '../../domain/image/image.ts';
import { hasLapsed, isLiveLease, keepRenewing } from '../../flow/lease.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { ReplaceOptions } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { originalsOf } from '../images/image-objects.ts';

/** Longer than any step of finalizing; a finalizer that died is superseded after this. */
const LEASE_SECONDS = 60;

type ClaimServices = Pick<Services, 'images' | 'clock' | 'newId'>;

/**
 * The exclusive right to decide about one pending image, renewed until disposed. If it wasn't settled the lease then
 * runs out, and the successor, at the latest the sweeper, finds the leftovers of this attempt.
 */
export interface HeldClaim extends AsyncDisposable {
  readonly image: PendingImage;
  readonly attempt: string;
  /** Another finalizer held the claim before: the store may still perform its copies. */
  readonly isSuccessor: boolean;
  /**
   * Writes the outcome, `next` of the current record, with the details of a stored one; undefined if another finalizer
   * decided first.
   */
  settle<Next extends Image>(
    next: (current: PendingImage) => Next,
    options?: ReplaceOptions,
  ): Promise<Next | undefined>;
}

const leaseUntil = (now: Date): Date => new Date(now.getTime() + LEASE_SECONDS * 1000);

/** A new claim with its own attempt. */
export const newClaim = (services: Pick<Services, 'clock' | 'newId'>): Claim => ({
  attempt: services.newId(),
  leaseUntil: leaseUntil(services.clock.now()),
});

export const hasLiveClaim = ({ claim }: PendingImage, now: Date): boolean =>
  claim !== null && claim.attempt !== NOBODY && isLiveLease(claim.leaseUntil, now, LEASE_SECONDS);

/**
 * Claims the image, with what `next` changes of it, if it has no live lease; undefined if another finalizer was
 * quicker.
 */
export async function takeClaim(
  services: ClaimServices & Pick<Services, 'objects'>,
  image: PendingImage,
  next: PendingImage = image,
): Promise<HeldClaim | undefined> {
  // List leftovers before claiming: keys that appear later may belong to our successor.
  const left = image.claim ? await originalsOf(services, image) : [];
  const claimed = { ...next, claim: newClaim(services) };
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

/** A mark in place of an attempt: the next holder may take the image, and removes the leftovers. */
const NOBODY = 'nobody';

/** The image free for the next finalizer at once, although its attempts may have left copies: due at `until`. */
export const abandoned = (image: PendingImage, until: Date): PendingImage => ({
  ...image,
  claim: { attempt: NOBODY, leaseUntil: until },
});

/** The image free for the next finalizer at once. */
export const released = (image: PendingImage): PendingImage => ({ ...image, claim: null });

/** Renews the claim that this record was just written with. */
export function holdClaim(
  services: Pick<Services, 'images' | 'clock'>,
  claimed: PendingImage & { readonly claim: Claim },
): HeldClaim {
  const { attempt } = claimed.claim;
  let held: PendingImage = claimed;

  /** The record as others changed it; undefined if the claim is still ours, and `held` is the current record. */
  const reread = async (): Promise<{ readonly lostTo: Image | undefined } | undefined> => {
    const current = await services.images.get(claimed.id);
    if (current?.status !== 'pending' || current.claim?.attempt !== attempt) return { lostTo: current };
    held = current;
    return undefined;
  };
  /**
   * Repeats a transition while only other fields of the record (a PATCH) change under it; `next` returns undefined if
   * there is no transition any more.
   */
  const replaceHeld = <Next extends Image>(
    next: (current: PendingImage) => Next | undefined,
    options?: ReplaceOptions,
  ): Promise<Next | undefined> => {
    let tried: Next | undefined;
    return retryWhileChanged(async () => {
      if (tried) {
        const lost = await reread();
        if (lost) return isPublishedAs(tried, lost.lostTo) ? tried : undefined;
      }
      tried = next(held);
      return tried === undefined || (await services.images.replace(held, tried, options)) ? tried : CHANGED;
    });
  };
  const prolonged = (current: PendingImage): PendingImage | undefined => {
    const now = services.clock.now();
    if (!current.claim || hasLapsed(current.claim.leaseUntil, now)) return undefined;
    return { ...current, claim: { attempt, leaseUntil: leaseUntil(now) } };
  };
  const renewing = keepRenewing(LEASE_SECONDS, async () => {
    held = (await replaceHeld(prolonged)) ?? held;
  });
  const stopRenewing = () => renewing[Symbol.asyncDispose]();

  return {
    image: claimed,
    attempt,
    isSuccessor: false,
    async settle(next, options) {
      await stopRenewing();
      return replaceHeld(next, options);
    },
    [Symbol.asyncDispose]: stopRenewing,
  };
}

/**
 * Whether this attempt published or held the image, though the store's answer was lost and others have changed the
 * record since.
 */
const isPublishedAs = (to: Image, current: Image | undefined): boolean =>
  isStored(to) && current !== undefined && isStored(current) && current.objectKey === to.objectKey;
