import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { type Image, isStored } from '../../domain/image/image.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import { isByPerson, nextGate, OWNER_GATE, UNWANTED } from '../../domain/image/screening.ts';
import type { Services } from '../../services.ts';
import { requireRoom } from '../albums/album-room.ts';
import { changeableAlbum } from '../albums/visible-album.ts';
import { type DecideServices, decideAs } from '../gates/decide-image.ts';
import { isContribution } from './find-contributions.ts';

export interface DecideContributionInput {
  readonly id: string;
  readonly imageId: string;
  readonly verdict: 'pass' | 'refuse';
}

/**
 * What the owner of an album decided about a picture of a guest: it is then ready and in the album, unless a gate was
 * added meanwhile, or rejected. Errors: `album-not-found`, `forbidden`; `image-not-found` if no guest of the album
 * added it; `not-awaited` unless it waits for the owner alone; `already-decided` if it was decided the other way;
 * `album-full`; `unavailable` if the record keeps changing.
 */
export async function decideContribution(
  services: DecideServices & Pick<Services, 'albums'>,
  access: Access,
  { id, imageId: text, verdict }: DecideContributionInput,
): Promise<Image> {
  const album = await changeableAlbum(services, access, id);
  const imageId = parseImageId(text);
  if (verdict === 'pass') await requireRoom(services, album);
  return decideAs(services, access, async () => {
    const image = imageId && (await services.images.getToChange(imageId));
    if (!image || image.status === 'deleted' || image.userId !== album.userId || !isContribution(image, album.id))
      throw new AppError('image-not-found', 'Image not found');
    requireTurn(image);
    const sha256 = isStored(image) ? image.sha256 : decidedBytes(image);
    return { image, input: { gate: OWNER_GATE, sha256, verdict, reason: UNWANTED, privateReason: null } };
  });
}

/** The bytes that the owner refused; '' if none were. */
const decidedBytes = (image: Image): string => {
  const decisions = 'decisions' in image ? image.decisions : [];
  return decisions.filter(isByPerson).find(({ gate }) => gate === OWNER_GATE)?.sha256 ?? '';
};

/** Errors: `not-awaited`. */
function requireTurn(image: Image): void {
  if (image.status === 'pending')
    throw new AppError('not-awaited', 'expected a picture that waits for the owner of the album; got a pending one');
  if (image.status !== 'held' || image.screening.passed.includes(OWNER_GATE)) return; // what was decided before counts
  const gate = nextGate(image.screening.gates, image.screening.passed);
  if (gate !== OWNER_GATE)
    throw new AppError(
      'not-awaited',
      `expected a picture that waits for the owner of the album; got one that waits for ${gate ?? 'nobody'}`,
    );
}
