import type { Claim, Image, PendingImage } from '../domain/image.ts';
import type { Services } from '../services.ts';

/** Long enough for any step of finalizing; a finalizer that died is superseded after this. */
export const LEASE_SECONDS = 60;
const RENEW_EVERY_MS = (LEASE_SECONDS * 1000) / 3;

type ClaimServices = Pick<Services, 'images' | 'clock' | 'newId'>;

/** The right to decide about one pending image, kept alive until it is settled or released. */
export interface HeldClaim extends AsyncDisposable {
  readonly image: PendingImage;
  readonly attempt: string;
  /** Makes the last edge, `next` of the record as it is then; undefined when another finalizer or a delete was first. */
  settle<Next extends Image>(next: (current: PendingImage) => Next): Promise<Next | undefined>;
}

const leaseUntil = (now: Date): Date => new Date(now.getTime() + LEASE_SECONDS * 1000);

/** A claim that begins now, of an attempt of its own. */
export const newClaim = (services: Pick<Services, 'clock' | 'newId'>): Claim => ({
  attempt: services.newId(),
  leaseUntil: leaseUntil(services.clock.now()),
});

export const hasLiveClaim = (image: PendingImage, now: Date): boolean =>
  image.claim !== null && image.claim.leaseUntil > now;

/** Claims the image where no live lease stands; undefined when somebody else was quicker. Disposing gives it up. */
export async function takeClaim(services: ClaimServices, image: PendingImage): Promise<HeldClaim | undefined> {
  const claimed = { ...image, claim: newClaim(services) };
  return (await services.images.replace(image, claimed)) ? holdClaim(services, claimed) : undefined;
}

/** Keeps the claim that this record was just written with. Disposing gives it up. */
export function holdClaim(
  services: Pick<Services, 'images' | 'clock'>,
  claimed: PendingImage & { readonly claim: Claim },
): HeldClaim {
  const { attempt } = claimed.claim;
  let held: PendingImage = claimed;

  const reread = async (): Promise<boolean> => {
    const current = await services.images.get(claimed.id);
    if (current?.status !== 'pending' || current.claim?.attempt !== attempt) return false;
    held = current;
    return true;
  };
  /** Repeats an edge while only other fields of the record (a PATCH) keep changing under it. */
  const replaceHeld = async <Next extends Image>(next: (current: PendingImage) => Next): Promise<Next | undefined> => {
    do {
      const to = next(held);
      if (await services.images.replace(held, to)) return to;
    } while (await reread());
    return undefined;
  };
  const renew = async (): Promise<void> => {
    const lease = (current: PendingImage): PendingImage => ({
      ...current,
      claim: { attempt, leaseUntil: leaseUntil(services.clock.now()) },
    });
    held = (await replaceHeld(lease)) ?? held;
  };

  // A renewal that fails is tried again by the next; if none succeeds the lease ends and settle() finds it superseded.
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = renewal.then(renew).catch(() => undefined);
  }, RENEW_EVERY_MS);
  timer.unref();
  const stopRenewing = async (): Promise<void> => {
    clearInterval(timer);
    await renewal;
  };

  let isSettled = false;
  return {
    image: claimed,
    attempt,
    async settle(next) {
      await stopRenewing();
      const settled = await replaceHeld(next);
      isSettled = true;
      return settled;
    },
    async [Symbol.asyncDispose]() {
      await stopRenewing();
      if (isSettled) return;
      // A release that fails must not hide why the claim is given up: the lease then ends by itself.
      await replaceHeld((current) => ({ ...current, claim: null })).catch(() => undefined);
    },
  };
}
