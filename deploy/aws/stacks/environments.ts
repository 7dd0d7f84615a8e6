import { Aws, Fn, type Stack } from 'aws-cdk-lib';
import { metricsNamespace, type Names } from '../names.ts';
import { isGiven } from './parameters.ts';

interface Given {
  readonly publicUrl: string;
  readonly corsOrigins: string;
  readonly auth: string;
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
  readonly originSecretSha256: string;
  readonly events: string;
  readonly rateLimitStore: string;
  readonly gateClamd: string;
}

/** The variables of the functions: docs/configuration.md. None is a secret: the service's own is in the table. */
export function environments(stack: Stack, given: Given, names: Names) {
  const ifGiven = (id: string, value: string) => Fn.conditionIf(isGiven(stack, id, value), value, Aws.NO_VALUE);
  const both = {
    S3_BUCKET: names.bucket,
    DYNAMO_TABLE: names.table,
    PUBLIC_URL: given.publicUrl,
    EVENTS: given.events,
    GATE_CLAMD: ifGiven('HasGateClamd', given.gateClamd),
    CORS_ORIGINS: ifGiven('HasCorsOrigins', given.corsOrigins),
    UV_THREADPOOL_SIZE: '64', // look-ups of names may take half of libuv's threads: outbound/look-up.ts
    LAMBDA_METRICS: metricsNamespace(Aws.STACK_NAME),
    SQS_QUEUE_URL: `https://sqs.${Aws.REGION}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${names.queue}`,
  };
  return {
    http: {
      ...both,
      AUTH: given.auth,
      JWT_ISSUER: ifGiven('HasJwtIssuer', given.jwtIssuer),
      JWT_AUDIENCE: ifGiven('HasJwtAudience', given.jwtAudience),
      RATE_LIMIT_STORE: ifGiven('HasRateLimitStore', given.rateLimitStore),
      ORIGIN_SECRET_SHA256: given.originSecretSha256,
      PROXY_HEADERS: 'x-forwarded', // CloudFront and API Gateway write them
      CACHE_TAGS: 'on',
    },
    worker: both,
  };
}
