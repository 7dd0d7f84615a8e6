import { type AppError, invalidField } from '../../domain/errors.ts';
import type { FetchReason } from '../../domain/ingest/fetch-reason.ts';
import { MAX_URL } from '../../domain/ingest/fetch-source.ts';
import { urlFault } from '../../outbound/url-fault.ts';
import type { IngestServices } from '../../services.ts';

/**
 * A URL that may be asked, without its fragment. Each connection judges the addresses of its host. Errors:
 * `invalid-request`, without the URL.
 */
export function requireFetchable(
  { hosts, mayBeInside }: Pick<IngestServices, 'hosts' | 'mayBeInside'>,
  given: string,
): URL {
  const refused = (reason: FetchReason, detail: string): AppError => invalidField('/url', detail, { reason });
  const url = URL.parse(given);
  if (url === null) throw refused('refused-url', 'expected a URL with https; got no URL');
  url.hash = '';
  const reach = hosts.reachOf(url.hostname);
  const fault = urlFault(url.href, { mayBeInside: mayBeInside && reach === 'allowed' });
  if (fault) throw refused('refused-url', `expected ${fault.expected}; got ${fault.got}`);
  if (reach === null)
    throw refused('refused-host', 'expected a URL of a host that this service fetches from; got another host');
  if (url.href.length > MAX_URL)
    throw refused('refused-url', `expected at most ${MAX_URL} characters when percent-encoded; got more`);
  return url;
}
