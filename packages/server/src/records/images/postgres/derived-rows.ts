import type { Details } from '../../../domain/facts/facts.ts';
import { type Image, isDetailed } from '../../../domain/image/image.ts';
import { searchedWords } from '../../../domain/image/search-words.ts';
import { capturePositionOf } from '../../../domain/lists/list-position.ts';
import { filterRowsOf } from '../../../domain/metadata/metadata-filters.ts';
import type { Transaction } from '../../postgres/database.ts';
import { ALL_IMAGES, nameOfAlbum, nameOfTag, nameOfType } from '../captured-names.ts';
import { detailsText } from '../facts-text.ts';
import { termsOf } from '../search-terms.ts';

/** What is written of an image beside its record. */
export interface Change {
  /** undefined: the image is new. */
  readonly from: Image | undefined;
  readonly to: Image;
  /** As of `ReplaceOptions`. */
  readonly details: Details | null | undefined;
  /** Those before; read if `needsFormerDetails`. */
  readonly former: Details | null;
}

/** Changes the rows of an image for lists and its details, behind the guard of its record, whose lock they share. */
export function sendDerivedRows(transaction: Transaction, change: Change): void {
  sendTags(transaction, change);
  sendCaptured(transaction, change);
  sendMetadata(transaction, change);
  sendTerms(transaction, change);
  sendDetails(transaction, change);
}

/** Whether the change of words depends on the details before it. */
export const needsFormerDetails = (from: Image, to: Image, details: Details | null | undefined): boolean =>
  isDetailed(from) && changesWords(from, to, details) && (from.status === 'ready' || details === undefined);

function sendTags(transaction: Transaction, { from, to }: Change): void {
  const [before, after] = [listedTags(from), listedTags(to)];
  const isOtherType = from !== undefined && from.contentType !== to.contentType; // which the rows have
  const [removed, added] = isOtherType ? [before, after] : difference(before, after);
  if (removed.length > 0) transaction.send('DELETE FROM image_tags WHERE id = $1 AND tag = ANY ($2)', [to.id, removed]);
  if (added.length > 0)
    transaction.send(
      `INSERT INTO image_tags (tag, id, user_id, content_type)
       SELECT tag, $1::text, $2::text, $3::text FROM unnest($4::text[]) tag`,
      [to.id, to.userId, to.contentType, added],
    );
}

function sendCaptured(transaction: Transaction, { from, to }: Change): void {
  const [before, after] = [capturedRows(from), capturedRows(to)];
  const isMoved = before.at !== after.at;
  const [removed, added] = isMoved ? [before.names, after.names] : difference(before.names, after.names);
  if (removed.length > 0)
    transaction.send('DELETE FROM captured_rows WHERE user_id = $1 AND at = $2 AND name = ANY ($3)', [
      ...[to.userId, before.at],
      removed,
    ]);
  if (added.length > 0)
    transaction.send(
      'INSERT INTO captured_rows (user_id, name, at) SELECT $1::text, name, $2::text FROM unnest($3::text[]) name',
      [to.userId, after.at, added],
    );
}

const capturedRows = (image: Image | undefined): { readonly at: string; readonly names: readonly string[] } =>
  image?.status === 'ready'
    ? {
        at: capturePositionOf(image),
        names: [
          ALL_IMAGES,
          nameOfType(image.contentType),
          ...image.tags.map(nameOfTag),
          ...image.albums.map(({ albumId }) => nameOfAlbum(albumId)),
        ],
      }
    : { at: '', names: [] };

/** Names and values without what separates them here. */
const PARTED = '\u0000';

function sendMetadata(transaction: Transaction, { from, to }: Change): void {
  const textsOf = (image: Image | undefined) =>
    filterRowsOf(image).map(({ name, value }) => `${name}${PARTED}${value}`);
  const partsOf = (texts: readonly string[]) => [
    texts.map((text) => text.slice(0, text.indexOf(PARTED))),
    texts.map((text) => text.slice(text.indexOf(PARTED) + 1)),
  ];
  const [removed, added] = difference(textsOf(from), textsOf(to));
  if (removed.length > 0)
    transaction.send(
      `DELETE FROM image_metadata WHERE user_id = $1 AND id = $2 AND (name, value) IN
       (SELECT name, value FROM unnest($3::text[], $4::text[]) AS gone (name, value))`,
      [to.userId, to.id, ...partsOf(removed)],
    );
  if (added.length > 0)
    transaction.send(
      `INSERT INTO image_metadata (user_id, id, name, value)
       SELECT $1::text, $2::text, name, value FROM unnest($3::text[], $4::text[]) AS added (name, value)`,
      [to.userId, to.id, ...partsOf(added)],
    );
}

function sendTerms(transaction: Transaction, { from, to, details, former }: Change): void {
  if (from && !changesWords(from, to, details)) return;
  const before = indexedTerms(from, former);
  const after = indexedTerms(to, details === undefined ? former : details);
  const [removed, added] = [[...before.difference(after)], [...after.difference(before)]];
  if (removed.length > 0)
    transaction.send('DELETE FROM image_terms WHERE id = $1 AND term = ANY ($2)', [to.id, removed]);
  if (added.length > 0)
    transaction.send('INSERT INTO image_terms (term, id) SELECT term, $1::text FROM unnest($2::text[]) term', [
      to.id,
      added,
    ]);
}

function sendDetails(transaction: Transaction, { from, to, details }: Change): void {
  if (isDetailed(to)) {
    if (details)
      transaction.send(
        'INSERT INTO image_details (id, details) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET details = excluded.details',
        [to.id, detailsText(details)],
      );
  } else if (from && isDetailed(from)) transaction.send('DELETE FROM image_details WHERE id = $1', [to.id]);
}

const NO_TERMS: ReadonlySet<string> = new Set();

function indexedTerms(image: Image | undefined, details: Details | null): ReadonlySet<string> {
  if (image?.status !== 'ready') return NO_TERMS;
  return termsOf(image.userId, searchedWords(image, { facts: image.facts, details }));
}

const changesWords = (from: Image, to: Image, details: Details | null | undefined): boolean =>
  details !== undefined ||
  from.status !== to.status ||
  from.filename !== to.filename ||
  from.description !== to.description ||
  cameraOf(from) !== cameraOf(to);

const cameraOf = (image: Image): string | null => ('facts' in image ? (image.facts?.camera ?? null) : null);

const listedTags = (image: Image | undefined): readonly string[] => (image?.status === 'ready' ? image.tags : []);

/** What only the first has, and what only the second has. */
function difference(before: readonly string[], after: readonly string[]): readonly [string[], string[]] {
  const [former, next] = [new Set(before), new Set(after)];
  return [[...former.difference(next)], [...next.difference(former)]];
}
