import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { type Corrections, isCorrecting } from '../../domain/facts/corrections.ts';
import { isSamePoint } from '../../domain/image/focal-point.ts';
import { scheduleFormerMaintenance } from '../../domain/image/hold.ts';
import {
  describe,
  type ImageDescription,
  type LiveImage,
  scheduleMaintenance,
  withFilters,
} from '../../domain/image/image.ts';
import { requireFewRows } from '../../domain/lists/rows-of-change.ts';
import { type Edits, editedFields } from '../../domain/metadata/edits.ts';
import { dependsOnFocalPoint } from '../../domain/rendition/presets.ts';
import { CHANGED, retryWhileChanged } from '../../flow/retry-while-changed.ts';
import type { Services } from '../../services.ts';
import { sendMaintenance } from '../renditions/send-maintenance.ts';
import { withCorrections } from './correct-facts.ts';
import { namingHolder } from './name-holder.ts';
import { requireRevision } from './require-revision.ts';
import { changeableImage, ownId } from './visible-image.ts';

export interface UpdateImageInput {
  readonly id: string;
  readonly changes: Partial<ImageDescription>;
  /** Absent: none. Repeated with what the image has then, should somebody else change it meanwhile. */
  readonly edits?: Edits;
  /** Absent: none. */
  readonly corrections?: Corrections;
  /** The acceptable revisions; undefined: any. */
  readonly expectedRevisions: readonly number[] | undefined;
  /** Whose turn it takes if it ends the image's links. */
  readonly payer: Payer;
}

/**
 * Texts of many images, made longer, could take the whole reserve of the disk. A corrected date or position takes a
 * hundred bytes, however often it is written.
 */
const TEXTS = [
  'filename',
  'tags',
  'description',
  'metadata',
  'externalId',
] as const satisfies readonly (keyof ImageDescription)[];

/** The image as this update found and left it. */
export interface Update {
  readonly before: LiveImage;
  readonly after: LiveImage;
}

export type UpdateServices = Pick<
  Services,
  'images' | 'filters' | 'diskSpace' | 'linkTurns' | 'clock' | 'settings' | 'jobs'
>;

/**
 * Updates an image's metadata, and corrects what it says about itself; its bytes and its key stay. With another focal
 * point the presets that use it are made anew. Errors: `image-not-found`; `forbidden`; `revision-conflict`;
 * `external-id-taken`; `image-not-ready` for a rejected or expired image, whose record has no metadata, and for
 * corrections of one whose bytes aren't verified; `invalid-request` if its date can't be moved, or it has too many tags
 * or too much metadata then, or the change of an image in albums has too many rows; `insufficient-storage`;
 * `unavailable` if the record keeps changing.
 */
export async function updateImage(
  services: UpdateServices,
  access: Access,
  { id, changes: given, edits = {}, corrections = {}, expectedRevisions, payer }: UpdateImageInput,
): Promise<Update> {
  const attempt = async () => {
    const image = await changeableImage(services, access, id);
    if (image.status === 'rejected' || image.status === 'expired') {
      throw new AppError('image-not-ready', `expected a pending or ready image; got one that is ${image.status}`, {
        params: { status: image.status },
      });
    }
    requireRevision(image, expectedRevisions);
    const changes = { ...given, ...editedFields(image, edits) };
    if (Object.keys(changes).length === 0 && !isCorrecting(corrections)) return { before: image, after: image };
    if (TEXTS.some((name) => changes[name] !== undefined)) await services.diskSpace.require(0, 'half-reserve');
    const now = services.clock.now();
    const described = await withFiltersInForce(services, describe(image, changes, now), changes);
    const isStale =
      !isSamePoint(described.focalPoint, image.focalPoint) && dependsOnFocalPoint(services.settings.presets);
    const maintained = isStale ? withMaintenance(described, now) : described;
    const { corrected, written } = await withCorrections(services, maintained, corrections);
    requireFewRows(image, corrected);
    if (!(await services.images.replace(image, corrected, written))) return CHANGED;
    if (maintained.status === 'ready' && maintained !== described) await sendMaintenance(services, image.id);
    return { before: image, after: corrected };
  };
  const { externalId } = given;
  const update = () => namingHolder(services, { access, externalId }, () => retryWhileChanged(attempt));
  // Another visibility ends the image's links, and must not lose against those who make them.
  const visibility = given.visibility ?? edits.visibility;
  return visibility === undefined ? update() : services.linkTurns.take(await ownId(services, id), payer, update);
}

/** An image whose metadata changes is found by the names in force. */
async function withFiltersInForce(
  { filters }: Pick<Services, 'filters'>,
  image: LiveImage,
  { metadata }: Partial<ImageDescription>,
): Promise<LiveImage> {
  return metadata !== undefined && image.status === 'ready' ? withFilters(image, await filters.written()) : image;
}

/** Its presets are made anew, those of a held image once it has passed. */
const withMaintenance = (image: LiveImage, at: Date): LiveImage => {
  if (image.status === 'ready') return scheduleMaintenance(image, at);
  return image.status === 'held' ? scheduleFormerMaintenance(image, at) : image;
};
