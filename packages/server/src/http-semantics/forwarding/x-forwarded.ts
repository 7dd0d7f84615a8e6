import { type HeaderValue, type Hop, schemeIn } from './hop.ts';
import { nodeAddress } from './node-address.ts';

/**
 * The hops of `X-Forwarded-For`, the nearest proxy's first. Each proxy appends its peer. `X-Forwarded-Proto` and
 * `X-Forwarded-Host` may be lists of the same kind; a shorter list is one that a proxy has replaced, and its first
 * value is that proxy's.
 */
export function* xForwardedHops(value: HeaderValue): Generator<Hop> {
  const senders = listOf(value('x-forwarded-for'));
  const schemes = listOf(value('x-forwarded-proto'));
  const hosts = listOf(value('x-forwarded-host'));
  const hops = Math.max(senders.length, 1); // without X-Forwarded-For the other two are the nearest proxy's
  for (let hop = 1; hop <= hops; hop += 1) {
    yield {
      from: nodeAddress(senders.at(-hop) ?? ''),
      scheme: schemeIn(fromRight(schemes, hop)),
      host: fromRight(hosts, hop),
    };
  }
}

const listOf = (value: string | undefined): readonly string[] => value?.split(',').map((one) => one.trim()) ?? [];

const fromRight = (list: readonly string[], position: number): string | undefined => list.at(-position) ?? list[0];
