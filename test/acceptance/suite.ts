import { describe } from 'node:test';
import type { Api } from './api.ts';
import { describeAlbums } from './cases/albums.ts';
import { describeAuthentication } from './cases/authentication.ts';
import { describeBatches } from './cases/batches.ts';
import { describeBrowsers } from './cases/browsers.ts';
import { describeBytes } from './cases/bytes.ts';
import { describeCameras } from './cases/cameras.ts';
import { describeCanonicalUploads } from './cases/canonical-uploads.ts';
import { describeCompatibility } from './cases/compatibility.ts';
import { describeContract } from './cases/contract.ts';
import { describeCounts } from './cases/counts.ts';
import { describeCursors } from './cases/cursors.ts';
import { describeDirectUploads } from './cases/direct-uploads.ts';
import { describeDocs } from './cases/docs.ts';
import { describeEvents } from './cases/events.ts';
import { describeExternalIds } from './cases/external-ids.ts';
import { describeFacts } from './cases/facts.ts';
import { describeFields } from './cases/fields.ts';
import { describeFocalPoint } from './cases/focal-point.ts';
import { describeFullSizeJpeg } from './cases/full-size-jpeg.ts';
import { describeGates } from './cases/gates.ts';
import { describeGrants } from './cases/grants.ts';
import { describeIdempotency } from './cases/idempotency.ts';
import { describeIngest } from './cases/ingest.ts';
import { describeKeys } from './cases/keys.ts';
import { describeLife } from './cases/life.ts';
import { describeLinks } from './cases/links.ts';
import { describeLists } from './cases/lists.ts';
import { describeLooks } from './cases/looks.ts';
import { describeMetadata } from './cases/metadata.ts';
import { describeMetadataFilters } from './cases/metadata-filters.ts';
import { describeOwn } from './cases/own.ts';
import { describeParts } from './cases/parts.ts';
import { describePostGrants } from './cases/post-grants.ts';
import { describePrefixes } from './cases/prefixes.ts';
import { describeProblems } from './cases/problems.ts';
import { describeQuotas } from './cases/quotas.ts';
import { describeRateLimits } from './cases/rate-limits.ts';
import { describeFieldLimits, describeRefusals } from './cases/refusals.ts';
import { describeRenderLinks } from './cases/render-links.ts';
import { describeRenditionBytes } from './cases/rendition-bytes.ts';
import { describeRenditions } from './cases/renditions.ts';
import { describeReplacements } from './cases/replacements.ts';
import { describeSearch } from './cases/search.ts';
import { describeServiceItself } from './cases/service.ts';
import { describeTransforms } from './cases/transforms.ts';
import { describeTrash } from './cases/trash.ts';
import { describeUnknownNames } from './cases/unknown-names.ts';
import { describeUploadTokens } from './cases/upload-tokens.ts';
import { describeUsage } from './cases/usage.ts';
import { describeUsers } from './cases/users.ts';
import { describeViewTokens } from './cases/view-tokens.ts';
import { describeVisibility } from './cases/visibility.ts';

/** Enough to keep two cores busy, and few enough for a decoder's queue. */
const AT_ONCE = 4;

export const TOPICS = {
  service: describeServiceItself,
  compatibility: describeCompatibility,
  problems: describeProblems,
  grants: describeGrants,
  'post-grants': describePostGrants,
  parts: describeParts,
  'direct-uploads': describeDirectUploads,
  'canonical-uploads': describeCanonicalUploads,
  ingest: describeIngest,
  life: describeLife,
  own: describeOwn,
  authentication: describeAuthentication,
  keys: describeKeys,
  prefixes: describePrefixes,
  'upload-tokens': describeUploadTokens,
  'view-tokens': describeViewTokens,
  links: describeLinks,
  visibility: describeVisibility,
  bytes: describeBytes,
  cameras: describeCameras,
  metadata: describeMetadata,
  facts: describeFacts,
  'external-ids': describeExternalIds,
  replacements: describeReplacements,
  albums: describeAlbums,
  'metadata-filters': describeMetadataFilters,
  lists: describeLists,
  cursors: describeCursors,
  counts: describeCounts,
  fields: describeFields,
  search: describeSearch,
  idempotency: describeIdempotency,
  batches: describeBatches,
  trash: describeTrash,
  usage: describeUsage,
  users: describeUsers,
  quotas: describeQuotas,
  gates: describeGates,
  events: describeEvents,
  refusals: describeRefusals,
  'field-limits': describeFieldLimits,
  'unknown-names': describeUnknownNames,
  browsers: describeBrowsers,
  renditions: describeRenditions,
  'rendition-bytes': describeRenditionBytes,
  'full-size-jpeg': describeFullSizeJpeg,
  looks: describeLooks,
  transforms: describeTransforms,
  'focal-point': describeFocalPoint,
  'render-links': describeRenderLinks,
  'rate-limits': describeRateLimits,
  docs: describeDocs,
  contract: describeContract,
} as const satisfies Record<string, (api: Api) => void>;

export type Topic = keyof typeof TOPICS;

/** Every sentence of the contract that is visible from outside, as a separate case; or those of some topics. */
export const describeSafelight = (api: Api, topics = Object.keys(TOPICS) as readonly Topic[]): void => {
  describe(`Safelight at ${api.base}`, { concurrency: AT_ONCE }, () => {
    for (const topic of topics) TOPICS[topic](api);
  });
};
