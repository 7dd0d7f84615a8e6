import { CAPABILITIES, type Capability, S3_PROFILES, type S3Profile } from '../../object-store/s3/capabilities.ts';
import { AWS_VARIABLES } from './aws-config.ts';
import { expected, oneOf, optionalFlag, optionalOrigin, type Read, type Report, variable } from './variable.ts';

export interface S3Config {
  readonly bucket: string;
  readonly region: string;
  /** null: Amazon's of the region. */
  readonly endpoint: string | null;
  /** The address for clients. */
  readonly publicEndpoint: string | null;
  readonly isPathStyle: boolean;
  readonly lacks: readonly Capability[];
  readonly caBundle: string | null;
}

/** "General purpose bucket naming rules", Amazon S3 User Guide. */
const BUCKET_NAME =
  "a bucket's name alone, by S3's rules: 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends, without two dots in a row, and no IP address";
const isBucketName = (given: string): boolean =>
  /^(?!.*\.\.)(?!(?:\d+\.){3}\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(given);

export const S3_VARIABLES = {
  s3Bucket: variable({
    name: 'S3_BUCKET',
    group: 's3',
    default: '',
    about: 'The bucket for images, in S3 or an S3-compatible store. Unset: images are in DATA_DIR.',
    parse: (given) => (given === '' || isBucketName(given) ? given || null : expected(BUCKET_NAME)),
  }),
  s3Profile: variable({
    name: 'S3_PROFILE',
    group: 's3',
    default: 'aws',
    about: `The kind of store, which implies what it lacks: one of ${Object.keys(S3_PROFILES).join(', ')}.`,
    parse: oneOf(...(Object.keys(S3_PROFILES) as S3Profile[])),
  }),
  s3Lacks: variable({
    name: 'S3_LACKS',
    group: 's3',
    default: '',
    about: `Capabilities that the store lacks, comma-separated, instead of the profile's: ${CAPABILITIES.join(', ')}; or \`nothing\`.`,
    parse: (given): readonly Capability[] | null => {
      if (given === '') return null;
      if (given === 'nothing') return [];
      return given.split(',').map((one) => oneOf(...CAPABILITIES)(one.trim()));
    },
  }),
  s3Endpoint: variable({
    name: 'AWS_ENDPOINT_URL_S3',
    group: 's3',
    aliases: ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT'],
    default: '',
    about:
      'The address at which the service reaches the store, such as `http://127.0.0.1:9000`. Unset: Amazon S3 in the region.',
    parse: optionalOrigin('http://127.0.0.1:9000'),
  }),
  s3PublicEndpoint: variable({
    name: 'S3_PUBLIC_ENDPOINT_URL',
    group: 's3',
    default: '',
    about:
      "The address at which clients reach the store, if it differs; presigned URLs begin with it. Unset: the service's address.",
    parse: optionalOrigin('https://files.example.org'),
  }),
  s3PathStyle: variable({
    name: 'S3_PATH_STYLE',
    group: 's3',
    default: '',
    about: 'true: URLs name the bucket in the path, not in the host name. Unset: true with a custom endpoint.',
    parse: optionalFlag,
  }),
} as const;

export function readS3(read: Read, report: Report): S3Config | null {
  const endpoint = read(S3_VARIABLES.s3Endpoint);
  const profile = read(S3_VARIABLES.s3Profile);
  const bucket = read(S3_VARIABLES.s3Bucket);
  const s3 = {
    region: read(AWS_VARIABLES.awsRegion),
    endpoint,
    publicEndpoint: read(S3_VARIABLES.s3PublicEndpoint) ?? endpoint,
    isPathStyle: read(S3_VARIABLES.s3PathStyle) ?? endpoint !== null,
    lacks: read(S3_VARIABLES.s3Lacks) ?? S3_PROFILES[profile],
    caBundle: read(AWS_VARIABLES.caBundle),
  };
  if (bucket !== null) return { bucket, ...s3 };
  const { s3Profile, s3Lacks, s3PublicEndpoint, s3PathStyle } = S3_VARIABLES;
  for (const { name, default: fallback, given } of [
    { ...s3Profile, given: profile },
    { ...s3Lacks, given: read(s3Lacks)?.join() ?? '' },
    { ...s3PublicEndpoint, given: read(s3PublicEndpoint) ?? '' },
    { ...s3PathStyle, given: String(read(s3PathStyle) ?? '') },
  ]) {
    if (given !== fallback) report(name, `expected S3_BUCKET, since images are in DATA_DIR without it; got ${given}`);
  }
  return null;
}
