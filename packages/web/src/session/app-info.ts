import type { Service } from '@safelight/client';
import type { Order } from '../library/position.ts';
import { fetchFirst } from './first-answers.ts';

/** What `GET /app.json` says to a page that hasn't signed in. */
export interface AppInfo {
  /** The ways in which the service authenticates callers; none: it is open. */
  readonly auth: readonly ('api-key' | 'jwt')[];
  /** Where people sign in; null: they paste a credential. */
  readonly oidc: Oidc | null;
  /** Whether lists have `q`. */
  readonly search: boolean;
  /** Whether lists of all users have tags and types. Absent: they have. */
  readonly filters_of_all?: boolean;
  /** Whether lists have an order by capture, and months. Absent: an older version, which has none. */
  readonly taken?: boolean;
  /** Whether lists of all users have that order too. Absent: they have. */
  readonly taken_of_all?: boolean;
  /** Whether the service tells what becomes of images. Absent: an older version, which doesn't. */
  readonly events?: boolean;
  /** Whether the service fetches pictures by their URLs. Absent: an older version, which doesn't. */
  readonly ingest?: boolean;
  /** Whether the service counts what each user stores, and so knows its users. */
  readonly usage: boolean;
  /** 0: the service has no trash. */
  readonly trash_days: number;
  readonly limits: { readonly max_upload_bytes: number; readonly max_direct_upload_bytes: number };
  /**
   * The types of pictures that can be uploaded. Absent while an older version of the service still runs beside this
   * page's.
   */
  readonly image_types?: Service['image_types'];
  /** The transform of each preset, as a query. */
  readonly presets: Readonly<Record<string, string>>;
  /** How far this machine's clock is behind the service's. */
  readonly clockSkewSeconds: number;
}

export interface Oidc {
  readonly issuer: string;
  readonly client_id: string;
  readonly scopes: string;
  /** The API that tokens must be for; null: the issuer knows. */
  readonly resource: string | null;
  readonly redirect_uri: string;
}

/** Errors: no answer, or one that isn't the service's. */
export async function loadAppInfo(signal: AbortSignal): Promise<AppInfo> {
  const answer = await fetchFirst(new URL('/app.json', location.href), { signal });
  if (!answer.ok) throw new Error(`expected /app.json; got ${answer.status}`);
  const info = (await answer.json()) as Omit<AppInfo, 'clockSkewSeconds'>;
  const served = Date.parse(answer.headers.get('date') ?? '');
  return { ...info, clockSkewSeconds: Number.isNaN(served) ? 0 : Math.round((served - Date.now()) / 1_000) };
}

/** The order in which a user's pictures are shown; undefined: everybody's. first-requests.js has the same rule. */
export const orderOf = ({ taken, taken_of_all: ofAll = true }: AppInfo, user: string | undefined): Order =>
  taken && (ofAll || user !== undefined) ? 'capture' : 'upload';
