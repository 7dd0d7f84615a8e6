import { hostname } from './origins.ts';

/** The names that the operator gave the service. */
export interface OwnNames {
  readonly publicUrl: string | null;
  /** `images.example.org` for any port, or `images.example.org:8443`. */
  readonly allowedHosts: readonly string[];
}

/** Whether PUBLIC_URL or ALLOWED_HOSTS name a host, with or without its port. */
export function isNamedBy({ publicUrl, allowedHosts }: OwnNames): (host: string) => boolean {
  const publicHostname = publicUrl === null ? undefined : new URL(publicUrl).hostname;
  return (host) => {
    const name = hostname(host);
    return name === publicHostname || allowedHosts.includes(name) || allowedHosts.includes(host.toLowerCase());
  };
}
