import type { TestedBreakage } from '../breakage.ts';
import { ACCESS } from './access.ts';
import { ALBUMS } from './albums.ts';
import { AWS } from './aws.ts';
import { CAPTURE } from './capture.ts';
import { CLIENTS } from './clients.ts';
import { CONFINEMENT } from './confinement.ts';
import { CORRECTIONS } from './corrections.ts';
import { COUNTS } from './counts.ts';
import { DETAILS } from './details.ts';
import { DYNAMODB } from './dynamodb.ts';
import { EVENTS } from './events.ts';
import { EXTERNAL_IDS } from './external-ids.ts';
import { FORMER_IDS } from './former-ids.ts';
import { FULL_SIZE_JPEG } from './full-size-jpeg.ts';
import { GALLERY } from './gallery.ts';
import { GATES } from './gates.ts';
import { LAMBDA } from './lambda.ts';
import { BATCH_ANSWERS, LINK_PAGE } from './link-page.ts';
import { METADATA_FILTERS } from './metadata-filters.ts';
import { OUTBOUND } from './outbound.ts';
import { PARTS } from './parts.ts';
import { PLACES } from './places.ts';
import { REDIS } from './redis.ts';
import { REPLACEMENTS } from './replacements.ts';
import { REREAD_FACTS } from './reread-facts.ts';
import { S3 } from './s3.ts';
import { SEARCHED_FACTS } from './search.ts';
import { SQS } from './sqs.ts';
import { UPLOADS } from './uploads.ts';
import { USAGE } from './usage.ts';
import { USERS } from './users.ts';
import { WORKING_COPIES } from './working-copies.ts';

const ADAPTERS = [...S3, ...DYNAMODB, ...SQS, ...LAMBDA, ...REDIS];

/** The breakages that name the test file which detects them. */
export const TESTED: readonly TestedBreakage[] = [
  ...ACCESS,
  ...CAPTURE,
  ...CLIENTS,
  ...CONFINEMENT,
  ...CORRECTIONS,
  ...COUNTS,
  ...DETAILS,
  ...EVENTS,
  ...EXTERNAL_IDS,
  ...FORMER_IDS,
  ...FULL_SIZE_JPEG,
  ...GALLERY,
  ...GATES,
  ...BATCH_ANSWERS,
  ...LINK_PAGE,
  ...METADATA_FILTERS,
  ...OUTBOUND,
  ...PARTS,
  ...PLACES,
  ...REREAD_FACTS,
  ...SEARCHED_FACTS,
  ...UPLOADS,
  ...USAGE,
  ...REPLACEMENTS,
  ...USERS,
  ...WORKING_COPIES,
  ...ADAPTERS,
  ...ALBUMS,
  ...AWS,
];
