/** China's and the government's regions are separate partitions. */
const PARTITIONS = { 'cn-': 'aws-cn', 'us-gov-': 'aws-us-gov' };

const partitionOf = (region: string): string =>
  Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';

/** A bucket's ARN in policies; append `/incoming/*` for its objects. */
export const bucketArn = (bucket: string, region: string): string => `arn:${partitionOf(region)}:s3:::${bucket}`;

/** A table's ARN in policies of any account; append `/index/*` for its indexes. */
export const tableArn = (table: string, region: string): string =>
  `arn:${partitionOf(region)}:dynamodb:${region}:*:table/${table}`;

/** A queue's ARN in policies of any account. */
export const queueArn = (queue: string, region: string): string =>
  `arn:${partitionOf(region)}:sqs:${region}:*:${queue}`;
