import type { Access } from '../../domain/access/policy.ts';
import type { Album } from '../../domain/album/album.ts';
import { memberIn } from '../../domain/album/membership.ts';
import { AppError } from '../../domain/errors.ts';
import { type Image, isStored } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { isByPerson, nextGate, OWNER_GATE, UNWANTED } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { noteImages } from '../albums/change-album.ts';
import { changeableAlbum } from '../albums/visible-album.ts';
import { type DecideServices, decideAs } from '../gates/decide-image.ts';

export interface DecideContributionInput {
  readonly id: string;
  readonly imageId: string;
  readonly verdict: 'pass' | 'refuse';
}

/**
 * What the owner of an album decided about a picture of a guest: it is then ready and in the album, or rejected.
 * Errors: `album-not-found`, `forbidden`; `image-not-found` if it isn't in the album; `not-awaited` unless it waits for
 * the owner alone; `already-decided` if it was decided the other way; `unavailable` if the record keeps changing.
 */
export async function decideContribution(
  services: DecideServices & Pick<Services, 'albums'>,
  access: Access,
  { id, imageId: text, verdict }: DecideContributionInput,
): Promise<Image> {
  const album = await changeableAlbum(services, access, id);
  const imageId = parseImageId(text);
  const decided = await decideAs(services, access, async () => {
    const image = imageId && (await services.images.getToChange(imageId));
    if (!image || !isContribution(image, album)) throw new AppError('image-not-found', 'Image not found');
    requireTurn(image);
    const sha256 = isStored(image) ? image.sha256 : decidedBytes(image);
    return { image, input: { gate: OWNER_GATE, sha256, verdict, reason: UNWANTED, privateReason: null } };
  });
  if (decided.status === 'ready') await noteImages(services, album.id, { shown: decided.id });
  return decided;
}

/** A refused one is in no album any more. */
const isContribution = (image: Image, { id, userId }: Album): boolean =>
  image.userId === userId && (memberIn(image, id) !== undefined || (image.status === 'rejected' && isDecided(image)));

const isDecided = (image: Image): boolean =>
  'decisions' in image && image.decisions.some((one) => one.gate === OWNER_GATE && isByPerson(one));

/** The bytes that the owner refused. */
const decidedBytes = (image: Image): string => {
  const decisions = 'decisions' in image ? image.decisions : [];
  return decisions.filter(isByPerson).find(({ gate }) => gate === OWNER_GATE)?.sha256 ?? '';
};

/** Errors: `not-awaited`. */
function requireTurn(image: Image): void {
  if (image.status === 'pending')
    throw new AppError('not-awaited', 'expected a picture that waits for the owner of the album; got a pending one');
  if (image.status !== 'held') return; // what was decided before counts
  const gate = nextGate(image.screening.gates, image.screening.passed);
  if (gate !== OWNER_GATE)
    throw new AppError(
      'not-awaited',
      `expected a picture that waits for the owner of the album; got one that waits for ${gate ?? 'nobody'}`,
    );
}
