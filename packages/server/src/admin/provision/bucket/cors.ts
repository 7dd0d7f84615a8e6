import { isDeepStrictEqual } from 'node:util';
import { type CORSRule, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import type { Config } from '../../../run/config/config.ts';
import { type BucketAspect, readConfigured } from './bucket-aspect.ts';

const ID = 'safelight';
const PREFLIGHT_SECONDS = 600;

/** S3 accepts one `*` in an origin. */
const LOOPBACK = ['http://localhost:*', 'http://127.0.0.1:*'];

/** Pages that may use the service may use its bucket: its own, and listed ones. */
export function originsOf({ corsOrigins, publicUrl }: Pick<Config, 'corsOrigins' | 'publicUrl'>): readonly string[] {
  const own = publicUrl === null ? [] : [publicUrl];
  if (corsOrigins === 'loopback') return own.length > 0 ? own : LOOPBACK;
  return [...new Set([...own, ...corsOrigins])];
}

export const corsRule = (origins: readonly string[]) => ({
  ID,
  AllowedOrigins: [...origins],
  AllowedMethods: ['GET', 'HEAD', 'PUT', 'POST'],
  AllowedHeaders: ['*'],
  ExposeHeaders: ['ETag', 'Location'], // Uppy reads Location after a POST
  MaxAgeSeconds: PREFLIGHT_SECONDS,
});

export const CORS: BucketAspect = {
  name: 'CORS',
  needs: ['cors'],
  async check({ client, bucket, origins }) {
    const reading = client.send(new GetBucketCorsCommand({ Bucket: bucket }));
    const rules = (await readConfigured(reading, ['NoSuchCORSConfiguration']))?.CORSRules ?? [];
    const wanted = corsRule(origins);
    const others = rules.filter((rule) => rule.ID !== ID);
    return {
      kind: 'compared',
      difference: rules.some((rule) => isSame(rule, wanted))
        ? []
        : [`a rule ${ID}, before ${others.length} others: pages of ${origins.join(', ')}`],
      except: [],
      apply: () => {
        const CORSRules = [wanted, ...others]; // the first rule that matches an origin wins
        return client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
      },
    };
  },
};

/** Stores return lists in their own order, and some without ids. */
const isSame = (one: CORSRule, other: CORSRule): boolean => isDeepStrictEqual(comparable(one), comparable(other));

const comparable = ({ ID: _, ...rule }: CORSRule) =>
  Object.fromEntries(
    Object.entries(rule).map(([name, value]) => [name, Array.isArray(value) ? value.toSorted() : value]),
  );
