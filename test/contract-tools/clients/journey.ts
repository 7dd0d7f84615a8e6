export interface Given {
  readonly origin: string;
  readonly photograph: Uint8Array<ArrayBuffer>;
  /** Sends the request of a grant, again if a busy server refuses it. */
  readonly send: (url: string, init: RequestInit) => Promise<Response>;
}

/** What a client of the generated code did with one photograph, and what the service answered. */
export interface Journey {
  readonly imageId: string;
  /** The status of the answer to the bytes. */
  readonly sent: number;
  /** The id of another image, which was uploaded in one request. */
  readonly directId: string;
  readonly directTags: readonly string[];
  /** The ids of the user's images after both uploads, newest first. */
  readonly listed: readonly string[];
  /** Their filenames. A list with `fields` may lack them, so that generated types have them as optional. */
  readonly filenames: readonly (string | undefined)[];
  readonly metadata: { readonly [name: string]: unknown };
  readonly width: number | null;
  readonly bytes: Uint8Array;
  readonly deletion: string;
  /** The code of the problem for the deleted image. */
  readonly afterwards: string;
}
