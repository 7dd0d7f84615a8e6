/** China's and the government's regions are partitions of their own. */
const PARTITIONS = { 'cn-': 'aws-cn', 'us-gov-': 'aws-us-gov' };

const partitionOf = (region: string): string =>
  Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';

/** How policies name a bucket, and with `/incoming/*` behind it objects of it. */
export const bucketArn = (bucket: string, region: string): string => `arn:${partitionOf(region)}:s3:::${bucket}`;

/** How policies name a table of whichever account has them, and with `/index/*` behind it its indexes. */
export const tableArn = (table: string, region: string): string =>
  `arn:${partitionOf(region)}:dynamodb:${region}:*:table/${table}`;

/** How policies name a queue of whichever account has it. */
export const queueArn = (queue: string, region: string): string =>
  `arn:${partitionOf(region)}:sqs:${region}:*:${queue}`;
