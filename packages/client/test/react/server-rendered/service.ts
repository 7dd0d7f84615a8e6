declare const SERVICE: { readonly baseUrl: string; readonly token: string };

/** The page's server puts it in. */
export const service = SERVICE;
