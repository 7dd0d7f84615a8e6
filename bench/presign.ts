import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { presignPutObject } from '../packages/server/src/object-store/signing/presigned-object.ts';
import { createSigner } from '../packages/server/src/object-store/signing/sigv4.ts';
import { compare, type Measurement, perSecond } from './measurement.ts';
import { alternate } from './rounds.ts';

const ROUNDS = 9;
const OWN_URLS = 40_000;
const SDK_URLS = 2_000;

const REGION = 'us-east-1';
const BUCKET = 'safelight';
const EXPIRES_SECONDS = 300;
const CONTENT_TYPE = 'image/jpeg';
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/** Presigned PUTs with new keys at the present time, as in grants. */
export async function presign(): Promise<readonly Measurement[]> {
  const signer = createSigner({ credentials: CREDENTIALS, region: REGION });
  const own = (key: string, now: Date) => {
    const address = { origin: `https://${BUCKET}.s3.${REGION}.amazonaws.com`, path: `/${key}` };
    return presignPutObject({ signer, address, now }, { contentType: CONTENT_TYPE, expiresInSeconds: EXPIRES_SECONDS })
      .url;
  };

  const client = new S3Client({
    region: REGION,
    credentials: CREDENTIALS,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  const sdk = (key: string, now: Date) =>
    getSignedUrl(client, new PutObjectCommand({ Bucket: BUCKET, Key: key, ContentType: CONTENT_TYPE }), {
      expiresIn: EXPIRES_SECONDS,
      signingDate: now,
      signableHeaders: new Set(['content-type']),
    });

  const now = new Date();
  const [ours, theirs] = [own(keyOf(1), now), await sdk(keyOf(1), now)];
  if (ours !== theirs) throw new Error(`expected the SDK's URL, ${theirs}; got ${ours}`);

  const contenders = {
    async subject() {
      const start = performance.now();
      for (let index = 0; index < OWN_URLS; index++) own(keyOf(index), new Date());
      return (OWN_URLS / (performance.now() - start)) * 1000;
    },
    async floor() {
      const start = performance.now();
      for (let index = 0; index < SDK_URLS; index++) await sdk(keyOf(index), new Date());
      return (SDK_URLS / (performance.now() - start)) * 1000;
    },
  };
  await contenders.subject();
  await contenders.floor();
  const rounds = await alternate(ROUNDS, contenders);
  return [compare('presign', rounds, { unit: perSecond, goal: { atLeast: 20 } })];
}

const keyOf = (index: number): string =>
  `incoming/user-${index % 100}/0199a1b2-c3d4-7e5f-8a9b-${index.toString(16).padStart(12, '0')}`;
