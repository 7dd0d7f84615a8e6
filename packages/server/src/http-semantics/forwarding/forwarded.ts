import { type HeaderValue, type Hop, schemeIn } from './hop.ts';
import { nodeAddress } from './node-address.ts';

/**
 * The hops of `Forwarded` (RFC 7239), the nearest proxy's first, up to the first malformed element. Elements are found
 * from the right, because a client may send an opening quote that would swallow what its proxy appends.
 */
export function* forwardedHops(value: HeaderValue): Generator<Hop> {
  for (const element of elementsFromRight(value('forwarded') ?? '')) {
    const pairs = pairsIn(element.trim());
    if (pairs === undefined) return;
    yield {
      from: nodeAddress(pairs.get('for') ?? ''),
      scheme: schemeIn(pairs.get('proto')),
      host: pairs.get('host'),
    };
  }
}

function* elementsFromRight(value: string): Generator<string> {
  let end = value.length;
  let isQuoted = false;
  for (let at = end - 1; at >= 0; at -= 1) {
    if (value[at] === '"') isQuoted = !isQuoted || isEscaped(value, at);
    if (value[at] !== ',' || isQuoted) continue;
    yield value.slice(at + 1, end);
    end = at;
  }
  yield value.slice(0, end);
}

/** Behind an odd number of backslashes. */
function isEscaped(value: string, at: number): boolean {
  let start = at;
  while (value[start - 1] === '\\') start -= 1;
  return (at - start) % 2 === 1;
}

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const PAIR = `(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`;
/** Empty pairs are legal, and a space behind `;` is common. */
const ELEMENT = new RegExp(`^(?:${PAIR})?(?:;[ \\t]*(?:${PAIR})?)*$`);
const PAIRS = new RegExp(PAIR, 'g');

/** The parameters of an element, by name in lower case; undefined if it is malformed, has none, or has one twice. */
function pairsIn(element: string): ReadonlyMap<string, string> | undefined {
  if (!ELEMENT.test(element)) return undefined;
  const pairs = new Map<string, string>();
  for (const [, name = '', token, quoted = ''] of element.matchAll(PAIRS)) {
    if (pairs.has(name.toLowerCase())) return undefined;
    pairs.set(name.toLowerCase(), token ?? quoted.replaceAll(/\\(.)/g, '$1'));
  }
  return pairs.size === 0 ? undefined : pairs;
}
