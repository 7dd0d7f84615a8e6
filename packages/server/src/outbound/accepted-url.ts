import { OutboundError } from './outbound-error.ts';

/** Errors: `refused-url`. */
export function acceptedUrl(text: string, base?: string): URL {
  const url = URL.parse(text, base);
  if (url === null) throw new OutboundError('refused-url', 'expected a URL; got something else');
  const { protocol, username, password } = url;
  if (protocol !== 'https:' && protocol !== 'http:')
    throw new OutboundError('refused-url', `expected a URL with https; got ${protocol}`);
  if (username !== '' || password !== '')
    throw new OutboundError('refused-url', `expected a URL without credentials; got some for ${url.host}`);
  return url;
}
