/** Where a price stands, and when the text there was written or read. */
export interface Source {
  readonly what: string;
  readonly source: string;
  readonly date: string;
}

/** US dollars for `per` units; a step counts up to its end, the last one has none. */
export interface Price {
  readonly free: number;
  readonly per: number;
  readonly steps: readonly { readonly upTo: number; readonly usd: number }[];
}

const flat = (usd: number, per = 1, free = 0): Price => ({
  free,
  per,
  steps: [{ upTo: Number.POSITIVE_INFINITY, usd }],
});
const TB = 1_024;
const MILLION = 1_000_000;

/** List prices of AWS on demand in us-east-1, with what is always free. GB are 2^30 bytes. */
export const AWS = {
  s3Storage: {
    free: 0,
    per: 1,
    steps: [
      { upTo: 50 * TB, usd: 0.023 },
      { upTo: 500 * TB, usd: 0.022 },
      { upTo: Number.POSITIVE_INFINITY, usd: 0.021 },
    ],
  },
  s3Writes: flat(5, MILLION),
  s3Reads: flat(0.4, MILLION),
  /** From S3 to the internet. The 100 GB are those of all services together. */
  s3Traffic: {
    free: 100,
    per: 1,
    steps: [
      { upTo: 10 * TB, usd: 0.09 },
      { upTo: 50 * TB, usd: 0.085 },
      { upTo: 150 * TB, usd: 0.07 },
      { upTo: Number.POSITIVE_INFINITY, usd: 0.05 },
    ],
  },
  dynamodbStorage: flat(0.25, 1, 25),
  dynamodbRecovery: flat(0.2),
  sqsRequests: flat(0.4, MILLION, MILLION),
  lambdaRequests: flat(0.2, MILLION, MILLION),
  /** GB and second, on arm64. */
  lambdaTime: flat(13.3334, MILLION, 400_000),
  apiRequests: flat(1, MILLION),
  cloudfrontRequests: flat(0.01, 10_000, 10 * MILLION),
  /** To the United States and Europe. */
  cloudfrontTraffic: {
    free: 1 * TB,
    per: 1,
    steps: [
      { upTo: 10 * TB, usd: 0.085 },
      { upTo: 50 * TB, usd: 0.08 },
      { upTo: 150 * TB, usd: 0.06 },
      { upTo: 500 * TB, usd: 0.04 },
      { upTo: 1_024 * TB, usd: 0.03 },
      { upTo: Number.POSITIVE_INFINITY, usd: 0.025 },
    ],
  },
  logs: flat(0.5, 1, 5),
  alarms: flat(0.1, 1, 10),
  /**
   * The account's own metrics, by name and dimensions. The first 10,000; those of an hour without data cost nothing.
   */
  metrics: flat(0.3, 1, 10),
} as const satisfies Record<string, Price>;

/** Prices of services that store and transform images, for a month. */
export const OTHERS = {
  cloudflareStored: flat(5, 100_000),
  cloudflareDelivered: flat(1, 100_000),
  supabasePlan: 25,
  supabaseStorage: flat(0.021, 1, 100),
  supabaseTraffic: flat(0.09, 1, 250),
  supabaseCachedTraffic: flat(0.03, 1, 250),
  supabaseTransformed: flat(5, 1_000, 100),
  /** By credits a month: a GB stored, a GB delivered or 1,000 transformations are one each. */
  cloudinaryPlans: [
    { credits: 25, usd: 0 },
    { credits: 225, usd: 99 },
  ],
  /** By GB stored. */
  uploadthingPlans: [
    { gb: 2, usd: 0 },
    { gb: 100, usd: 10 },
  ],
} as const;

/** What docs/costs.md lists. */
export const SOURCES: readonly Source[] = [
  {
    what: 'S3: storage, requests',
    source: "cloudburn.io/blog/amazon-s3-pricing, and copies of AWS's tables in public repositories",
    date: 'March 2026',
  },
  { what: 'S3: traffic to the internet', source: 'usage.ai/blogs/s3-egress-cost', date: 'June 2026' },
  {
    what: 'DynamoDB: units, storage, recovery',
    source: '[capacity](capacity.md#what-each-access-costs)',
    date: 'July 2025',
  },
  { what: 'SQS: requests', source: '[capacity](capacity.md#how-far-it-goes)', date: 'November 2026' },
  {
    what: 'Lambda: requests, time',
    source: 'aws.amazon.com/lambda/pricing, quoted in a public repository',
    date: 'without a date',
  },
  {
    what: 'HTTP API: requests',
    source: 'a tutorial of December 2025; the step above 300 million a month was not found, so all cost the same',
    date: 'December 2025',
  },
  {
    what: 'CloudFront: requests, traffic, what is free',
    source: 'aws.amazon.com/cloudfront/pricing, stored copy; wring.co/blog/aws-cloudfront-pricing-guide',
    date: 'March 2026',
  },
  { what: 'CloudWatch: logs, alarms, metrics', source: 'from memory: no source was found', date: 'not checked' },
  { what: 'Cloudflare Images', source: 'developers.cloudflare.com/images/pricing, stored copy', date: '2026' },
  {
    what: 'Supabase',
    source: 'docs of supabase.com/pricing, quoted in public repositories',
    date: 'January to August 2026',
  },
  {
    what: 'Cloudinary',
    source:
      'credits: dev.classmethod.jp, April 2026; $99 for Plus: a public repository. Prices of larger plans were not found',
    date: 'April 2026',
  },
  {
    what: 'UploadThing',
    source: 'uploadthing.com/pricing, quoted in a public repository. Prices above 100 GB were not found',
    date: '2026',
  },
];

/** The price of an amount in a month. */
export function priceOf(amount: number, { free, per, steps }: Price): number {
  let dollars = 0;
  let from = free;
  for (const { upTo, usd } of steps) {
    const within = Math.min(amount, upTo) - from;
    if (within > 0) {
      dollars += (within / per) * usd;
      from += within;
    }
  }
  return dollars;
}
