import type { Topic } from '../../../../../test/acceptance/suite.ts';
import { ANSWERS } from './answers.ts';
import type { Breakage } from './breakage.ts';
import { BYTES } from './bytes.ts';
import { CAMERAS } from './cameras.ts';
import { CLOSED } from './closed.ts';
import { COUNTS } from './counts.ts';
import { CLOSED_EVENTS, EVENTS } from './events.ts';
import { EXTERNAL_IDS } from './external-ids.ts';
import { FIELDS } from './fields.ts';
import { FULL_SIZE_JPEG } from './full-size-jpeg.ts';
import { INGEST } from './ingest.ts';
import { LISTS } from './lists.ts';
import { LOOKS } from './looks.ts';
import { METADATA } from './metadata.ts';
import { PARTS } from './parts.ts';
import { PROXIES } from './proxies.ts';
import { RATE_LIMITS } from './rate-limits.ts';
import { REFUSALS } from './refusals.ts';
import { RENDER_LINKS } from './render-links.ts';
import { RENDITIONS } from './renditions.ts';
import { SEARCH } from './search.ts';
import { SHARING } from './sharing.ts';
import { TRASH } from './trash.ts';
import { CLOSED_UNKNOWN_NAMES, UNKNOWN_NAMES } from './unknown-names.ts';
import { UPLOADS } from './uploads.ts';
import { CLOSED_USAGE, USAGE } from './usage.ts';

interface Kind {
  readonly topics: readonly Topic[];
  readonly breakages: readonly Breakage[];
  /** Absent: an open service shows them. */
  readonly setup?: Setup;
}

/**
 * The configuration of the service that shows a breakage: without authentication, with API keys, or with API keys and
 * small rate limits.
 */
export type Setup = 'open' | 'closed' | 'limited';

/** The topics that are tried first for breakages of a kind: they detect most of them, in a fraction of the time. */
export const KINDS: readonly Kind[] = [
  { topics: ['lists', 'cursors'], breakages: LISTS },
  { topics: ['counts'], breakages: COUNTS },
  { topics: ['fields', 'focal-point'], breakages: FIELDS },
  { topics: ['search'], breakages: SEARCH },
  { topics: ['bytes'], breakages: BYTES },
  { topics: ['metadata', 'life'], breakages: METADATA },
  { topics: ['grants', 'post-grants', 'idempotency', 'batches', 'canonical-uploads'], breakages: UPLOADS },
  { topics: ['parts'], breakages: PARTS },
  { topics: ['external-ids'], breakages: EXTERNAL_IDS },
  { topics: ['ingest'], breakages: INGEST },
  { topics: ['trash'], breakages: TRASH },
  { topics: ['usage', 'quotas'], breakages: USAGE },
  { topics: ['events'], breakages: EVENTS },
  { topics: ['events'], breakages: CLOSED_EVENTS, setup: 'closed' },
  { topics: ['refusals', 'field-limits', 'direct-uploads'], breakages: REFUSALS },
  { topics: ['unknown-names'], breakages: UNKNOWN_NAMES },
  { topics: ['unknown-names'], breakages: CLOSED_UNKNOWN_NAMES, setup: 'closed' },
  { topics: ['renditions', 'rendition-bytes'], breakages: RENDITIONS },
  { topics: ['cameras'], breakages: CAMERAS },
  { topics: ['full-size-jpeg'], breakages: FULL_SIZE_JPEG },
  { topics: ['looks', 'transforms'], breakages: LOOKS },
  { topics: ['render-links'], breakages: RENDER_LINKS },
  { topics: ['links', 'visibility', 'upload-tokens'], breakages: SHARING },
  { topics: ['upload-tokens', 'keys', 'prefixes', 'visibility', 'links'], breakages: CLOSED, setup: 'closed' },
  { topics: ['quotas', 'usage'], breakages: CLOSED_USAGE, setup: 'closed' },
  { topics: ['service'], breakages: PROXIES, setup: 'closed' },
  { topics: ['rate-limits'], breakages: RATE_LIMITS, setup: 'limited' },
  { topics: ['service', 'problems', 'compatibility', 'browsers', 'docs'], breakages: ANSWERS },
];
