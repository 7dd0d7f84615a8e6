import type { IpAddress } from '../../domain/access/ip-address.ts';

export type Scheme = 'http' | 'https';

/** What one proxy says of the request that it received. */
export interface Hop {
  /** Who sent the request to the proxy; undefined if the proxy doesn't know, hides or garbles it. */
  readonly from: IpAddress | undefined;
  readonly scheme: Scheme | undefined;
  /** The requested host, as it was sent. */
  readonly host: string | undefined;
}

/** The value of a header by its name, several lines joined by commas; undefined if the request hasn't got it. */
export type HeaderValue = (name: Lowercase<string>) => string | undefined;

export const schemeIn = (text: string | undefined): Scheme | undefined => {
  const scheme = text?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
};
