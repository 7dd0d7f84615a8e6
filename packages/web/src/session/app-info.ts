/** What `GET /app.json` says to a page that hasn't signed in. */
export interface AppInfo {
  /** The ways in which the service authenticates callers; none: it is open. */
  readonly auth: readonly ('api-key' | 'jwt')[];
  readonly oidc: { readonly issuer: string; readonly client_id: string; readonly scopes: string } | null;
  /** Whether lists have `q`. */
  readonly search: boolean;
  /** 0: the service has no trash. */
  readonly trash_days: number;
  readonly limits: { readonly max_upload_bytes: number; readonly max_direct_upload_bytes: number };
  /** The transform of each preset, as a query. */
  readonly presets: Readonly<Record<string, string>>;
}
