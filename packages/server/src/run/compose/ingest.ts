import { randomBytes } from 'node:crypto';
import { createFetchSources } from '../../domain/ingest/fetch-source.ts';
import { createIngestHosts } from '../../domain/ingest/ingest-hosts.ts';
import { createPlaceLine } from '../../flow/place-line.ts';
import type { Downloads } from '../../outbound/downloads.ts';
import { lookUpName } from '../../outbound/process-names.ts';
import { createTimedLookUp } from '../../outbound/timed-look-up.ts';
import type { IngestServices } from '../../services.ts';
import type { Config } from '../config/config.ts';
import { subkeys } from './signing-keys.ts';
import type { Stores } from './stores.ts';

/** Each is a connection, and a file of up to the largest upload. Those of one owner leave some to others. */
const PLACES = { places: 16, placesOfOne: 8, maxWaiting: 200, holds: 'a fetch' };

type DownloadServices = Pick<IngestServices, 'hosts' | 'downloads' | 'mayBeInside'>;

/** Disposing ends what is being fetched. */
interface OpenIngest extends AsyncDisposable {
  /** null: INGEST_HOSTS has none. */
  readonly services: IngestServices | null;
}

/** For a command that fetches; null: INGEST_HOSTS has no host. */
export function openDownloads({
  ingestHosts,
  outboundAllow: allow,
}: Pick<Config, 'ingestHosts' | 'outboundAllow'>): (DownloadServices & AsyncDisposable) | null {
  if (ingestHosts.length === 0) return null;
  const downloads = lazyDownloads(allow);
  return {
    ...{ hosts: createIngestHosts(ingestHosts), downloads, mayBeInside: allow.length > 0 },
    [Symbol.asyncDispose]: () => downloads[Symbol.asyncDispose](),
  };
}

export function openIngest(
  { ingestHosts, outboundAllow: allow }: Pick<Config, 'ingestHosts' | 'outboundAllow'>,
  { signingKeys }: Pick<Stores, 'signingKeys'>,
): OpenIngest {
  if (ingestHosts.length === 0) return { services: null, [Symbol.asyncDispose]: async () => undefined };
  const downloads = lazyDownloads(allow);
  const services: IngestServices = {
    hosts: createIngestHosts(ingestHosts),
    sources: createFetchSources(subkeys(signingKeys, 'fetch-sources'), randomBytes),
    downloads,
    places: createPlaceLine(PLACES),
    mayBeInside: allow.length > 0,
  };
  return { services, [Symbol.asyncDispose]: () => downloads[Symbol.asyncDispose]() };
}

/** Only a process that fetches imports the client, which takes 0.2 s and 28 MB. */
function lazyDownloads(allow: Config['outboundAllow']): Downloads {
  let opening: Promise<Downloads> | undefined;
  const open = async (): Promise<Downloads> => {
    const { createDownloads } = await import('../../outbound/downloads.ts');
    // Names of networks of the operator's own may stand in a hosts file, or need a search domain.
    const otherwise = allow.length > 0 ? lookUpName : null;
    const lookUp = { public: createTimedLookUp({ otherwise: null }), allowed: createTimedLookUp({ otherwise }) };
    // One owner's slow downloads take no connection that another owner's would wait for, within its time.
    return createDownloads({ allow, lookUp, connectionsPerOrigin: PLACES.places });
  };
  return {
    async get(url, request) {
      opening ??= open();
      return (await opening).get(url, request);
    },
    async [Symbol.asyncDispose]() {
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}
