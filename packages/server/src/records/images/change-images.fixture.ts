import assert from 'node:assert/strict';
import { NOTHING_SAID } from '../../domain/facts/facts.ts';
import { type Image, restore, scheduleMaintenance, tombstone, trash, withFilters } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { replacementKey } from '../../domain/image/object-key.ts';
import { recordRenditionCrash } from '../../domain/image/rendition-failures.ts';
import { withBytesOf } from '../../domain/image/replace.ts';
import type { Change } from './arbitrary-lists.fixture.ts';
import type { ImageRepository } from './image-repository.ts';
import { addSettled, NOW, sampleHeld, samplePending, samplePublished } from './sample-images.fixture.ts';

/** Applies the change to every repository and to the model; ignores an impossible change. */
export async function applyChange(
  repositories: readonly ImageRepository[],
  stored: Map<ImageId, Image>,
  change: Change,
): Promise<void> {
  if (change.kind === 'insert') {
    const { status, ...sample } = change.sample;
    if (stored.has(sample.id)) return;
    for (const images of repositories) stored.set(sample.id, await addSettled(images, status, sample));
    return;
  }
  const picked = [...stored.values()][change.at % stored.size];
  if (picked === undefined || picked.status === 'deleted') return;
  const changed = changedTo(picked, change);
  for (const images of repositories) assert.equal(await images.replace(picked, changed), true);
  stored.set(picked.id, changed);
}

const changedTo = (
  picked: Exclude<Image, { status: 'deleted' }>,
  change: Exclude<Change, { kind: 'insert' }>,
): Image => {
  switch (change.kind) {
    case 'delete':
      return tombstone(picked, NOW);
    case 'publish':
      return picked.status === 'pending' ? samplePublished(picked) : picked;
    case 'trash':
      return picked.status === 'ready' ? trash(picked, NOW, NOW) : picked;
    case 'restore':
      return picked.status === 'trashed' ? restore(picked, NOW, []) : picked;
    case 'tag':
      return { ...picked, tags: change.tags, revision: picked.revision + 1 };
    case 'metadata':
      return { ...picked, metadata: change.metadata, revision: picked.revision + 1 };
    case 'filter':
      return picked.status === 'ready' ? withFilters(picked, change.filteredBy) : picked;
    case 'take': {
      if (!('facts' in picked)) return picked;
      const { takenByHand: _, ...facts } = picked.facts ?? { ...NOTHING_SAID.facts, reader: 0 };
      const { takenByHand } = change;
      const corrected = { ...facts, ...(takenByHand !== undefined && { takenByHand }) };
      return { ...picked, facts: corrected, revision: picked.revision + 1 };
    }
    case 'replace': {
      if (picked.status !== 'ready') return picked;
      const { takenByHand, contentType } = change;
      const facts = { ...NOTHING_SAID.facts, reader: 0, ...(takenByHand !== undefined && { takenByHand }) };
      const upload = { ...sampleHeld(samplePending({ userId: picked.userId }), contentType), facts };
      const objectKey = replacementKey(picked, upload);
      return withBytesOf(picked, upload, { objectKey, objectTag: null, maintainAt: null, at: NOW });
    }
    case 'maintain':
      return picked.status === 'ready' ? scheduleMaintenance(picked, change.maintainAt) : picked;
    case 'crash':
      return picked.status === 'ready'
        ? recordRenditionCrash(picked, { rendition: change.rendition, detail: 'it died', at: change.crashedAt })
        : picked;
  }
};
