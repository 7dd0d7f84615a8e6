import { ANY_HOST, BELOW } from '../../domain/ingest/ingest-hosts.ts';
import {
  bytes,
  expected,
  flag,
  hostOf,
  integer,
  MEGABYTE,
  oneOf,
  type Read,
  type Report,
  variable,
} from './variable.ts';

export interface UploadSizes {
  readonly maxDirectUploadBytes: number;
  readonly maxUploadBytes: number;
  /** Limit of the bytes in files on their way to and from S3. */
  readonly maxTemporaryBytes: number;
}

/** S3's limit: seven days. */
const MAX_PRESIGNED_SECONDS = 604_800;
const MAX_PARTS_HOURS = 168;
/** No accepted format has a larger file. */
const MAX_UPLOAD_BYTES = 1_024 * MEGABYTE;
const DEFAULT_TEMPORARY_BYTES = 1_024 * MEGABYTE;

/** Uploads, and the URLs of grants and images. */
export const UPLOAD_VARIABLES = {
  maxDirectUploadBytes: variable({
    name: 'MAX_DIRECT_UPLOAD_BYTES',
    group: 'limits',
    default: String(5 * MEGABYTE),
    about: 'Largest direct upload, in bytes.',
    parse: bytes(1, 64 * MEGABYTE),
  }),
  maxUploadBytes: variable({
    name: 'MAX_UPLOAD_BYTES',
    group: 'limits',
    default: String(50 * MEGABYTE),
    about:
      'Largest upload to a presigned URL, or in parts, in bytes. A type has a limit of its own: 160 MiB of JPEG, 448 of PNG, 512 of TIFF.',
    parse: bytes(1, MAX_UPLOAD_BYTES),
  }),
  grantRequiresSize: variable({
    name: 'GRANT_REQUIRES_SIZE',
    group: 'limits',
    default: 'false',
    about:
      'true: a grant must contain `size`, which the store then enforces. Otherwise the store keeps, and charges for, a larger upload until it is rejected.',
    parse: flag,
  }),
  presignedSeconds: variable({
    name: 'PRESIGNED_EXPIRATION',
    group: 'limits',
    default: '300',
    about: 'Lifetime of presigned URLs, in seconds.',
    parse: integer(1, MAX_PRESIGNED_SECONDS),
  }),
  uploadPartsHours: variable({
    name: 'UPLOAD_PARTS_HOURS',
    group: 'limits',
    default: '20',
    about:
      'How long an upload in parts lives of which something has arrived, in hours. Above 20 a bucket must keep parts for longer than a day: run `npm run admin -- provision` again.',
    parse: integer(1, MAX_PARTS_HOURS),
  }),
  ingestHosts: variable({
    name: 'INGEST_HOSTS',
    group: 'limits',
    default: '',
    about:
      'Hosts that the service fetches pictures from, at URLs that clients send (docs/ingest.md), comma-separated: names as `images.example.org`, all names below one as `*.example.org`, or `*` for any public host. They are asked by https on port 443; a host that is named may also be in a network of OUTBOUND_ALLOW. Unset: it fetches none.',
    parse: (given): readonly string[] => (given === '' ? [] : given.split(',').map((one) => ingestHost(one.trim()))),
  }),
  readUrlSeconds: variable({
    name: 'READ_URL_SECONDS',
    group: 'limits',
    default: '86400',
    about:
      'With AUTH, the JSON of an image has signed URLs of its presets. Each URL is valid for at least this many seconds and at most twice as many. All URLs change together, once in this time.',
    parse: integer(60, MAX_PRESIGNED_SECONDS), // below, JSON changes too often to be cached; above, a leaked URL is valid for weeks
  }),
  cacheTags: variable({
    name: 'CACHE_TAGS',
    group: 'expert',
    default: 'off',
    about:
      '`on`: answers that shared caches may keep have the header `Cache-Tag: img-<id>`, by which a CDN purges all pictures of an image; or `off`.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
} as const;

function ingestHost(given: string): string {
  if (given === ANY_HOST) return given;
  const below = given.startsWith(BELOW) ? BELOW : '';
  const host = hostOf(given.slice(below.length));
  const isHost = host !== undefined && !/:\d+$/.test(host.replace(/^\[.*\]/, ''));
  return isHost
    ? `${below}${host}`
    : expected('host names as images.example.org or *.example.org, comma-separated, or *');
}

export const TEMPORARY_VARIABLES = {
  maxTemporaryBytes: variable({
    name: 'MAX_TEMPORARY_MB',
    group: 's3',
    default: '',
    about:
      'With S3, the disk space below DATA_DIR for temporary files, in megabytes. Half of it is for originals fetched for decoding, which wait for space; other requests without space are answered 429. At least twice the largest upload. Unset: 1,024, or four times the largest upload if that is more.',
    parse: (given) => (given === '' ? null : integer(1, 1_048_576)(given) * MEGABYTE),
  }),
} as const;

/** The largest uploads, and the space for temporary files, which must hold two of them. */
export function readSizes(read: Read, report: Report): UploadSizes {
  const maxDirectUploadBytes = read(UPLOAD_VARIABLES.maxDirectUploadBytes);
  const maxUploadBytes = read(UPLOAD_VARIABLES.maxUploadBytes);
  const largest = Math.max(maxDirectUploadBytes, maxUploadBytes);
  const maxTemporaryBytes =
    read(TEMPORARY_VARIABLES.maxTemporaryBytes) ?? Math.max(DEFAULT_TEMPORARY_BYTES, 4 * largest);
  if (maxTemporaryBytes < 2 * largest) {
    const detail = `expected at least ${Math.ceil((2 * largest) / MEGABYTE)}, twice the largest upload; got ${maxTemporaryBytes / MEGABYTE}`;
    report(TEMPORARY_VARIABLES.maxTemporaryBytes.name, detail);
  }
  return { maxDirectUploadBytes, maxUploadBytes, maxTemporaryBytes };
}
