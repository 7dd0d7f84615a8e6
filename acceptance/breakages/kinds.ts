import type { Topic } from '../suite.ts';
import { ANSWERS } from './answers.ts';
import type { Breakage } from './breakage.ts';
import { BYTES } from './bytes.ts';
import { CLOSED } from './closed.ts';
import { FIELDS } from './fields.ts';
import { LISTS } from './lists.ts';
import { LOOKS } from './looks.ts';
import { METADATA } from './metadata.ts';
import { REFUSALS } from './refusals.ts';
import { RENDER_LINKS } from './render-links.ts';
import { RENDITIONS } from './renditions.ts';
import { SEARCH } from './search.ts';
import { SHARING } from './sharing.ts';
import { TRASH } from './trash.ts';
import { UPLOADS } from './uploads.ts';

interface Kind {
  readonly topics: readonly Topic[];
  readonly breakages: readonly Breakage[];
  /** Only a service with authentication shows them. */
  readonly isClosed?: true;
}

/** The topics that are tried first for breakages of a kind: they detect most of them, in a fraction of the time. */
export const KINDS: readonly Kind[] = [
  { topics: ['lists', 'cursors'], breakages: LISTS },
  { topics: ['fields', 'focal-point'], breakages: FIELDS },
  { topics: ['search'], breakages: SEARCH },
  { topics: ['bytes'], breakages: BYTES },
  { topics: ['metadata', 'life'], breakages: METADATA },
  { topics: ['grants', 'post-grants', 'idempotency', 'batches', 'canonical-uploads'], breakages: UPLOADS },
  { topics: ['trash'], breakages: TRASH },
  { topics: ['refusals', 'field-limits', 'direct-uploads'], breakages: REFUSALS },
  { topics: ['renditions', 'rendition-bytes'], breakages: RENDITIONS },
  { topics: ['looks', 'transforms'], breakages: LOOKS },
  { topics: ['render-links'], breakages: RENDER_LINKS },
  { topics: ['links', 'visibility', 'upload-tokens'], breakages: SHARING },
  { topics: ['upload-tokens', 'visibility', 'links'], breakages: CLOSED, isClosed: true },
  { topics: ['service', 'problems', 'compatibility', 'browsers', 'docs'], breakages: ANSWERS },
];
