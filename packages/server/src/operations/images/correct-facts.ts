import { type Corrections, correctedDetails, correctedFacts, isCorrecting } from '../../domain/facts/corrections.ts';
import { isSamePosition } from '../../domain/facts/position.ts';
import type { LiveImage } from '../../domain/image/image.ts';
import type { ReplaceOptions } from '../../records/images/image-repository.ts';
import type { Services } from '../../services.ts';
import { requireVerified } from './visible-image.ts';

/**
 * The image with corrections, and what is written with it. Whoever changes the details also raises the revision of the
 * image, so a write that read others fails. Errors: `image-not-ready` for an image whose bytes aren't verified;
 * `invalid-request` if its date can't be moved.
 */
export async function withCorrections(
  { images }: Pick<Services, 'images'>,
  image: LiveImage,
  corrections: Corrections,
): Promise<{ readonly corrected: LiveImage; readonly written?: ReplaceOptions }> {
  if (!isCorrecting(corrections)) return { corrected: image };
  const verified = requireVerified(image);
  const corrected = { ...verified, facts: correctedFacts(verified.facts, corrections) };
  const { position } = corrections;
  if (position === undefined) return { corrected };
  const details = await images.details(verified);
  return {
    corrected: { ...corrected, hasDetails: true },
    written: {
      details: correctedDetails(details, position),
      changedDetails: isSamePosition(details?.positionByHand, position) ? [] : ['position'],
    },
  };
}
