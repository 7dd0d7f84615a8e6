import { join } from 'node:path';
import type { ClockHearing } from '../../aws/hear-clock.ts';
import { createDiskObjectStore } from '../../object-store/disk/disk.ts';
import type { DiskSpace } from '../../object-store/disk-space.ts';
import { createDiskEndpoint } from '../../object-store/endpoint/disk-endpoint.ts';
import { createEndpointPresigner } from '../../object-store/endpoint/endpoint-presigner.ts';
import type { ObjectEndpoint } from '../../object-store/object-endpoint.ts';
import type { IncomingListing } from '../../object-store/object-store.ts';
import type { S3Timeouts } from '../../object-store/s3/client.ts';
import { createLocalStaging } from '../../object-store/staging/local-staging.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Clock, Services } from '../../services.ts';
import type { Config, Secrets } from '../config/config.ts';
import type { ChunkCollector } from '../memory/chunk-collector.ts';
import { collectRead, collectStaged } from '../memory/collected-chunks.ts';
import { credentialsOf, type Keys } from './signing-keys.ts';

/** The bucket name of embedded mode: part of every `/objects` URL and `s3_url`. */
export const BUCKET = 'safelight';
const REGION = 'us-east-1';

/** The store of objects: a folder or a bucket. */
interface OpenObjects extends AsyncDisposable, Pick<Services, 'objects' | 'multipart' | 'presigner' | 'staging'> {
  readonly incomingListing: IncomingListing;
  readonly endpoint: ObjectEndpoint | null;
}

export async function openObjects(
  config: Config,
  options: {
    readonly observe: Observer;
    /** The disk store's signing keys: S3 has its own credentials. */
    readonly secret: () => Promise<Keys<string>>;
    readonly awsKeys: Secrets['awsKeys'];
    readonly clock: Clock;
    readonly hearing: ClockHearing;
    /** The folder of this process alone. */
    readonly folder: string;
    readonly diskSpace: DiskSpace;
    readonly collector: ChunkCollector;
    readonly timeouts: S3Timeouts | undefined;
  },
): Promise<OpenObjects> {
  const { secret, awsKeys, clock, hearing, folder, diskSpace, observe, collector, timeouts } = options;
  if (config.s3) {
    const { openBucket } = await import('../../object-store/s3/open.ts'); // the SDK costs 65 ms
    const { presignedSeconds, uploadPartsHours, maxTemporaryBytes: maxBytes } = config;
    await using stack = new AsyncDisposableStack();
    const temporary = stack.use(
      createLocalStaging(join(folder, 'staged'), { files: 'temporary', maxBytes, diskSpace }),
    );
    const staging = collectStaged(temporary, collector);
    const rest = {
      presignedSeconds,
      uploadPartsHours,
      clock,
      hearing,
      staging,
      observe,
      ...(timeouts && { timeouts }),
    };
    const bucket = stack.use(await openBucket({ ...config.s3, credentials: awsKeys, ...rest }));
    const objects = collectRead(bucket.objects, collector);
    const held = stack.move();
    return { ...bucket, objects, staging, endpoint: null, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }
  const credentials = credentialsOf(await secret());
  const objects = createDiskObjectStore({ root: objectsFolder(folder), bucket: BUCKET, diskSpace });
  const presigner = createEndpointPresigner({ bucket: BUCKET, credentials, region: REGION, clock });
  return {
    objects,
    multipart: objects.multipart,
    presigner,
    staging: objects.staging,
    incomingListing: 'every-sweep',
    endpoint: createDiskEndpoint({ store: objects, presigner, maxUploadBytes: config.maxUploadBytes, observe }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

export const objectsFolder = (dataDir: string): string => join(dataDir, 'objects');
