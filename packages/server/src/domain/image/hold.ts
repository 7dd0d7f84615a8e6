import {
  type Former,
  type HeldImage,
  next,
  type PendingImage,
  type Place,
  type Reading,
  type ReadyImage,
  type TrashedImage,
  type Verified,
} from './image.ts';
import {
  type Decision,
  early,
  type PersonDecision,
  type Screening,
  withDecisions,
  withPassAgain,
} from './screening.ts';

/** Sound bytes that wait for a gate. */
export const hold = (
  image: PendingImage,
  bytes: Verified,
  {
    objectKey,
    objectTag,
    facts,
    hasDetails,
    screening,
    decisions,
    at,
  }: Place & Reading & Pick<HeldImage, 'screening' | 'decisions'> & { readonly at: Date },
): HeldImage => ({
  ...next(image, at),
  ...bytes,
  status: 'held',
  objectKey,
  objectTag,
  uploadedAt: at,
  facts,
  hasDetails,
  isDirect: image.isDirect,
  replaces: image.replaces,
  screening,
  former: null,
  decisions: withDecisions<Decision>(early(image.decisions, bytes.sha256), decisions),
});

/** A person decided before the image is held. A new revision, so that no concurrent write loses it. */
export const decideEarly = (image: PendingImage, gates: readonly string[], decision: PersonDecision): PendingImage => ({
  ...image,
  gates,
  decisions: withDecisions(image.decisions, [decision]),
  updatedAt: decision.at,
  revision: image.revision + 1,
});

/** An image that a gate looks at again, and hasn't decided about. Nothing serves it until then. */
export function holdAgain(
  image: ReadyImage | TrashedImage,
  {
    screening,
    decided,
    at,
  }: Pick<HeldImage, 'screening'> & { readonly decided: readonly Decision[]; readonly at: Date },
): HeldImage {
  const { maintainAt, renditionFailures, links, workingCopy, ...stored } = withoutState(image);
  const serving = { maintainAt, renditionFailures, links, workingCopy, heldAt: at };
  const former: Former =
    image.status === 'ready'
      ? { ...serving, status: 'ready' }
      : { ...serving, status: 'trashed', purgeAt: image.purgeAt };
  const decisions = withDecisions(image.decisions, decided);
  return {
    ...stored,
    ...next(image, at),
    status: 'held',
    isDirect: false,
    replaces: null,
    screening,
    former,
    decisions,
  };
}

function withoutState(image: ReadyImage | TrashedImage) {
  if (image.status === 'ready') {
    const { filteredBy: _, ...published } = image;
    return published;
  }
  const { purgeAt: _, ...published } = image;
  return published;
}

/** Since when it waits for gates. */
export const heldSince = ({ former, uploadedAt }: HeldImage): Date => former?.heldAt ?? uploadedAt;

/** The gate has looked at it again, and it passed. No new revision: nothing that clients see changes. */
export const passAgain = <Current extends ReadyImage | TrashedImage>(image: Current, pass: Decision): Current => ({
  ...image,
  decisions: withPassAgain(image.decisions, pass),
});

/** Without a gate that nobody asks any more. A new revision: a concurrent write with the former list is refused. */
export const dropGate = (image: PendingImage, gate: string, at: Date): PendingImage => ({
  ...image,
  gates: image.gates.filter((one) => one !== gate),
  updatedAt: at,
  revision: image.revision + 1,
});

/** The image waits on. No new revision: nothing that clients see changes. */
export const holdOn = (image: HeldImage, screening: Screening, decided: readonly Decision[]): HeldImage => ({
  ...image,
  screening,
  decisions: withDecisions(image.decisions, decided),
});

/**
 * The image waits on, and clients see that: a gate was dropped, or a person passed it. A new revision, for concurrent
 * writes.
 */
export const holdAfter = (
  image: HeldImage,
  screening: Screening,
  decided: readonly Decision[],
  at: Date,
): HeldImage => ({
  ...holdOn(image, screening, decided),
  updatedAt: at,
  revision: image.revision + 1,
});

/**
 * The last gate has passed. `maintainAt`: of an image that wasn't served before. `filteredBy`: of one that becomes
 * ready.
 */
export const publishHeld = (
  image: HeldImage,
  {
    maintainAt,
    filteredBy,
    decided,
    at,
  }: Pick<ReadyImage, 'maintainAt' | 'filteredBy'> & { readonly decided: readonly Decision[]; readonly at: Date },
): ReadyImage | TrashedImage => {
  const { screening: _, isDirect: __, replaces, former, ...stored } = image;
  if (replaces)
    throw new Error(`image ${image.id} would be a picture of its own; it is to replace ${replaces.imageId}`);
  const published = { ...stored, ...next(image, at), decisions: withDecisions(image.decisions, decided) };
  if (former === null) {
    const unserved = { renditionFailures: [], links: [], workingCopy: null };
    return { ...published, status: 'ready', maintainAt, filteredBy, ...unserved };
  }
  const { heldAt: ___, ...was } = former;
  return was.status === 'ready' ? { ...published, ...was, filteredBy } : { ...published, ...was };
};

/** Maintenance of its renditions is due at `at`, once an image that a re-scan holds has passed. */
export const scheduleFormerMaintenance = <Current extends HeldImage>(image: Current, at: Date): Current =>
  image.former ? { ...image, former: { ...image.former, maintainAt: at } } : image;
