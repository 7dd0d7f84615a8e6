import { type Documented, documented } from './documented.ts';
import { AWS, OTHERS, priceOf } from './prices.ts';

/** A month of a service. */
export interface Month {
  /** Stored, with five tags each. */
  readonly images: number;
  /** In the month. */
  readonly uploads: number;
  /** Pictures that viewers' browsers fetch. */
  readonly views: number;
  /** Bytes of an original, on average. */
  readonly size: number;
  /** Bytes of a picture that is viewed, on average. */
  readonly rendition: number;
  /** Stored renditions of an image. */
  readonly renditions: number;
  /** The part of the views that CloudFront answers itself. */
  readonly cached: number;
  /** `redirect`: pictures come from the bucket. `stream`: through CloudFront. */
  readonly bytes: 'redirect' | 'stream';
}

export const DEFAULTS = {
  size: 3_000_000,
  rendition: 60_000,
  renditions: 2,
  bytes: 'redirect',
} as const;

/** The part of the views that a CDN answers itself. It keeps pictures for a day, but a redirect for 150 s at most. */
export const CACHED = { redirect: 0, stream: 0.9 } as const satisfies Record<Month['bytes'], number>;

/** What the formulas assume besides, with its reason. */
export const ASSUMED = {
  /** Milliseconds of the HTTP function for a grant, a read or a redirect: mostly waits for DynamoDB. */
  answerMs: 30,
  /** For the first request of a rendition: fetch, decode, encode, store. */
  renderMs: 400,
  /** The worker's times for an upload: fetch, verify, copy. */
  verifyMs: 600,
  /** For a sweep with little to do, each minute. */
  sweepMs: 500,
  memoryGb: 2,
  sweeps: 43_200,
  /** Requests of the client for an upload: a grant, and a read until it is ready. */
  requestsOfUpload: 2,
  /** Bytes of an answer without a picture: JSON or a redirect. */
  answerBytes: 1_000,
  /** Bytes of the log for a request: a line of the API and one of the function. */
  logBytes: 600,
  /** Bytes of Lambda's own lines for an invocation: START, END and REPORT. */
  invocationLogBytes: 300,
  /** Bytes of the function's line of metrics for a redirect. One for an upload has about 400. */
  metricsLineBytes: 300,
  /** Metrics of the functions, by name and dimensions, if all are written each hour. */
  functionMetrics: 36,
  /** Lambda asks the queue with five pollers, each 20 s: in a month. */
  emptyReceives: 648_000,
  /** Thirteen alarms of one metric, and one of eight. */
  alarmMetrics: 23,
} as const;

const GB = 2 ** 30;
const MILLION = 1_000_000;

/** Dollars a month, by part of the bill. */
export type Bill = Readonly<Record<string, number>>;

export const total = (bill: Bill): number => Object.values(bill).reduce((sum, one) => sum + one, 0);

/** The service as the templates deploy it, in us-east-1, on arm64. */
export function awsBill(month: Month, { dollars, bytes }: Documented = documented()): Bill {
  const { images, uploads, views, size, rendition, renditions, cached } = month;
  const isRedirect = month.bytes === 'redirect';
  const misses = views * (1 - cached);
  const rendered = uploads * renditions;
  const requests = uploads * ASSUMED.requestsOfUpload + misses;
  const invocations = requests + uploads + ASSUMED.sweeps;
  const millions = (count: number, usd: number): number => (count / MILLION) * usd;
  const seconds =
    (uploads * ASSUMED.requestsOfUpload * ASSUMED.answerMs +
      misses * ASSUMED.answerMs +
      rendered * ASSUMED.renderMs +
      uploads * ASSUMED.verifyMs +
      ASSUMED.sweeps * ASSUMED.sweepMs) /
    1_000;
  const trafficGb = (views * rendition) / GB;
  const answersGb = ((uploads * ASSUMED.requestsOfUpload + (isRedirect ? views : 0)) * ASSUMED.answerBytes) / GB;
  const inTable =
    bytes('record') + bytes('facets of its owner: 5 tags and a type') + bytes('the same for lists over all owners');
  return {
    'S3: storage': priceOf((images * (size + renditions * rendition)) / GB, AWS.s3Storage),
    'S3: requests':
      millions(uploads, dollars('S3 requests')) +
      priceOf(rendered, AWS.s3Writes) +
      priceOf(isRedirect ? views : misses, AWS.s3Reads),
    'S3: traffic': isRedirect ? priceOf(trafficGb, AWS.s3Traffic) : 0,
    'DynamoDB: requests':
      millions(uploads, dollars('all of an upload, 5 tags')) +
      millions(uploads + misses, dollars('image by id')) +
      millions(ASSUMED.sweeps, dollars('sweep with nothing due') + dollars('lease of the sweeper')),
    'DynamoDB: storage':
      priceOf((images * bytes('in all')) / GB, AWS.dynamodbStorage) +
      priceOf((images * inTable) / GB, AWS.dynamodbRecovery),
    SQS: priceOf(uploads * 3 + ASSUMED.emptyReceives, AWS.sqsRequests),
    Lambda: priceOf(invocations, AWS.lambdaRequests) + priceOf(seconds * ASSUMED.memoryGb, AWS.lambdaTime),
    'HTTP API': priceOf(requests, AWS.apiRequests),
    CloudFront:
      priceOf(views + uploads * ASSUMED.requestsOfUpload, AWS.cloudfrontRequests) +
      priceOf(answersGb + (isRedirect ? 0 : trafficGb), AWS.cloudfrontTraffic),
    CloudWatch:
      priceOf(
        (requests * ASSUMED.logBytes + invocations * (ASSUMED.invocationLogBytes + ASSUMED.metricsLineBytes)) / GB,
        AWS.logs,
      ) +
      priceOf(ASSUMED.functionMetrics, AWS.metrics) +
      priceOf(ASSUMED.alarmMetrics, AWS.alarms),
  };
}

/** List prices of others for the same month; null: no list price was found for so much. */
export function otherPrices(month: Month): Readonly<Record<string, number | null>> {
  const { images, views, size, rendition, uploads, renditions } = month;
  const cached = month.bytes === 'stream' ? month.cached : CACHED.stream; // these services send pictures themselves
  const storedGb = (images * size) / GB;
  const trafficGb = (views * rendition) / GB;
  const credits = storedGb + trafficGb + (uploads * renditions) / 1_000;
  return {
    'Cloudflare Images':
      priceOf(Math.ceil(images / 100_000) * 100_000, OTHERS.cloudflareStored) +
      priceOf(views, OTHERS.cloudflareDelivered),
    Cloudinary: OTHERS.cloudinaryPlans.find((plan) => credits <= plan.credits)?.usd ?? null,
    'Supabase Storage':
      OTHERS.supabasePlan +
      priceOf(storedGb, OTHERS.supabaseStorage) +
      priceOf(trafficGb * (1 - cached), OTHERS.supabaseTraffic) +
      priceOf(trafficGb * cached, OTHERS.supabaseCachedTraffic) +
      priceOf(Math.min(images, views), OTHERS.supabaseTransformed),
    UploadThing: OTHERS.uploadthingPlans.find((plan) => storedGb <= plan.gb)?.usd ?? null,
  };
}
