import { nameFor } from '../../packages/server/src/admin/provision/queue/queue-target.ts';

/** Everything is named after the bucket, so that each policy can name its one resource before that exists. */
export interface Names {
  readonly bucket: string;
  /** For the zips of the functions. */
  readonly codeBucket: string;
  readonly table: string;
  readonly queue: string;
  readonly deadLetterQueue: string;
}

/** `bucket`: a name, or a reference to a parameter with one. */
export const namesAfter = (bucket: string): Names => ({
  bucket,
  codeBucket: `${bucket}-code`,
  table: bucket,
  queue: nameFor('queue', { name: bucket }),
  deadLetterQueue: nameFor('dead letter queue', { name: bucket }),
});

/** Where CloudWatch keeps what the functions of one stack measure: two stacks of a region mustn't be added up. */
export const metricsNamespace = (stackName: string): string => `Safelight/${stackName}`;

const HOST = '[a-z0-9](?:[a-z0-9.-]{0,250})[a-z0-9]';
/** The origin of a service behind CloudFront, which listens on the port of https only. */
export const PUBLIC_ORIGIN = `https://${HOST}`;
export const ORIGIN = `${PUBLIC_ORIGIN}(?::[0-9]{1,5})?`;
export const ORIGINS = `${ORIGIN}(?:,${ORIGIN})*`;

/**
 * Characters of parameters. Lambda's environment has 4 KB, in which all of them must fit together with the rest: a test
 * computes it.
 */
export const MAX_LENGTHS = {
  corsOrigins: 1_950,
  jwtIssuer: 500,
  jwtAudience: 500,
  rateLimitStore: 90,
  gateClamd: 70,
} as const;

const arnOf = (service: string, region = '[a-z0-9-]+', resource = '[A-Za-z0-9/_.-]+'): string =>
  `arn:[a-z-]+:${service}:${region}:[0-9]{12}:${resource}`;

/** CloudFront takes certificates and web ACLs of us-east-1 only. */
export const ARNS = {
  certificate: arnOf('acm', 'us-east-1'),
  webAcl: arnOf('wafv2', 'us-east-1'),
  topic: arnOf('sns'),
  /** Not of an alias. */
  key: arnOf('kms', undefined, 'key/[A-Za-z0-9-]+'),
} as const;

/**
 * A bucket's name has 63 characters at most, the code's bucket too. No dots: a queue has none, and TLS accepts none.
 */
export const BUCKET_NAME = '[a-z0-9](?:[a-z0-9-]{1,56})[a-z0-9]';
