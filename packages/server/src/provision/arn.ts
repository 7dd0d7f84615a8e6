/** China's and the government's regions are partitions of their own. */
const PARTITIONS = { 'cn-': 'aws-cn', 'us-gov-': 'aws-us-gov' };

/** How policies name a bucket, and with `/incoming/*` behind it objects of it. */
export function bucketArn(bucket: string, region: string): string {
  const own = Object.entries(PARTITIONS).find(([prefix]) => region.startsWith(prefix));
  return `arn:${own?.[1] ?? 'aws'}:s3:::${bucket}`;
}
